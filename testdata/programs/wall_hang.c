/*
 * wall_hang stop|sleep|ignore|stdin|closed|pipe|lock: never ends and uses no CPU time:
 * stops itself; sleeps; sleeps and ignores all signals; reads stdin beyond its end; closes
 * stdin, stdout and stderr and sleeps; reads a pipe whose writing end it holds itself; or
 * waits for a lock that it holds.
 *
 * wall_limit, never time_limit. The near miss is `sleep MS`.
 */
#include "common.h"
#include <pthread.h>

int main(int argc, char **argv)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int fds[2];
	char byte;

	if (mode(argc, argv, "stop")) {
		raise(SIGSTOP);
	} else if (mode(argc, argv, "ignore")) {
		for (int number = 1; number < NSIG; number++)
			signal(number, SIG_IGN);
	} else if (mode(argc, argv, "stdin")) {
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	} else if (mode(argc, argv, "closed")) {
		for (int fd = 0; fd < 3; fd++)
			close(fd);
	} else if (mode(argc, argv, "pipe")) {
		if (pipe(fds) || read(fds[0], &byte, 1) < 0)
			die("pipe");
	} else if (mode(argc, argv, "lock")) {
		pthread_mutex_lock(&lock);
		pthread_mutex_lock(&lock);
	} else if (!mode(argc, argv, "sleep")) {
		usage("wall_hang stop|sleep|ignore|stdin|closed|pipe|lock");
	}
	for (;;)
		sleep_ms(0);
}
