#include <vector>

int main()
{
	std::vector<std::vector<int>> table;
	for (;;)
		table.emplace_back(100000, 1);
}
