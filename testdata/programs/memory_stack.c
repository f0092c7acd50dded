/*
 * memory_stack MIB: recursion until that much stack (and 1 % more) is in use, 0: without end.
 *
 * ok below both the stack limit and the memory limit. Beyond the stack limit
 * runtime_error, with SIGSEGV just below the stack; beyond the memory limit memory_limit.
 */
#include "common.h"

/* The answer depends on all frames, so that none can be left out. */
static long __attribute__((noinline)) descend(long frames)
{
	volatile char frame[4096];

	frame[0] = frame[sizeof frame - 1] = 1;
	return frames == 1 ? frame[0] : descend(frames - 1) + frame[sizeof frame - 1];
}

int main(int argc, char **argv)
{
	long mib = number(argc, argv, 1, -1);

	if (mib < 0)
		usage("memory_stack MIB");
	printf("frames=%ld\n", descend(mib * MIB / 4096));
	return 0;
}
