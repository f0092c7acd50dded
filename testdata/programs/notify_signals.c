/*
 * notify_signals N: makes and removes a directory N times, with a timer's signal every 100
 * microseconds. Reports made=N.
 *
 * ok. If a call is made anew after a signal although it had been done, "made" is less.
 */
#include "common.h"
#include <sys/stat.h>
#include <sys/time.h>

static void caught(int signal)
{
	(void)signal;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = caught, .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 100 }, { 0, 100 } };
	long n = number(argc, argv, 1, 1), made = 0;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	for (long i = 0; i < n; i++)
		made += mkdir("directory", 0700) == 0 && rmdir("directory") == 0;
	printf("made=%ld\n", made);
	return 0;
}
