/*
 * process_zombies N: N children, all of which exit and none of which is waited for; then
 * the first process exits 0.
 *
 * ok if the limit on processes is N+1 or more, for a zombie still counts; with less, fork
 * fails, and the exit code is 71: runtime_error. All are reaped after the run.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long n = number(argc, argv, 1, 0);

	if (n == 0)
		usage("process_zombies N");
	for (long i = 0; i < n; i++) {
		siginfo_t info;
		pid_t pid = fork_or_die();

		if (pid == 0)
			_exit(0);
		if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
			die("waitid");
	}
	return 0;
}
