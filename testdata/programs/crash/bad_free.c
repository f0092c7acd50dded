// expect: aborted: free(): invalid pointer in release() at bad_free.c:HERE
#include <stdlib.h>

static long block[8];
static void *volatile pointer = &block[1];

static __attribute__((noinline)) void release(void)
{
	free(pointer); // HERE
	__asm__ volatile("");
}

int main(void)
{
	release();
	return 0;
}
