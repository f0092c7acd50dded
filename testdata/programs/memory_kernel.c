/*
 * memory_kernel memfd|sysv|posix|pipe|socket|mlock MIB: takes that much memory (0: without
 * end) of kinds that a process's own resident set doesn't show: files in memory, shared
 * segments, buffers of pipes and sockets nobody reads; mlock is resident, but pinned.
 * Reports held_mib=N as far as it got, and failed=ENOMEM and the like if it was stopped.
 *
 * ok below the memory limit; memory_limit above it, or ok with "failed" if another limit
 * stops it first. What it took is gone after the run.
 */
#include "common.h"
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>

/* Each of these takes about one MiB more, and returns 0 or -1. */

static int file_mib(int fd)
{
	static char block[65536];
	ssize_t n;

	for (long left = MIB; left > 0; left -= n) {
		n = write(fd, block, left < (long)sizeof block ? left : (long)sizeof block);
		if (n < 0)
			return -1;
	}
	return 0;
}

static int take_memfd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("hoard", 0);
	return fd < 0 ? -1 : file_mib(fd);
}

static int take_posix(void)
{
	static int fd = -1;
	char name[64];

	snprintf(name, sizeof name, "/bailiff-hoard-%d", getpid());
	if (fd < 0)
		fd = shm_open(name, O_RDWR | O_CREAT, 0600);
	return fd < 0 ? -1 : file_mib(fd);
}

static int take_sysv(void)
{
	int id = shmget(IPC_PRIVATE, MIB, IPC_CREAT | 0600);
	void *memory = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (memory == (void *)-1)
		return -1;
	memset(memory, 1, MIB);
	return shmdt(memory);
}

static int fill(int fd)
{
	static char block[65536];
	long filled = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = write(fd, block, sizeof block)) > 0)
		filled += n;
	return filled;
}

static int take_pipe(void)
{
	for (long filled = 0; filled < MIB;) {
		int fds[2];

		if (pipe(fds))
			return -1;
		fcntl(fds[1], F_SETPIPE_SZ, MIB);
		filled += fill(fds[1]);
	}
	return 0;
}

static int take_socket(void)
{
	for (long filled = 0; filled < MIB;) {
		int fds[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
			return -1;
		filled += fill(fds[0]) + fill(fds[1]);
	}
	return 0;
}

static int take_mlock(void)
{
	void *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? -1 : mlock(memory, MIB);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*take)(void);
	} kinds[] = {
		{ "memfd", take_memfd }, { "sysv", take_sysv }, { "posix", take_posix },
		{ "pipe", take_pipe }, { "socket", take_socket }, { "mlock", take_mlock },
	};
	long mib = number(argc, argv, 2, 0);

	for (size_t kind = 0; argc == 3 && kind < LENGTH(kinds); kind++) {
		long held;

		if (!mode(argc, argv, kinds[kind].name))
			continue;
		for (held = 0; mib == 0 || held < mib; held++)
			if (kinds[kind].take()) {
				printf("failed=%s\n", strerrorname_np(errno));
				break;
			}
		printf("held_mib=%ld\n", held);
		return 0;
	}
	usage("memory_kernel memfd|sysv|posix|pipe|socket|mlock MIB");
}
