/*
 * residue plant|find|look|when|init|CHANNEL: what counts up where programs run, and could count for
 * the next one. "plant" uses it all and takes away what it can: processes, files in /tmp and
 * /dev/shm (unnamed ones, too), System V and POSIX IPC, packets to nowhere, sockets,
 * keys, timers, locks. "find" reports the numbers themselves: pid and child, inodes,
 * free space, ids of IPC objects, network counters, keys. "look" makes nothing, and
 * reports times and free space of the directories, and what pid 1 is like, "when" their changes, "init" the
 * CPU time of pid 1. A channel is one way alone to leave
 * something, as fast as can be.
 *
 * ok. "find" reports the same in a new sandbox, and where "plant" ran before.
 */
#include "common.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

static const char *const directories[] = { "/tmp", "/dev/shm" };

/* The directory of a path. */
static void parent(char *dir, const char *path)
{
	snprintf(dir, strrchr(path, '/') - path + 1, "%s", path);
}

static void plant(void)
{
	for (int i = 0; i < 20; i++)
		if (fork_or_die() == 0)
			_exit(0);
	while (wait(NULL) > 0)
		;
	for (size_t d = 0; d < LENGTH(directories); d++) {
		char path[64];

		for (int i = 0; i < 10; i++) {
			snprintf(path, sizeof path, "%s/f%d", directories[d], i);
			close(open(path, O_CREAT | O_WRONLY, 0666));
			if (i < 9)
				unlink(path);
			open(directories[d], O_TMPFILE | O_RDWR, 0600);
		}
		flock(open(path, O_RDWR), LOCK_EX);
		snprintf(path, sizeof path, "%s/dir", directories[d]);
		mkdir(path, 0777);
		if (chdir(path))
			perror(path);
	}
	for (int i = 0; i < 5; i++) {
		int shm = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
		int sem = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
		int msg = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

		if (i < 4) {
			shmctl(shm, IPC_RMID, NULL);
			semctl(sem, 0, IPC_RMID);
			msgctl(msg, IPC_RMID, NULL);
		}
		mq_open("/residue", O_CREAT | O_RDWR, 0600, NULL);
	}
	for (int i = 0; i < 5; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x08080808 + i) };
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		if (fd >= 0)
			sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (fd >= 0)
			sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd >= 0)
			connect(fd, (struct sockaddr *)&to, sizeof to);
	}
	syscall(SYS_add_key, "user", "residue", "planted", 7L, -3L);
	alarm(1000);
	timerfd_create(CLOCK_MONOTONIC, 0);
	umask(0);
	nice(5);
	fcntl(0, F_SETFL, O_NONBLOCK);
	fcntl(1, F_SETFL, O_NONBLOCK);
}

/* One line with what a file of the kernel says, or that it isn't there. */
static void show(const char *path)
{
	static char text[16384];
	int fd = open(path, O_RDONLY);
	unsigned long sum = 5381;
	ssize_t n, all = 0;

	if (fd < 0) {
		report(path, -1);
		return;
	}
	while ((n = read(fd, text, sizeof text)) > 0)
		for (ssize_t i = 0; i < n; i++, all++)
			sum = sum * 33 + (unsigned char)text[i];
	close(fd);
	printf("%s=%zd bytes, %lx\n", path, all, sum);
}

