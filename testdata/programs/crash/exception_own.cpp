// expect: aborted: uncaught C++ exception: Empty<int> in pop(int) at exception_own.cpp:HERE
template <class T> struct Empty {
	T left;
};

__attribute__((noinline)) int pop(int n)
{
	if (n > 0)
		throw Empty<int>{n}; // HERE
	return n;
}

int main(int argc, char **)
{
	return pop(argc);
}
