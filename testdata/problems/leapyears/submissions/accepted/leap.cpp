// @EXPECTED_RESULTS@: CORRECT
#include <chrono>
#include <iostream>

int main()
{
	for (int y; std::cin >> y;)
		std::cout << (std::chrono::year(y).is_leap() ? "yes\n" : "no\n");
}
