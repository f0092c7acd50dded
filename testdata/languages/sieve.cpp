// Reads a number and prints how many primes are below it.
#include <iostream>
#include <vector>

int main()
{
	int limit, count = 0;
	std::cin >> limit;
	std::vector<int> factor(limit); // 0 for a prime
	for (int i = 2; i < limit; i++) {
		if (factor[i])
			continue;
		count++;
		for (long long j = 1LL * i * i; j < limit; j += i)
			factor[j] = i;
	}
	std::cout << count << std::endl;
}
