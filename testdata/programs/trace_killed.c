/*
 * trace_killed CHILDREN: starts children that are killed, by a timer of their own, at about
 * the time when one of their threads executes a program, while others open files. Ends
 * with: ok.
 */
#include "common.h"
#include <pthread.h>

static void *open_many(void *unused)
{
	for (;;) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd >= 0)
			close(fd);
	}
	return unused;
}

static void *execute(void *program)
{
	execl(program, program, NULL);
	return NULL;
}

int main(int argc, char **argv)
{
	long children = number(argc, argv, 1, 100);

	for (long i = 0; i < children; i++) {
		struct sigevent kill_us = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
		struct itimerspec when = { .it_value.tv_nsec = 1 + i * 4099 * 7 % 3000000 };
		pthread_t thread;
		timer_t timer;
		pid_t child = fork_or_die();

		if (child == 0) {
			if (pthread_create(&thread, NULL, open_many, NULL) || timer_create(CLOCK_MONOTONIC, &kill_us, &timer) ||
			    timer_settime(timer, 0, &when, NULL) || pthread_create(&thread, NULL, execute, "/bin/true"))
				die("child");
			open_many(NULL);
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}
