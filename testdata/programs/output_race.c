/*
 * output_race N BYTES: N children print that much each, all at the same time and half of
 * them to stderr.
 *
 * ok if the output limit is N*BYTES or more, output_limit if it is one less: the limit
 * counts what all print together.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long n = number(argc, argv, 1, 0);
	long bytes = number(argc, argv, 2, -1);
	int start[2];
	char byte;

	if (n < 1 || bytes < 0)
		usage("output_race N BYTES");
	if (pipe(start))
		die("pipe");
	for (long i = 0; i < n; i++)
		if (fork_or_die() == 0) {
			close(start[1]);
			if (read(start[0], &byte, 1) < 0)
				die("read");
			for (long sent = 0; sent < bytes; sent++)
				write_all(i % 2 ? STDERR_FILENO : STDOUT_FILENO, "abcdefgh" + i % 8, 1);
			_exit(0);
		}
	close(start[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
