/*
 * process_exec exec|thread|pid N: executes itself N times over (0: without end): plainly;
 * from a thread that isn't the first, which takes over the first one's pid; or in a child
 * each time, so that the pid changes too and the parents wait. Reports left=0 at the end.
 *
 * ok if it ends in time, else time_limit or wall_limit. What was used before an exec
 * counts.
 */
#include "common.h"
#include <pthread.h>
#include <sys/auxv.h>

static char **arguments;

static void *again(void *unused)
{
	extern char **environ;

	execve("/proc/self/exe", arguments, environ);
	execve((const char *)getauxval(AT_EXECFN), arguments, environ);
	die("execve");
	return unused;
}

int main(int argc, char **argv)
{
	long n = number(argc, argv, 2, 0);
	static char left[32];
	pthread_t thread;

	if (argc != 3 || (!mode(argc, argv, "exec") && !mode(argc, argv, "thread") && !mode(argc, argv, "pid")))
		usage("process_exec exec|thread|pid N");
	if (n == 1) {
		printf("left=0\n");
		return 0;
	}
	snprintf(left, sizeof left, "%ld", n == 0 ? 0 : n - 1);
	argv[2] = left;
	arguments = argv;
	if (mode(argc, argv, "thread")) {
		if ((errno = pthread_create(&thread, NULL, again, NULL)))
			die("pthread_create");
		pthread_join(thread, NULL);
	}
	if (mode(argc, argv, "exec") || fork_or_die() == 0)
		again(NULL);
	while (wait(NULL) > 0)
		;
	return 0;
}
