// Prints the sum of the integers on stdin, or hello if there are none.
#include <iostream>
#include <iterator>
#include <numeric>
#include <vector>

int main()
{
	std::vector<long long> values(std::istream_iterator<long long>(std::cin), {});
	if (values.empty())
		std::cout << "hello" << std::endl;
	else
		std::cout << std::accumulate(values.begin(), values.end(), 0LL) << std::endl;
}
