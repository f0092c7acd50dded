/*
 * trace_open COUNT [PATH]: opens and closes a file so many times, and reports ns=, the
 * mean time of an openat with its close.
 *
 * ok, unless the file may not be read.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long count = number(argc, argv, 1, 1);
	const char *path = text(argc, argv, 2, "/dev/null");
	long long begin = read_clock(CLOCK_MONOTONIC);

	for (long i = 0; i < count; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die(path);
		close(fd);
	}
	printf("ns=%lld\n", count ? (read_clock(CLOCK_MONOTONIC) - begin) / count : 0);
	return 0;
}
