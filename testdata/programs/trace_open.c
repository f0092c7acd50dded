/*
 * trace_open COUNT [PATH [BLOCKS]]: opens and closes a file so many times, and reports ns=,
 * the mean time of an openat with its close; then computes for so many blocks of 20,000
 * steps.
 *
 * ok, unless the file may not be read.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long count = number(argc, argv, 1, 1);
	const char *path = text(argc, argv, 2, "/dev/null");
	volatile long steps = 0;
	long long mean;
	long long begin = read_clock(CLOCK_MONOTONIC);

	for (long i = 0; i < count; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die(path);
		close(fd);
	}
	mean = count ? (read_clock(CLOCK_MONOTONIC) - begin) / count : 0;
	for (long i = number(argc, argv, 3, 0) * 20000; i > 0; i--)
		steps++;
	printf("ns=%lld\n", mean);
	return 0;
}
