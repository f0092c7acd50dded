/*
 * spawn processes|threads N MS: starts N at once, lets each sleep that long, and waits
 * for all. Reports started=N, and failed=EAGAIN (or whatever) if one can't be started.
 *
 * ok if the limit on processes is N+1 or more (there is the starter too). With less,
 * starting fails, and the exit code is 1: runtime_error.
 */
#include "common.h"
#include <pthread.h>

static long ms;

static void *nap(void *unused)
{
	if (ms > 0)
		sleep_ms(ms);
	return unused;
}

int main(int argc, char **argv)
{
	long n = number(argc, argv, 2, 0);
	int threads = mode(argc, argv, "threads");
	pthread_t *started = calloc(n + 1, sizeof *started);
	const char *failed = NULL;
	long i;

	ms = number(argc, argv, 3, 0);
	if (argc != 4 || (!threads && !mode(argc, argv, "processes")))
		usage("spawn processes|threads N MS");
	if (!started)
		die("calloc");
	for (i = 0; i < n && !failed; i++) {
		if (threads) {
			int error = pthread_create(&started[i], NULL, nap, NULL);

			if (error)
				failed = strerrorname_np(error);
		} else {
			pid_t pid = fork();

			if (pid == 0) {
				nap(NULL);
				_exit(0);
			}
			if (pid < 0)
				failed = strerrorname_np(errno);
		}
	}
	n = failed ? i - 1 : i;
	for (i = 0; i < n; i++)
		if (threads)
			pthread_join(started[i], NULL);
		else
			wait(NULL);
	printf("started=%ld\n", n);
	if (failed)
		printf("failed=%s\n", failed);
	return failed != NULL;
}
