// arch: amd64
// expect: segmentation fault: read from address * (unaligned access: movaps needs an address that is a multiple of 16) in load() at unaligned.c:HERE
#include <xmmintrin.h>

static float numbers[16] __attribute__((aligned(16))) = { 1 };
static float *volatile from;

static __attribute__((noinline)) __m128 load(void)
{
	__m128 loaded;

	__asm__ volatile("movaps (%1), %0" : "=x"(loaded) : "r"(from)); // HERE
	return loaded;
}

int main(void)
{
	from = (float *)((char *)numbers + 4);
	return (int)load()[0];
}
