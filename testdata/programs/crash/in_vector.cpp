// expect: segmentation fault: read from address 0x14 (null pointer, offset 0x14) in sum(std::vector<int, std::allocator<int> > const&) at in_vector.cpp:HERE
#include <vector>

__attribute__((noinline)) int sum(const std::vector<int> &v)
{
	int total = 0;

	for (int i = 5; i < 10; i++)
		total += *(const volatile int *)&v[i]; // HERE
	return total;
}

int main()
{
	return sum(std::vector<int>());
}
