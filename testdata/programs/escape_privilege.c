/*
 * escape_privilege: asks for more than it was given: other ids, capabilities, limits,
 * priority, securebits. Reports each attempt as NAME=ok or NAME=EPERM and the like, and
 * at last what it is in the end: uid, euid, cap_effective.
 *
 * What is ok must have been allowed on purpose: signals and dumpable are always, the rest
 * never. ok, or violation under a policy that kills.
 */
#include "common.h"
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static long all_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct all[2];

	memset(all, 0xff, sizeof all);
	all[1].effective = all[1].permitted = all[1].inheritable = 0x1ff; /* as of Linux 5.9 */
	return syscall(SYS_capset, &header, all);
}

static long one_capability(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct one[2];

	memset(one, 0, sizeof one);
	one[0].effective = one[0].permitted = 1 << CAP_CHOWN;
	return syscall(SYS_capset, &header, one);
}

/* One more than the hard limit, where there is one. */
static long more(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return -1;
	if (limit.rlim_max == RLIM_INFINITY) {
		errno = ENODATA;
		return -1;
	}
	limit.rlim_cur = ++limit.rlim_max;
	return setrlimit(resource, &limit);
}

static long realtime(int policy)
{
	struct sched_param param = { .sched_priority = 1 };

	return sched_setscheduler(0, policy, &param);
}

static long nicer(void)
{
	errno = 0;
	return setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - 1);
}

/* New privileges by no_new_privs switched off; the kernel has no way back. */
static long new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

int main(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2] = { { 0 } };
	gid_t group = 0;

	ATTEMPT("setuid", setuid(0));
	ATTEMPT("setresuid", setresuid(0, 0, 0));
	ATTEMPT("setgid", setgid(0));
	ATTEMPT("setresgid", setresgid(0, 0, 0));
	ATTEMPT("setgroups", setgroups(1, &group));
	ATTEMPT("capset_all", all_capabilities());
	ATTEMPT("capset_one", one_capability());
	ATTEMPT("ambient_raise", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	ATTEMPT("securebits", prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
	ATTEMPT("keepcaps", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	ATTEMPT("new_privileges", new_privileges());
	ATTEMPT("dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	ATTEMPT("pdeathsig", prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
	ATTEMPT("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	ATTEMPT("rlimit_cpu", more(RLIMIT_CPU));
	ATTEMPT("rlimit_as", more(RLIMIT_AS));
	ATTEMPT("rlimit_stack", more(RLIMIT_STACK));
	ATTEMPT("rlimit_nofile", more(RLIMIT_NOFILE));
	ATTEMPT("rlimit_nproc", more(RLIMIT_NPROC));
	ATTEMPT("rlimit_fsize", more(RLIMIT_FSIZE));
	ATTEMPT("rlimit_core", more(RLIMIT_CORE));
	ATTEMPT("rlimit_memlock", more(RLIMIT_MEMLOCK));
	ATTEMPT("nice", nicer());
	ATTEMPT("sched_fifo", realtime(SCHED_FIFO));
	ATTEMPT("sched_rr", realtime(SCHED_RR));
	ATTEMPT("ioprio_realtime", syscall(SYS_ioprio_set, 1, 0, 1 << 13));

	printf("uid=%u\neuid=%u\n", getuid(), geteuid());
	if (!syscall(SYS_capget, &header, caps))
		printf("cap_effective=%08x%08x\n", caps[1].effective, caps[0].effective);
	return 0;
}
