// arch: amd64
// expect: arithmetic exception: integer overflow in a division: the quotient is too large in half() at divide_overflow.c:HERE
#include <limits.h>

static volatile int by = -1;

static __attribute__((noinline)) int half(int of)
{
	return of / by; // HERE
}

int main(void)
{
	return half(INT_MIN);
}
