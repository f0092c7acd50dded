// expect: aborted: uncaught C++ exception: std::out_of_range: index 7 of 5 in get(int) at exception.cpp:HERE
#include <stdexcept>

__attribute__((noinline)) int get(int n)
{
	if (n > 0)
		throw std::out_of_range("index 7 of 5"); // HERE
	return n;
}

int main(int argc, char **)
{
	return get(argc);
}
