/*
 * notify_try KIND [ARGUMENT...]: what needs a supervisor to be careful. Reports what came
 * of it.
 *
 *	open PATH FLAGS     opens it
 *	read PATH           what is in it: content=...
 *	stat PATH           whether it can be looked at
 *	execute PATH        executes it in a child made by fork; reports status=
 *	vfork PATH          the same by vfork
 *	thread PATH         the same by fork, while another thread lives
 *	shared PATH         the same by fork, with the path in shared memory
 *	writer PATH         the same by fork, with another process that shares the memory
 *	files PATH          executes an open file, while another process shares its descriptors
 *	fifo PATH           opens a pipe from two processes, and sends a byte
 *	meet PATH N         opens a pipe from two processes N times, who wait for each other; met=N
 *	alarm PATH          opens a pipe that nobody else opens, until a signal comes
 *	hang PATH N         opens a pipe that nobody else opens, in N threads
 *	limit PATH          truncates beyond RLIMIT_FSIZE, and opens beyond RLIMIT_NOFILE
 *	umask PATH          makes files and directories by several umasks, in several processes
 *	garbage N SEED      N calls with paths, with arguments of chance; not as root
 *	kill PID            sends SIGKILL to that process and to its threads
 *	self                reports whether /proc/self is its own wherever it looks
 *
 * ok, or violation.
 */
#include "common.h"
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void *nap(void *unused)
{
	sleep_ms(100000);
	return unused;
}

static int nap_task(void *unused)
{
	nap(unused);
	return 0;
}

