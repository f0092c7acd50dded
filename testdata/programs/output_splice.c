/*
 * output_splice sendfile|splice|tee|vmsplice BYTES: prints that much without a single
 * write(2). All but sendfile need stdout to be a pipe; exit code 71 if it isn't.
 *
 * ok if the output limit is BYTES or more, output_limit if it is one less.
 */
#include "common.h"
#include <sys/sendfile.h>
#include <sys/uio.h>

static char block[65536];

/* A pipe with so many bytes in it. */
static int full_pipe(long size)
{
	int fds[2];

	if (pipe(fds))
		die("pipe");
	write_all(fds[1], block, size);
	close(fds[1]);
	return fds[0];
}

static ssize_t send_some(int argc, char **argv, long size)
{
	struct iovec piece = { block, size };
	ssize_t sent;
	int from;

	if (mode(argc, argv, "vmsplice"))
		return vmsplice(STDOUT_FILENO, &piece, 1, 0);
	if (mode(argc, argv, "sendfile")) {
		from = memfd_create("output", 0);
		if (from < 0)
			die("memfd_create");
		write_all(from, block, size);
		lseek(from, 0, SEEK_SET);
		sent = sendfile(STDOUT_FILENO, from, NULL, size);
	} else {
		from = full_pipe(size);
		if (mode(argc, argv, "tee"))
			sent = tee(from, STDOUT_FILENO, size, 0);
		else
			sent = splice(from, NULL, STDOUT_FILENO, NULL, size, 0);
	}
	close(from);
	return sent;
}

int main(int argc, char **argv)
{
	long bytes = number(argc, argv, 2, -1);

	if (bytes < 0 || (!mode(argc, argv, "sendfile") && !mode(argc, argv, "splice") && !mode(argc, argv, "tee") && !mode(argc, argv, "vmsplice")))
		usage("output_splice sendfile|splice|tee|vmsplice BYTES");
	memset(block, 'x', sizeof block);
	while (bytes > 0) {
		ssize_t sent = send_some(argc, argv, bytes < 4096 ? bytes : 4096);

		if (sent <= 0)
			die(argv[1]);
		bytes -= sent;
	}
	return 0;
}
