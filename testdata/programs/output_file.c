/*
 * output_file PATH BYTES [MS]: writes that much (0: without end) to a new file, then sleeps
 * that long. Reports bytes=N, and failed=ENOSPC and the like if it was stopped.
 *
 * Where PATH is on a tmpfs, the file is memory: ok below the memory limit and the size of
 * the tmpfs; memory_limit, or ok with "failed", beyond. Beyond RLIMIT_FSIZE runtime_error
 * by SIGXFSZ. The file is gone after the run.
 */
#include "common.h"

int main(int argc, char **argv)
{
	static char block[65536];
	long bytes = number(argc, argv, 2, 0);
	long ms = number(argc, argv, 3, 0);
	long written = 0;
	int fd;

	if (argc < 3)
		usage("output_file PATH BYTES [MS]");
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	report("open", fd);
	while (fd >= 0 && (bytes == 0 || written < bytes)) {
		long left = bytes - written;
		ssize_t n = write(fd, block, bytes && left < (long)sizeof block ? left : (long)sizeof block);

		if (n < 0) {
			printf("failed=%s\n", strerrorname_np(errno));
			break;
		}
		written += n;
	}
	printf("bytes=%ld\n", written);
	fflush(stdout);
	if (ms > 0)
		sleep_ms(ms);
	return 0;
}
