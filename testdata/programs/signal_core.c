/*
 * signal_core: wants to leave a core dump: raises the limit as far as it goes, makes itself
 * dumpable, and aborts. Reports rlimit_core=BYTES as it stands then.
 *
 * runtime_error with SIGABRT, "core dumped" not set, and no core file anywhere.
 */
#include "common.h"
#include <sys/prctl.h>
#include <sys/resource.h>

int main(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
	report("raise", setrlimit(RLIMIT_CORE, &limit));
	report("dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	getrlimit(RLIMIT_CORE, &limit);
	printf("rlimit_core=%lld\n", (long long)limit.rlim_cur);
	fflush(stdout);
	abort();
}
