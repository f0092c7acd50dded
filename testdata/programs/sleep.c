/*
 * sleep MS: sleeps that long and uses next to no CPU time.
 *
 * ok below the wall limit, wall_limit (never time_limit) above it.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long ms = number(argc, argv, 1, -1);

	if (ms < 0)
		usage("sleep MS");
	if (ms > 0)
		sleep_ms(ms);
	return 0;
}
