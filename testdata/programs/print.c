/*
 * print BYTES [CHUNK [stdout|stderr|both]]: writes exactly that many bytes, CHUNK
 * (65536) at most with one write. "both" takes turns and counts the sum.
 *
 * The text is lines of 63 letters. ok if the output limit is BYTES or more;
 * output_limit, with exactly the limit delivered, if it is BYTES-1 or less.
 */
#include "common.h"

int main(int argc, char **argv)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	long bytes = number(argc, argv, 1, -1);
	long chunk = number(argc, argv, 2, 65536);
	const char *where = text(argc, argv, 3, "stdout");
	int fds[2] = { STDOUT_FILENO, STDOUT_FILENO };
	long sent = 0;
	char *buffer;

	if (bytes < 0 || chunk < 1)
		usage("print BYTES [CHUNK [stdout|stderr|both]]");
	if (!strcmp(where, "stderr"))
		fds[0] = fds[1] = STDERR_FILENO;
	else if (!strcmp(where, "both"))
		fds[1] = STDERR_FILENO;
	else if (strcmp(where, "stdout"))
		usage("print BYTES [CHUNK [stdout|stderr|both]]");

	buffer = malloc(chunk);
	if (!buffer)
		die("malloc");
	for (int turn = 0; sent < bytes; turn ^= 1) {
		long size = bytes - sent < chunk ? bytes - sent : chunk;

		for (long i = 0; i < size; i++) {
			long at = (sent + i) % 64;

			buffer[i] = at == 63 ? '\n' : letters[at % 26];
		}
		write_all(fds[turn], buffer, size);
		sent += size;
	}
	return 0;
}
