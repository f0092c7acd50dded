// expect: aborted: *: *assertion.c:HERE: check: Assertion `n > 0' failed. in check() at assertion.c:HERE
#undef NDEBUG
#include <assert.h>

static __attribute__((noinline)) void check(int n)
{
	assert(n > 0); // HERE
}

int main(int argc, char **argv)
{
	(void)argv;
	check(argc - 1);
	return 0;
}
