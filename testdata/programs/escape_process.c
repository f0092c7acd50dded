/*
 * escape_process: reaches for other processes: its parent, pid 1, and all others it can
 * see. For each kind of access reports parent_KIND, init_KIND and others_KIND; "others" is
 * ok if it worked on at least one. What it changes it changes to what it was.
 *
 * Nothing may be ok on a process outside the sandbox. ok, or violation under a policy that
 * kills.
 */
#include "common.h"
#include <dirent.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static long limit_get(pid_t pid)
{
	struct rlimit limit;

	return prlimit(pid, RLIMIT_NOFILE, NULL, &limit);
}

static long limit_set(pid_t pid)
{
	struct rlimit limit;

	return prlimit(pid, RLIMIT_NOFILE, NULL, &limit) ? -1 : prlimit(pid, RLIMIT_NOFILE, &limit, NULL);
}

static long trace(pid_t pid)
{
	/* Unlike PTRACE_ATTACH this doesn't stop it. */
	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		return -1;
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return 0;
}

static long read_memory(pid_t pid)
{
	/* Where this program is linked to, and where others often are. */
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };
	long n = process_vm_readv(pid, &here, 1, &there, 1, 0);

	/* Nothing there, but we were let in. */
	return n == -1 && errno == EFAULT ? 0 : n;
}

static long open_proc(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

static long memory_file(pid_t pid) { return open_proc(pid, "mem", O_RDWR); }
static long environment(pid_t pid) { return open_proc(pid, "environ", O_RDONLY); }
static long root(pid_t pid) { return open_proc(pid, "root/", O_RDONLY); }
static long executable(pid_t pid) { return open_proc(pid, "exe", O_RDONLY); }
static long descriptors(pid_t pid) { return open_proc(pid, "fd", O_RDONLY); }
static long oom_score(pid_t pid) { return open_proc(pid, "oom_score_adj", O_WRONLY); }

static long steal_descriptor(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	return pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, 0, 0);
}

static long signal_it(pid_t pid)
{
	return kill(pid, 0);
}

static long priority(pid_t pid)
{
	errno = 0;
	return setpriority(PRIO_PROCESS, pid, getpriority(PRIO_PROCESS, pid));
}

static long affinity(pid_t pid)
{
	cpu_set_t cpus;

	return sched_getaffinity(pid, sizeof cpus, &cpus) ? -1 : sched_setaffinity(pid, sizeof cpus, &cpus);
}

static const struct {
	const char *name;
	long (*access)(pid_t pid);
} kinds[] = {
	{ "limit_get", limit_get },
	{ "limit_set", limit_set },
	{ "trace", trace },
	{ "read_memory", read_memory },
	{ "memory_file", memory_file },
	{ "environment", environment },
	{ "root", root },
	{ "executable", executable },
	{ "descriptors", descriptors },
	{ "oom_score", oom_score },
	{ "steal_descriptor", steal_descriptor },
	{ "signal", signal_it },
	{ "priority", priority },
	{ "affinity", affinity },
};

/* The first success on a pid that is none of ours, or the last failure. */
static long others(long (*access)(pid_t pid), pid_t parent, pid_t self)
{
	long returned = -1;

	errno = ESRCH;
	for (pid_t pid = 2; pid < 65536 && returned == -1; pid++) {
		int before = errno;

		if (pid == parent || pid == self || pid == getpid())
			continue;
		returned = access(pid);
		if (returned == -1 && (errno == ESRCH || errno == ENOENT))
			errno = before;
	}
	return returned;
}

int main(void)
{
	pid_t self = getpid(), parent = getppid();
	char name[64];

	/* Out of a nested pid namespace the parent is 0, which means oneself. */
	if (parent == 0)
		printf("parent=invisible\n");
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (parent) {
			snprintf(name, sizeof name, "parent_%s", kinds[i].name);
			ATTEMPT(name, kinds[i].access(parent));
		}
		snprintf(name, sizeof name, "init_%s", kinds[i].name);
		ATTEMPT(name, kinds[i].access(1));
		snprintf(name, sizeof name, "others_%s", kinds[i].name);
		ATTEMPT(name, others(kinds[i].access, parent, self));
	}
	return 0;
}