static void find(void)
{
	static const char *const files[] = {
		"/proc/self/net/snmp", "/proc/self/net/snmp6", "/proc/self/net/netstat", "/proc/self/net/dev",
		"/proc/self/net/unix", "/proc/self/net/route", "/proc/self/net/arp", "/proc/self/cgroup",
		"/proc/self/timers", "/proc/self/limits", "/proc/self/uid_map", "/proc/sys/kernel/ns_last_pid",
	};
	struct stat status;
	struct statvfs space;
	char path[4096];
	pid_t child;
	int fd;

	printf("pid=%d\nparent=%d\nsession=%d\n", getpid(), getppid(), getsid(0));
	fflush(stdout);
	child = fork_or_die();
	if (child == 0)
		_exit(0);
	printf("child=%d\n", child);
	waitpid(child, NULL, 0);
	for (size_t d = 0; d < LENGTH(directories); d++) {
		snprintf(path, sizeof path, "%s/find", directories[d]);
		fd = open(path, O_CREAT | O_RDWR | O_EXCL, 0666);
		if (fd < 0 || fstat(fd, &status) || statvfs(directories[d], &space)) {
			report(directories[d], -1);
			continue;
		}
		printf("%s=inode %lu, %lu blocks and %lu files free, mode %o\n", directories[d], (unsigned long)status.st_ino,
			(unsigned long)space.f_bfree, (unsigned long)space.f_ffree, status.st_mode);
		if (!stat(directories[d], &status))
			printf("%s.links=%lu of %u\n", directories[d], (unsigned long)status.st_nlink, status.st_uid);
	}
	printf("shm=%d\nsem=%d\nmsg=%d\n", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), semget(IPC_PRIVATE, 1, IPC_CREAT | 0600),
		msgget(IPC_PRIVATE, IPC_CREAT | 0600));
	report("mqueue", mq_open("/residue", O_RDWR));
	report("key", syscall(SYS_keyctl, 10L, -3L, "user", "residue", 0L));
	for (size_t i = 0; i < LENGTH(files); i++)
		show(files[i]);
	printf("alarm=%u\numask=%o\nnice=%d\nflags=%x %x\ncwd=%s\n", alarm(0), umask(0), nice(0), fcntl(0, F_GETFL), fcntl(1, F_GETFL),
		getcwd(path, sizeof path));
}

/* How much CPU time pid 1 has used, which everybody may ask. */
static void init(void)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(1, &clock) || clock_gettime(clock, &used))
		perror("clock of pid 1");
	else
		printf("init=%ld.%09ld\n", (long)used.tv_sec, used.tv_nsec);
}

static void look(void)
{
	struct rlimit limit = { 0 };
	FILE *sockets = fopen("/proc/self/net/sockstat", "r");
	int used = -1;

	if (!sockets || fscanf(sockets, "sockets: used %d", &used) != 1)
		perror("sockets");
	prlimit(1, RLIMIT_CORE, NULL, &limit);
	printf("init=nice %d, io %ld, %ld\nsockets=%d\n", getpriority(PRIO_PROCESS, 1), syscall(SYS_ioprio_get, 1L, 1L), (long)limit.rlim_max, used);
	for (size_t d = 0; d < LENGTH(directories); d++) {
		struct stat status;
		struct statvfs space;

		if (stat(directories[d], &status) || statvfs(directories[d], &space))
			report(directories[d], -1);
		else
			printf("%s=%ld.%ld %ld.%ld, %lu links, %o, %lu blocks and %lu files free\n", directories[d], (long)status.st_atim.tv_sec,
				status.st_atim.tv_nsec, (long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec, (unsigned long)status.st_nlink,
				status.st_mode, (unsigned long)space.f_bfree, (unsigned long)space.f_ffree);
	}
}

/* When the directories were last changed, which nobody can set. */
static void when(void)
{
	for (size_t d = 0; d < LENGTH(directories); d++) {
		struct stat status;

		if (!stat(directories[d], &status))
			printf("%s=%ld.%09ld\n", directories[d], (long)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
	}
}

static void made(const char *path) { close(open(path, O_CREAT | O_EXCL | O_WRONLY, 0666)); unlink(path); }
static void kept(const char *path) { close(open(path, O_CREAT | O_EXCL | O_WRONLY, 0666)); }
static void directory(const char *path) { mkdir(path, 0777); rmdir(path); }
static void fifo(const char *path) { mkfifo(path, 0666); unlink(path); }
static void link_to(const char *path) { symlink("x", path); unlink(path); }
static void unnamed(const char *path) { char dir[4096]; parent(dir, path); close(open(dir, O_TMPFILE | O_RDWR, 0600)); }

#ifdef SYS_open
static void unnamed_open(const char *path) { char dir[4096]; parent(dir, path); close(syscall(SYS_open, dir, O_TMPFILE | O_RDWR, 0600)); }
#endif

static void unnamed_openat2(const char *path)
{
	char dir[4096];
	unsigned long long how[3] = { O_TMPFILE | O_RDWR, 0600, 0 };

	parent(dir, path);
	close(syscall(437L, AT_FDCWD, dir, how, sizeof how));
}

static void touched(const char *path) { char dir[4096]; parent(dir, path); utimensat(AT_FDCWD, dir, NULL, 0); }

static void backdated(const char *path)
{
	char dir[4096];
	struct timespec times[2] = { { .tv_sec = 946684800 }, { .tv_sec = 946684800 } };

	kept(path);
	unlink(path);
	parent(dir, path);
	utimensat(AT_FDCWD, dir, times, 0);
}

static void changed(const char *path) { char dir[4096]; parent(dir, path); chmod(dir, 0700); chown(dir, getuid(), getgid()); }

static void listed(const char *path)
{
	char dir[4096];
	DIR *stream;

	parent(dir, path);
	stream = opendir(dir);
	while (stream && readdir(stream))
		;
	if (stream)
		closedir(stream);
}

static void shm(const char *path) { (void)path; shmctl(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), IPC_RMID, NULL); }
static void sem(const char *path) { (void)path; semctl(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), 0, IPC_RMID); }
static void msg(const char *path) { (void)path; msgctl(msgget(IPC_PRIVATE, IPC_CREAT | 0600), IPC_RMID, NULL); }
static void shm_kept(const char *path) { (void)path; shmget(4711, 4096, IPC_CREAT | 0666); }
static void queue(const char *path) { (void)path; mq_open("/residue", O_CREAT | O_RDWR, 0600, NULL); }

