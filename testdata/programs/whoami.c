/*
 * whoami [ARG...]: says all a process can learn about itself, one "name=value" a line.
 *
 * Nothing here needs /proc but what the kernel tells nowhere else (namespaces, mounts,
 * cgroups, the targets of descriptors, the last capability); where it is missing, those
 * lines are. Sets are hexadecimal with bit N-1 for signal N, or bit N for capability N.
 *
 * ok under every limit.
 */
#include "common.h"
#include <dirent.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

extern char **environ;

static void arguments(int argc, char **argv)
{
	char path[4096];
	int i;

	printf("argc=%d\n", argc);
	for (i = 0; i < argc; i++)
		printf("arg[%d]=%s\n", i, argv[i]);
	for (i = 0; environ[i]; i++)
		printf("env[%d]=%s\n", i, environ[i]);
	printf("cwd=%s\n", getcwd(path, sizeof path) ? path : strerrorname_np(errno));
	printf("exe=%s\n", (const char *)getauxval(AT_EXECFN));
}

static void credentials(void)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid, groups[1024];
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2];
	unsigned long long bounding = 0, ambient = 0;
	int count;

	getresuid(&ruid, &euid, &suid);
	getresgid(&rgid, &egid, &sgid);
	printf("uid=%u\neuid=%u\nsuid=%u\nfsuid=%u\n", ruid, euid, suid, (unsigned)syscall(SYS_setfsuid, -1));
	printf("gid=%u\negid=%u\nsgid=%u\nfsgid=%u\n", rgid, egid, sgid, (unsigned)syscall(SYS_setfsgid, -1));
	count = getgroups(LENGTH(groups), groups);
	printf("groups=");
	for (int i = 0; i < count; i++)
		printf("%s%u", i ? "," : "", groups[i]);
	printf("\n");

	if (!syscall(SYS_capget, &header, caps)) {
		printf("cap_inheritable=%08x%08x\n", caps[1].inheritable, caps[0].inheritable);
		printf("cap_permitted=%08x%08x\n", caps[1].permitted, caps[0].permitted);
		printf("cap_effective=%08x%08x\n", caps[1].effective, caps[0].effective);
	}
	for (int cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			bounding |= 1ULL << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= 1ULL << cap;
	}
	printf("cap_bounding=%016llx\n", bounding);
	printf("cap_ambient=%016llx\n", ambient);
	printf("securebits=%#x\n", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	printf("no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("dumpable=%d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	printf("seccomp=%d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	printf("secure_exec=%lu\n", getauxval(AT_SECURE));
}

static void rlimits(void)
{
	static const struct {
		const char *name;
		int resource;
	} table[] = {
		{ "as", RLIMIT_AS },           { "core", RLIMIT_CORE },
		{ "cpu", RLIMIT_CPU },         { "data", RLIMIT_DATA },
		{ "fsize", RLIMIT_FSIZE },     { "locks", RLIMIT_LOCKS },
		{ "memlock", RLIMIT_MEMLOCK }, { "msgqueue", RLIMIT_MSGQUEUE },
		{ "nice", RLIMIT_NICE },       { "nofile", RLIMIT_NOFILE },
		{ "nproc", RLIMIT_NPROC },     { "rss", RLIMIT_RSS },
		{ "rtprio", RLIMIT_RTPRIO },   { "rttime", RLIMIT_RTTIME },
		{ "sigpending", RLIMIT_SIGPENDING }, { "stack", RLIMIT_STACK },
	};

	for (size_t i = 0; i < LENGTH(table); i++) {
		struct rlimit limit;
		char soft[32] = "unlimited", hard[32] = "unlimited";

		getrlimit(table[i].resource, &limit);
		if (limit.rlim_cur != RLIM_INFINITY)
			snprintf(soft, sizeof soft, "%llu", (unsigned long long)limit.rlim_cur);
		if (limit.rlim_max != RLIM_INFINITY)
			snprintf(hard, sizeof hard, "%llu", (unsigned long long)limit.rlim_max);
		printf("rlimit_%s=%s:%s\n", table[i].name, soft, hard);
	}
}

/* The kernel's struct sigaction begins alike on both architectures. */
struct kernel_sigaction {
	void *handler;
	unsigned long rest[16];
};

static void signals(void)
{
	unsigned long long mask = 0, pending = 0, ignored = 0, caught = 0;
	stack_t stack;

	/* Raw calls: the C library hides the two signals that it uses itself. */
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	syscall(SYS_rt_sigpending, &pending, 8);
	for (int signal = 1; signal <= 64; signal++) {
		struct kernel_sigaction action;

		memset(&action, 0, sizeof action);
		if (syscall(SYS_rt_sigaction, signal, NULL, &action, 8))
			continue;
		if (action.handler == (void *)SIG_IGN)
			ignored |= 1ULL << (signal - 1);
		else if (action.handler != (void *)SIG_DFL)
			caught |= 1ULL << (signal - 1);
	}
	printf("signals_blocked=%016llx\n", mask);
	printf("signals_pending=%016llx\n", pending);
	printf("signals_ignored=%016llx\n", ignored);
	printf("signals_caught=%016llx\n", caught);
	sigaltstack(NULL, &stack);
	printf("sigaltstack=%d\n", !(stack.ss_flags & SS_DISABLE));
}

static void session(void)
{
	int tty, pdeathsig = 0, policy = sched_getscheduler(0);
	cpu_set_t cpus;
	mode_t mask = umask(0);

	umask(mask);
	printf("pid=%d\nppid=%d\ntid=%ld\n", getpid(), getppid(), syscall(SYS_gettid));
	printf("pgid=%d\nsid=%d\n", getpgid(0), getsid(0));
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	printf("tty=%s\n", tty < 0 ? strerrorname_np(errno) : "yes");
	if (tty >= 0)
		close(tty);
	printf("umask=%04o\n", mask);
	prctl(PR_GET_PDEATHSIG, &pdeathsig);
	printf("pdeathsig=%d\n", pdeathsig);
	printf("subreaper=%d\n", (prctl(PR_GET_CHILD_SUBREAPER, &pdeathsig), pdeathsig));
	printf("nice=%d\n", getpriority(PRIO_PROCESS, 0));
	printf("scheduler=%d\n", policy);
	printf("ioprio=%ld\n", syscall(SYS_ioprio_get, 1, 0));
	printf("timer_slack_ns=%d\n", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	printf("personality=%#lx\n", syscall(SYS_personality, 0xffffffff));
	if (!sched_getaffinity(0, sizeof cpus, &cpus))
		printf("cpus=%d\n", CPU_COUNT(&cpus));
}

static void machine(void)
{
	static const char *const namespaces[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
	struct utsname names;
	struct ifreq loopback = { .ifr_name = "lo" };
	int fd;

	uname(&names);
	printf("hostname=%s\ndomainname=%s\n", names.nodename, names.domainname);
	printf("machine=%s\n", names.machine);
	for (size_t i = 0; i < LENGTH(namespaces); i++) {
		char path[64];
		struct stat status;

		snprintf(path, sizeof path, "/proc/self/ns/%s", namespaces[i]);
		if (!stat(path, &status))
			printf("ns_%s=%lu\n", namespaces[i], (unsigned long)status.st_ino);
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		printf("loopback=%s\n", strerrorname_np(errno));
	else if (ioctl(fd, SIOCGIFFLAGS, &loopback))
		printf("loopback=%s\n", strerrorname_np(errno));
	else
		printf("loopback=%s\n", loopback.ifr_flags & IFF_UP ? "up" : "down");
	if (fd >= 0)
		close(fd);
}

/* Every line of a file, numbered, under this name. */
static void lines(const char *name, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	for (int i = 0; file && getline(&line, &size, file) > 0; i++) {
		line[strcspn(line, "\n")] = 0;
		printf("%s[%d]=%s\n", name, i, line);
	}
	free(line);
	if (file)
		fclose(file);
}

/* Descriptors may be open beyond RLIMIT_NOFILE, so the search doesn't stop there. */
static void descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 65536; fd++) {
		char path[64], target[4096] = "?";
		int flags = fcntl(fd, F_GETFL);
		struct stat status;
		ssize_t n;

		if (flags < 0)
			continue;
		count++;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof target - 1);
		if (n >= 0)
			target[n] = 0;
		printf("fd[%d]=%s\n", fd, target);
		printf("fd_flags[%d]=%#x\n", fd, flags);
		if (!fstat(fd, &status))
			printf("fd_mode[%d]=%07o\n", fd, status.st_mode);
	}
	printf("fds=%d\n", count);
}

static void root(void)
{
	DIR *dir = opendir("/");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			printf("root_entry[%s]=%d\n", entry->d_name, entry->d_type);
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	descriptors(); /* before anything here opens more */
	arguments(argc, argv);
	credentials();
	rlimits();
	signals();
	session();
	machine();
	root();
	lines("cgroup", "/proc/self/cgroup");
	lines("mount", "/proc/self/mountinfo");
	return 0;
}
