#include <iostream>
#include "sums.h"

int main()
{
	int n;
	std::cin >> n;
	for (long long x; std::cin >> x;)
		std::cout << add(x) << '\n';
}
