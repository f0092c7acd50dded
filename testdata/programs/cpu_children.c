/*
 * cpu_children N MS: N children (0: without end), one after another, each of which burns
 * that much CPU time. None of them lives long enough to be noticed by a poll.
 *
 * ok if the CPU limit is above N*MS, time_limit if it is below.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long n = number(argc, argv, 1, 0);
	long ms = number(argc, argv, 2, 0);

	if (argc != 3 || ms == 0)
		usage("cpu_children N MS, MS > 0");
	for (long i = 0; n == 0 || i < n; i++) {
		if (fork_or_die() == 0) {
			burn_ms(CLOCK_PROCESS_CPUTIME_ID, ms);
			_exit(0);
		}
		wait(NULL);
	}
	return 0;
}
