/*
 * process_kill all|parent|init|group|session|visible [SIGNAL]: sends the signal (9) to
 * everyone it may (pid -1), to its parent, to pid 1, to its process group, to each process
 * of its session, or to every other pid that exists. Reports kill=ok or kill=ESRCH and the
 * like ("session" and "visible": sent=N), if it is still alive then.
 *
 * Nothing outside the sandbox gets a signal. ok, or runtime_error by the signal itself
 * with "group". Never run this one outside a sandbox.
 */
#include "common.h"

static int sweep(int session, int number)
{
	int sent = 0;

	for (pid_t pid = 1; pid < 100000; pid++)
		if (pid != getpid() && (!session || getsid(pid) == getsid(0)) && !kill(pid, number))
			sent++;
	return sent;
}

int main(int argc, char **argv)
{
	int signal = number(argc, argv, 2, SIGKILL);

	if (mode(argc, argv, "all"))
		report("kill", kill(-1, signal));
	else if (mode(argc, argv, "parent"))
		report("kill", kill(getppid(), signal));
	else if (mode(argc, argv, "init"))
		report("kill", kill(1, signal));
	else if (mode(argc, argv, "group"))
		report("kill", kill(0, signal));
	else if (mode(argc, argv, "session") || mode(argc, argv, "visible"))
		printf("sent=%d\n", sweep(mode(argc, argv, "session"), signal));
	else
		usage("process_kill all|parent|init|group|session|visible [SIGNAL]");
	return 0;
}
