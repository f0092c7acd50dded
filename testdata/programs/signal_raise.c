/*
 * signal_raise NUMBER|abort [handled]: sends itself that signal with its default action,
 * or calls abort(3). "handled": a handler that returns is installed first. Reports
 * survived=NUMBER if it lives on.
 *
 * runtime_error with that very signal, 9 (its own SIGKILL is no limit) and 6 among them;
 * ok for the signals that are ignored by default. 19 to 22 stop it: wall_limit.
 */
#include "common.h"

static void nothing(int number)
{
	(void)number;
}

int main(int argc, char **argv)
{
	int abortion = mode(argc, argv, "abort");
	int raised = abortion ? SIGABRT : (int)number(argc, argv, 1, 0);
	sigset_t none;

	if (raised == 0)
		usage("signal_raise NUMBER|abort [handled]");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (raised != SIGKILL && raised != SIGSTOP)
		signal(raised, argc > 2 ? nothing : SIG_DFL);
	if (abortion)
		abort();
	kill(getpid(), raised);
	printf("survived=%d\n", raised);
	return 0;
}
