#include <iostream>
#include <string>

int main()
{
	int below = 0;
	std::string word;
	for (int step = 512; step > 0 && word != "correct"; step /= 2) {
		if (below + step > 1000)
			continue;
		std::cout << below + step << std::endl;
		std::cin >> word;
		if (word == "higher")
			below += step;
	}
}
