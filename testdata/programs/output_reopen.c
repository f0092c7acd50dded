/*
 * output_reopen proc|dup|truncate|late BYTES: prints that much in total, but not through
 * the descriptor it was given: half through /proc/self/fd/1 opened anew and half through
 * a copy, both after closing 1 ("proc", "dup" the copy alone); by emptying the file before
 * each next KiB if stdout is a file ("truncate"); or from a grandchild after the first
 * process has exited ("late").
 *
 * ok if the output limit is BYTES or more, output_limit if it is one less: what was
 * written counts, not how long the file is at the end. "late" may lose output, no more.
 */
#include "common.h"

/* BYTES to one or two descriptors, in turns. */
static void print(int a, int b, long bytes, int truncate)
{
	char line[1024];

	memset(line, 'x', sizeof line);
	for (long left = bytes, turn = 0; left > 0; turn ^= 1) {
		long size = left < (long)sizeof line ? left : (long)sizeof line;

		if (truncate && (ftruncate(a, 0) || lseek(a, 0, SEEK_SET)))
			die("truncate");
		write_all(turn ? b : a, line, size);
		left -= size;
	}
}

int main(int argc, char **argv)
{
	long bytes = number(argc, argv, 2, -1);
	int copy = dup(STDOUT_FILENO);

	if (bytes < 0)
		usage("output_reopen proc|dup|truncate|late BYTES");
	if (copy < 0)
		die("dup");
	if (mode(argc, argv, "proc")) {
		int again = open("/proc/self/fd/1", O_WRONLY);

		if (again < 0)
			die("/proc/self/fd/1");
		close(STDOUT_FILENO);
		print(again, copy, bytes, 0);
	} else if (mode(argc, argv, "dup")) {
		close(STDOUT_FILENO);
		print(copy, copy, bytes, 0);
	} else if (mode(argc, argv, "truncate")) {
		print(copy, copy, bytes, 1);
	} else if (mode(argc, argv, "late")) {
		pid_t first = getpid();

		if (fork_or_die() == 0) {
			setsid();
			while (getppid() == first)
				sleep_ms(1);
			print(copy, copy, bytes, 0);
		}
	} else {
		usage("output_reopen proc|dup|truncate|late BYTES");
	}
	return 0;
}
