#include <cmath>
#include <iomanip>
#include <iostream>

int main()
{
	double a, b;
	std::cin >> a >> b;
	std::cout << std::setprecision(17) << std::sqrt(a * a + b * b) << '\n';
}
