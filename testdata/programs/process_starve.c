/*
 * process_starve N: keeps a CPU busy with N processes that never end, and asks that pid 1,
 * which is to end them when the judge dies, gets no turn on any other: SCHED_IDLE, the
 * lowest priority, that one CPU. Reports each attempt as NAME=ok or NAME=EPERM and the
 * like. N must be at least 1.
 *
 * time_limit, within the limit of wall time; and none of it is left a second after the
 * judge was killed.
 */
#include "common.h"
#include <sched.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	long n = number(argc, argv, 1, 0);
	struct sched_param none = { 0 };
	cpu_set_t cpus;
	int last = 0;

	if (n < 1)
		usage("process_starve N");
	if (sched_getaffinity(0, sizeof cpus, &cpus))
		die("sched_getaffinity");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &cpus))
			last = i;
	CPU_ZERO(&cpus);
	CPU_SET(last, &cpus);
	report("init_affinity", sched_setaffinity(1, sizeof cpus, &cpus));
	report("init_priority", setpriority(PRIO_PROCESS, 1, 19));
	report("init_idle", sched_setscheduler(1, SCHED_IDLE, &none));
	report("affinity", sched_setaffinity(0, sizeof cpus, &cpus));
	for (long i = 1; i < n; i++)
		if (fork_or_die() == 0)
			break;
	burn_ms(CLOCK_PROCESS_CPUTIME_ID, 0);
}
