/*
 * ipc_daemon plant|find NAME: a daemon called so (15 letters at most), by which a later
 * run could be watched or helped. "plant" leaves it, for 60 seconds; "find" looks for it in
 * /proc, and for anybody by signals, which need no /proc. Reports daemon=ok or ESRCH, and
 * neighbours=N, the number of other pids that exist.
 *
 * ok. What one run plants no other run finds; the only neighbour is the sandbox's init.
 */
#include "common.h"
#include <sys/prctl.h>

static int named(pid_t pid, const char *name)
{
	char path[64], comm[32] = "";
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, comm, sizeof comm - 1);
		close(fd);
	}
	return n > 0 && strlen(name) == (size_t)n - 1 && !strncmp(comm, name, n - 1);
}

int main(int argc, char **argv)
{
	int neighbours = 0, found = 0;

	if (argc != 3 || strlen(argv[2]) > 15 || (!mode(argc, argv, "plant") && !mode(argc, argv, "find")))
		usage("ipc_daemon plant|find NAME");
	if (mode(argc, argv, "plant")) {
		if (fork_or_die() != 0)
			return 0;
		setsid();
		for (int fd = 0; fd < 3; fd++)
			close(fd);
		if (fork_or_die() != 0)
			return 0;
		prctl(PR_SET_NAME, argv[2]);
		sleep_ms(60 * 1000);
		return 0;
	}
	for (pid_t pid = 1; pid < 65536; pid++) {
		if (pid == getpid() || (kill(pid, 0) && errno == ESRCH))
			continue;
		neighbours++;
		found |= named(pid, argv[2]);
	}
	errno = ESRCH;
	report("daemon", found ? 0 : -1);
	printf("neighbours=%d\n", neighbours);
	return 0;
}
