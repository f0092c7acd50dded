/*
 * cpu_orphan exit|wait MS: CPU time burnt (0: for ever) by an orphan: a grandchild in a
 * session of its own whose parent is dead. The first process exits 0, at once or when the
 * orphan has ended. wait4(2) never tells it about the orphan's CPU time.
 *
 * "wait": ok below the CPU limit, time_limit above it. "exit": ok, and the orphan is dead
 * when the run is.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long ms = number(argc, argv, 2, 0);
	int ended[2];
	char byte;

	if (argc != 3 || (!mode(argc, argv, "exit") && !mode(argc, argv, "wait")))
		usage("cpu_orphan exit|wait MS");
	if (pipe(ended))
		die("pipe");
	if (fork_or_die() == 0) {
		setsid();
		if (fork_or_die() == 0)
			burn_ms(CLOCK_PROCESS_CPUTIME_ID, ms);
		_exit(0);
	}
	wait(NULL);
	close(ended[1]);
	if (mode(argc, argv, "wait"))
		while (read(ended[0], &byte, 1) < 0)
			;
	return 0;
}
