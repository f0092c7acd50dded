/*
 * memory_grow heap|mmap|child|children MIB [N]: touches that much memory (0: without end)
 * piece by piece. "child" does so in a child, "children" in N (4) children that share the
 * work and hold it at the same time; the parent exits 0 whatever becomes of them.
 *
 * ok below the memory limit; memory_limit above it, also if only a child is killed. Where
 * the limit is an rlimit, "heap" is refused the memory and exits with code 1.
 */
#include "common.h"

/* Touches so many MiB, or all there is. */
static void grow(long mib, int heap)
{
	for (long i = 0; mib == 0 || i < mib; i++) {
		char *piece;

		if (heap) {
			piece = malloc(MIB);
			if (!piece)
				exit(1);
			for (long at = 0; at < MIB; at += 4096)
				((volatile char *)piece)[at] = 1;
		} else {
			touch_mib(1);
		}
	}
}

/* Children that hold what they touched until all of them have ended or are done. */
static void children(long n, long mib)
{
	int done[2], end[2];
	char byte;

	if (pipe(done) || pipe(end))
		die("pipe");
	for (long i = 0; i < n; i++)
		if (fork_or_die() == 0) {
			close(end[1]);
			close(done[0]);
			grow(mib == 0 ? 0 : mib / n + (i < mib % n), 0);
			close(done[1]);
			if (read(end[0], &byte, 1) < 0)
				die("read");
			_exit(0);
		}
	close(done[1]);
	if (read(done[0], &byte, 1) < 0)
		die("read");
	close(end[1]);
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	long mib = number(argc, argv, 2, 0);

	if (argc < 3)
		usage("memory_grow heap|mmap|child|children MIB [N]");
	if (mode(argc, argv, "heap"))
		grow(mib, 1);
	else if (mode(argc, argv, "mmap"))
		grow(mib, 0);
	else if (mode(argc, argv, "child"))
		children(1, mib);
	else if (mode(argc, argv, "children"))
		children(number(argc, argv, 3, 4), mib);
	else
		usage("memory_grow heap|mmap|child|children MIB [N]");
	return 0;
}
