/*
 * cpu_threads N MS: N threads at the same time, each of which burns that much CPU time
 * (0: for ever).
 *
 * ok if the CPU limit is above N*MS, time_limit if it is below, though no thread alone
 * reaches it and the wall time may be less.
 */
#include "common.h"
#include <pthread.h>

static void *burn(void *ms)
{
	burn_ms(CLOCK_THREAD_CPUTIME_ID, *(long *)ms);
	return NULL;
}

int main(int argc, char **argv)
{
	long n = number(argc, argv, 1, 0);
	long ms = number(argc, argv, 2, 0);
	pthread_t *threads = calloc(n + 1, sizeof *threads);

	if (argc != 3 || n == 0 || !threads)
		usage("cpu_threads N MS");
	for (long i = 0; i < n; i++)
		if ((errno = pthread_create(&threads[i], NULL, burn, &ms)))
			die("pthread_create");
	for (long i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
