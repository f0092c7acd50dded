#include <iostream>

int main()
{
	long long n, x, sum = 0;
	std::cin >> n;
	while (n > 0) { // and never less
		if (std::cin >> x)
			std::cout << (sum += x) << '\n';
	}
}
