/*
 * touch MIB [MS]: writes to every page of that much new memory, then sleeps that long.
 *
 * ok below the memory limit, memory_limit above it. The peak of `touch N` is N MiB over
 * that of `touch 0`, give or take the page tables (2 KiB for each MiB).
 */
#include "common.h"

int main(int argc, char **argv)
{
	long mib = number(argc, argv, 1, -1);
	long ms = number(argc, argv, 2, 0);

	if (mib < 0)
		usage("touch MIB [MS]");
	touch_mib(mib);
	if (ms > 0)
		sleep_ms(ms);
	return 0;
}