static void execute(const char *path, pid_t (*start)(void))
{
	char *args[] = { (char *)path, NULL };
	int status = 0;
	pid_t pid = start();

	if (pid == 0) {
		execv(path, args);
		_exit(errno == EACCES ? 100 : errno == ENOENT ? 101 : 102);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("child");
	printf("status=%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static void fifo(const char *path)
{
	char byte = 'x';
	pid_t pid = fork_or_die();
	int fd;

	if (pid == 0) {
		sleep_ms(50);
		fd = open(path, O_WRONLY);
		write_all(fd, &byte, 1);
		_exit(0);
	}
	fd = open(path, O_RDONLY);
	report("fifo", fd);
	printf("byte=%d\n", read(fd, &byte, 1) == 1 && byte == 'x');
	close(fd);
	waitpid(pid, NULL, 0);
	pid = fork_or_die();
	if (pid == 0) {
		sleep_ms(50);
		fd = open(path, O_RDONLY);
		_exit(read(fd, &byte, 1) == 1 && byte == 'y' ? 0 : 1);
	}
	fd = open(path, O_WRONLY);
	byte = 'y';
	write_all(fd, &byte, 1);
	int status;
	waitpid(pid, &status, 0);
	printf("other=%d\n", status);
}

static void caught(int signal)
{
	(void)signal;
}

static void *hang(void *path)
{
	open(path, O_RDONLY);
	return NULL;
}

static void meet(const char *path, long n)
{
	long met = 0;

	mkfifo(path, 0600);
	alarm(30);
	for (long i = 0; i < n; i++) {
		pid_t child = fork_or_die();
		int status, fd = open(path, child ? O_WRONLY : O_RDONLY);
		char c;

		if (child == 0)
			_exit(read(fd, &c, 1) != 1);
		write_all(fd, "x", 1);
		close(fd);
		met += waitpid(child, &status, 0) == child && status == 0;
	}
	printf("met=%ld\n", met);
}

static void limits(const char *path)
{
	struct rlimit limit = { 1000, 1000 };
	int fd = open(path, O_CREAT | O_RDWR, 0600);

	write_all(fd, "x", 1);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	report("smaller", truncate(path, 500));
	report("larger", truncate(path, 1001));
	limit.rlim_cur = limit.rlim_max = fd + 1;
	setrlimit(RLIMIT_NOFILE, &limit);
	report("more", open(path, O_RDONLY));
	close(fd);
	report("one", open(path, O_RDONLY));
}

static void umasks(const char *directory)
{
	static const int masks[] = { 0, 022, 027, 077, 0777 };
	char path[4200];
	struct stat st;

	if (chdir(directory))
		die(directory);
	for (size_t i = 0; i < LENGTH(masks); i++) {
		pid_t pid = fork_or_die();

		if (pid == 0) {
			umask(masks[i]);
			snprintf(path, sizeof path, "file.%o", masks[i]);
			close(open(path, O_CREAT | O_WRONLY, 0666));
			snprintf(path, sizeof path, "directory.%o", masks[i]);
			mkdir(path, 0777);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	for (size_t i = 0; i < LENGTH(masks); i++) {
		snprintf(path, sizeof path, "file.%o", masks[i]);
		stat(path, &st);
		printf("%s=%o", path, st.st_mode & 07777);
		snprintf(path, sizeof path, "directory.%o", masks[i]);
		stat(path, &st);
		printf(" %o\n", st.st_mode & 07777);
	}
}

static unsigned long long chance;

static unsigned long next(void)
{
	chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
	return chance >> 16;
}

static unsigned long argument(void)
{
	static char buffer[65536];
	static const char *const paths[] = { "", ".", "..", "/", "/etc/passwd", "none", "/proc/self/fd/0", "/dev/null", "x/y/z", "//",
		"/proc/self/cwd/..", "/proc/thread-self/root/etc", "/dev/full", "/proc/self/ns/net" };
	unsigned long bits = next();

	switch (next() % 10) {
	case 0: return 0;
	case 1: return bits;
	case 2: return bits << 32;
	case 3: return -(bits % 5000);
	case 4: return 0xffffff9c;
	case 5: return bits % 64;
	case 6: return (unsigned long)buffer + bits % sizeof buffer;
	case 7:
		for (int i = 0; i < 64; i++)
			buffer[i] = (char)next();
		return (unsigned long)buffer;
	default: return (unsigned long)paths[bits % LENGTH(paths)];
	}
}

/* Some of these change files, so not as root, who could harm the machine. */
static void garbage(long n, long seed)
{
	static const int calls[] = {
#ifdef SYS_open
		SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_creat, SYS_chmod, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
		SYS_openat, SYS_openat2, SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_statfs,
		SYS_getxattr, SYS_lgetxattr, SYS_listxattr, SYS_setxattr, SYS_removexattr, SYS_mkdirat, SYS_mknodat, SYS_linkat,
		SYS_symlinkat, SYS_renameat2, SYS_fchmodat, SYS_fchownat, SYS_utimensat, SYS_truncate, SYS_inotify_add_watch,
		SYS_name_to_handle_at, SYS_execve, SYS_execveat,
	};
	long failed = 0;

	/*
	 * Chance finds truncate("/etc/passwd") and chmod("/"): this has happened to a
	 * developer's machine. Never as root outside of a root directory of one's own.
	 */
	if (getuid() == 0) {
		fprintf(stderr, "garbage: not as root\n");
		exit(2);
	}
	chance = seed;
	for (long i = 0; i < n; i++) {
		int call = calls[next() % LENGTH(calls)];
		unsigned long a = argument(), b = argument(), c = argument(), d = argument(), e = argument();
		long result;

		if (call == SYS_openat)
			c |= O_NONBLOCK;
		result = syscall(call, a, b, c, d, e, 0);
		if (result < 0)
			failed++;
		else if (call == SYS_openat || call == SYS_openat2)
			close(result);
	}
	printf("made=%ld\n", n);
	fprintf(stderr, "failed=%ld\n", failed);
}

static void kill_threads(pid_t pid)
{
	char path[64] = "none";

	report("kill", kill(pid, SIGKILL));
	report("tgkill", syscall(SYS_tgkill, pid, pid, SIGKILL));
	for (int i = 0; i < 1000; i++)
		if (syscall(SYS_tgkill, pid, pid + i, SIGKILL) == 0)
			snprintf(path, sizeof path, "%d", pid + i);
	printf("killed=%s\n", path);
}

static void self(void)
{
	char text[256], want[64];
	ssize_t n;
	int fd = open("/proc/self/stat", O_RDONLY);

	n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	printf("stat=%d\n", atoi(text) == getpid());
	fd = open("/proc/self/cmdline", O_RDONLY);
	n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	printf("cmdline=%s\n", text);
	if (chdir("/proc/self"))
		die("chdir");
	n = readlink("exe", text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	printf("exe=%s\n", n > 0 && strstr(text, "notify_try") ? "mine" : text);
	fd = open("status", O_RDONLY);
	n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	printf("status=%d\n", strstr(text, "notify_try") != NULL);
	snprintf(want, sizeof want, "/proc/%d/maps", getpid());
	fd = open(want, O_RDONLY);
	n = read(fd, text, sizeof text - 1);
	printf("maps=%d\n", n > 0);
	fd = open("/proc/self/mem", O_RDONLY);
	strcpy(want, "in memory");
	n = pread(fd, text, 10, (long)want);
	printf("mem=%s\n", n == 10 ? text : "nothing");
}

int main(int argc, char **argv)
{
	const char *path = text(argc, argv, 2, "");
	char data[256] = "";
	struct stat st;
	pthread_t thread;
	int fd;

	if (mode(argc, argv, "open")) {
		report("open", open(path, (int)number(argc, argv, 3, 0), 0600));
	} else if (mode(argc, argv, "read")) {
		fd = open(path, O_RDONLY);
		report("open", fd);
		printf("content=%s\n", fd >= 0 && read(fd, data, sizeof data - 1) >= 0 ? data : "");
	} else if (mode(argc, argv, "stat")) {
		report("stat", stat(path, &st));
	} else if (mode(argc, argv, "execute")) {
		execute(path, fork);
	} else if (mode(argc, argv, "vfork")) {
		execute(path, vfork);
	} else if (mode(argc, argv, "thread")) {
		/* A child by fork has one thread; this is about the thread itself. */
		char *args[] = { (char *)path, NULL };

		pthread_create(&thread, NULL, nap, NULL);
		execv(path, args);
		report("execve", -1);
	} else if (mode(argc, argv, "shared")) {
		char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		strcpy(shared, path);
		execute(shared, fork);
	} else if (mode(argc, argv, "writer")) {
		char *stack = malloc(65536);
		char *args[] = { (char *)path, NULL };

		clone(nap_task, stack + 65536, CLONE_VM, NULL);
		execv(path, args);
		report("execve", -1);
	} else if (mode(argc, argv, "files")) {
		char *stack = malloc(65536);
		char *args[] = { (char *)path, NULL };

		fd = open(path, O_RDONLY);
		clone(nap_task, stack + 65536, CLONE_FILES, NULL);
		syscall(SYS_execveat, fd, "", args, NULL, AT_EMPTY_PATH);
		report("execve", -1);
	} else if (mode(argc, argv, "fifo")) {
		fifo(path);
	} else if (mode(argc, argv, "meet")) {
		meet(path, number(argc, argv, 3, 1));
	} else if (mode(argc, argv, "alarm")) {
		struct sigaction action = { .sa_handler = caught };

		sigaction(SIGALRM, &action, NULL);
		alarm(1);
		report("interrupted", open(path, O_RDONLY));
	} else if (mode(argc, argv, "hang")) {
		for (long i = 0; i < number(argc, argv, 3, 1); i++)
			pthread_create(&thread, NULL, hang, (void *)path);
		printf("hanging=1\n");
		fflush(stdout);
		sleep_ms(0);
	} else if (mode(argc, argv, "limit")) {
		limits(path);
	} else if (mode(argc, argv, "umask")) {
		umasks(path);
	} else if (mode(argc, argv, "garbage")) {
		garbage(number(argc, argv, 2, 1), number(argc, argv, 3, 1));
	} else if (mode(argc, argv, "kill")) {
		kill_threads((pid_t)number(argc, argv, 2, 1));
	} else if (mode(argc, argv, "self")) {
		self();
	} else {
		usage("notify_try KIND [ARGUMENT...]");
	}
	return 0;
}
