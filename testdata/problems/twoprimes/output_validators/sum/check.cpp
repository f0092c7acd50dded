#include <fstream>
#include <iostream>
#include <string>
#include "primes.h"

// validate INPUT ANSWER FEEDBACK_DIR < OUTPUT
int main(int, char **argv)
{
	std::ifstream input(argv[1]);
	std::ofstream message(std::string(argv[3]) + "judgemessage.txt");
	long n, p, q;
	std::string more;

	input >> n;
	if (!(std::cin >> p >> q))
		return message << "there are no two numbers\n", 43;
	if (std::cin >> more)
		return message << "there is more than two numbers\n", 43;
	if (p > q)
		return message << "the larger one is first\n", 43;
	if (p + q != n)
		return message << "the sum is " << p + q << ", not " << n << '\n', 43;
	for (long x : {p, q})
		if (!isPrime(x))
			return message << x << " is no prime\n", 43;
	return 42;
}