static void fork_orphans(const char *path)
{
	(void)path;
	for (int i = 0; i < 100; i++) {
		pid_t parent = fork();

		if (parent == 0) {
			if (fork() == 0)
				sleep_ms(1);
			_exit(0);
		}
		waitpid(parent, NULL, 0);
	}
	sleep_ms(20);
}

/* Sockets that nothing but each other's queue has. */
static void sockets(const char *path)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2];

	(void)path;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	for (int i = 0; i < 2; i++) {
		memcpy(CMSG_DATA(header), &pair[i], sizeof(int));
		sendmsg(pair[i], &message, 0);
	}
}

/* What can be changed of pid 1, and what it may be had to do. */
static void init_limits(const char *path)
{
	struct rlimit limit = { 77, 77 };

	(void)path;
	prlimit(1, RLIMIT_CORE, &limit, NULL);
}

static void init_nice(const char *path) { (void)path; setpriority(PRIO_PROCESS, 1, 7); }
static void init_io(const char *path) { (void)path; syscall(SYS_ioprio_set, 1L, 1L, 3L << 13); }

static void init_signals(const char *path)
{
	union sigval value = { 0 };

	(void)path;
	for (int i = 0; i < 10; i++) {
		sigqueue(1, SIGRTMIN, value);
		kill(1, SIGCHLD);
		kill(1, SIGUSR1);
	}
}

static const struct {
	const char *name;
	void (*leave)(const char *path);
} channels[] = {
	{ "made", made }, { "kept", kept }, { "directory", directory }, { "fifo", fifo }, { "link", link_to }, { "unnamed", unnamed },
#ifdef SYS_open
	{ "unnamed_open", unnamed_open },
#endif
	{ "unnamed_openat2", unnamed_openat2 }, { "touched", touched }, { "backdated", backdated }, { "changed", changed },
	{ "listed", listed }, { "shm", shm }, { "shm_kept", shm_kept }, { "sem", sem }, { "msg", msg }, { "queue", queue },
	{ "orphans", fork_orphans }, { "sockets", sockets },
	{ "init_limits", init_limits }, { "init_nice", init_nice }, { "init_io", init_io }, { "init_signals", init_signals },
};

static int leave(const char *name)
{
	for (size_t c = 0; c < LENGTH(channels); c++) {
		if (strcmp(channels[c].name, name))
			continue;
		for (size_t d = 0; d < LENGTH(directories); d++) {
			char path[64];

			snprintf(path, sizeof path, "%s/residue", directories[d]);
			channels[c].leave(path);
		}
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (mode(argc, argv, "plant"))
		plant();
	else if (mode(argc, argv, "find"))
		find();
	else if (mode(argc, argv, "look"))
		look();
	else if (mode(argc, argv, "when"))
		when();
	else if (mode(argc, argv, "init"))
		init();
	else if (mode(argc, argv, "channels"))
		for (size_t c = 0; c < LENGTH(channels); c++)
			puts(channels[c].name);
	else if (argc != 2 || !leave(argv[1]))
		usage("residue plant|find|look|when|init|channels|CHANNEL");
	return 0;
}
