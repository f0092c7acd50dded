/*
 * escape_kernel: knocks at the parts of the kernel in which most of its holes were found,
 * and at those for administrators only. Reports each call as NAME=ok or NAME=EPERM and the
 * like. Arguments are such that a call that is let through does nothing: EINVAL, EFAULT or
 * EBADF mean that it was.
 *
 * What is let through is the policy's business. ok, or violation under a policy that kills.
 */
#include "common.h"
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#if defined(__x86_64__)
#include <sys/io.h>
#endif

static long perf_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_TASK_CLOCK,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static long io_uring(void)
{
	struct io_uring_params params;

	memset(&params, 0, sizeof params);
	return syscall(SYS_io_uring_setup, 1, &params);
}

static long clock_adjust(void)
{
	struct timex nothing;

	memset(&nothing, 0, sizeof nothing);
	nothing.modes = ADJ_SETOFFSET; /* by zero */
	return adjtimex(&nothing);
}

static long device(void)
{
	long returned = mknod("/tmp/null", S_IFCHR | 0600, makedev(1, 3));

	unlink("/tmp/null");
	return returned;
}

int main(void)
{
	ATTEMPT("add_key", syscall(SYS_add_key, "user", "escape", "x", 1, -1));
	ATTEMPT("keyctl", syscall(SYS_keyctl, 0, -3, 1));
	ATTEMPT("request_key", syscall(SYS_request_key, "user", "escape", NULL, 0));
	ATTEMPT("bpf", syscall(SYS_bpf, 0, NULL, 0));
	ATTEMPT("perf_event_open", perf_event());
	ATTEMPT("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
	ATTEMPT("io_uring_setup", io_uring());
	ATTEMPT("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
	ATTEMPT("inotify_init", syscall(SYS_inotify_init1, 0));
	ATTEMPT("memfd_secret", syscall(447, 0));
	ATTEMPT("personality", syscall(SYS_personality, 0x0040000)); /* no address randomisation */
	ATTEMPT("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0));
	ATTEMPT("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, -1L));
	ATTEMPT("init_module", syscall(SYS_init_module, NULL, 0, ""));
	ATTEMPT("finit_module", syscall(SYS_finit_module, -1, "", 0));
	ATTEMPT("delete_module", syscall(SYS_delete_module, NULL, O_NONBLOCK));
	ATTEMPT("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
	ATTEMPT("swapon", swapon("", 0));
	ATTEMPT("syslog", syscall(SYS_syslog, 10, NULL, 0));
	ATTEMPT("acct", syscall(SYS_acct, ""));
	ATTEMPT("quotactl", quotactl(QCMD(Q_SYNC, USRQUOTA), "", 0, NULL));
	ATTEMPT("clock_adjust", clock_adjust());
	ATTEMPT("clock_settime", syscall(SYS_clock_settime, CLOCK_REALTIME, NULL));
	ATTEMPT("mknod_device", device());
#if defined(__x86_64__)
	ATTEMPT("iopl", iopl(3));
	ATTEMPT("ioperm", ioperm(0x80, 1, 1));
	ATTEMPT("modify_ldt", syscall(SYS_modify_ldt, 1, NULL, 0));
#endif
	return 0;
}
