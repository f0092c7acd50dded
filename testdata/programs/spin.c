/*
 * spin MS [user|system]: uses that much CPU time by its own CPU clock, in user mode or
 * in cheap system calls, then reports what it measured: cpu_ns by
 * CLOCK_PROCESS_CPUTIME_ID, user_ns and system_ns by getrusage(2).
 *
 * ok below the CPU limit, time_limit above it, in both modes alike.
 */
#include "common.h"
#include <sys/resource.h>

static long long ns(struct timeval tv)
{
	return tv.tv_sec * 1000000000LL + tv.tv_usec * 1000LL;
}

int main(int argc, char **argv)
{
	long ms = number(argc, argv, 1, 0);
	const char *how = text(argc, argv, 2, "user");
	struct rusage used;

	if (ms == 0)
		usage("spin MS [user|system], MS > 0");
	if (!strcmp(how, "system"))
		while (read_clock(CLOCK_PROCESS_CPUTIME_ID) < ms * 1000000LL)
			;
	else
		burn_until(CLOCK_PROCESS_CPUTIME_ID, ms * 1000000LL);
	if (getrusage(RUSAGE_SELF, &used))
		die("getrusage");
	printf("cpu_ns=%lld\n", read_clock(CLOCK_PROCESS_CPUTIME_ID));
	printf("user_ns=%lld\n", ns(used.ru_utime));
	printf("system_ns=%lld\n", ns(used.ru_stime));
	return 0;
}
