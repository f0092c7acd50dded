/*
 * cpu_sigxcpu ignore|block|both|handle MS: spins that long (0: for ever) and doesn't want
 * to hear of RLIMIT_CPU: SIGXCPU is ignored, blocked, both, or handled by a function that
 * returns. SIGTERM, SIGALRM, SIGVTALRM and SIGPROF go the same way.
 *
 * ok below the CPU limit; time_limit above it, no later than without the trick.
 */
#include "common.h"

static void carry_on(int signal)
{
	(void)signal;
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGXCPU, SIGTERM, SIGALRM, SIGVTALRM, SIGPROF };
	long ms = number(argc, argv, 2, 0);
	int both = mode(argc, argv, "both");
	int ignore = both || mode(argc, argv, "ignore");
	int block = both || mode(argc, argv, "block");
	sigset_t blocked;

	if (argc != 3 || (!ignore && !block && !mode(argc, argv, "handle")))
		usage("cpu_sigxcpu ignore|block|both|handle MS");
	sigemptyset(&blocked);
	for (size_t i = 0; i < LENGTH(signals); i++) {
		if (!block || both)
			signal(signals[i], ignore ? SIG_IGN : carry_on);
		sigaddset(&blocked, signals[i]);
	}
	if (block)
		sigprocmask(SIG_BLOCK, &blocked, NULL);
	burn_ms(CLOCK_PROCESS_CPUTIME_ID, ms);
	return 0;
}
