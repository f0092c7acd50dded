// expect: aborted: uncaught C++ exception in get(int) at exception.cpp:HERE
#include <stdexcept>

__attribute__((noinline)) int get(int n)
{
	if (n > 0)
		throw std::out_of_range("get"); // HERE
	return n;
}

int main(int argc, char **)
{
	return get(argc);
}
