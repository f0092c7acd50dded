package constant

import "golang.org/x/sys/unix"

var (
	// Clone is what a new process has of its own, or shares; clone has a signal in the lowest byte.
	Clone = &Set{bits: []constant{
		{"CLONE_VM", unix.CLONE_VM}, {"CLONE_FS", unix.CLONE_FS}, {"CLONE_FILES", unix.CLONE_FILES},
		{"CLONE_SIGHAND", unix.CLONE_SIGHAND}, {"CLONE_PIDFD", unix.CLONE_PIDFD},
		{"CLONE_PTRACE", unix.CLONE_PTRACE}, {"CLONE_VFORK", unix.CLONE_VFORK}, {"CLONE_PARENT", unix.CLONE_PARENT},
		{"CLONE_THREAD", unix.CLONE_THREAD}, {"CLONE_NEWNS", unix.CLONE_NEWNS},
		{"CLONE_SYSVSEM", unix.CLONE_SYSVSEM}, {"CLONE_SETTLS", unix.CLONE_SETTLS},
		{"CLONE_PARENT_SETTID", unix.CLONE_PARENT_SETTID}, {"CLONE_CHILD_CLEARTID", unix.CLONE_CHILD_CLEARTID},
		{"CLONE_DETACHED", unix.CLONE_DETACHED}, {"CLONE_UNTRACED", unix.CLONE_UNTRACED},
		{"CLONE_CHILD_SETTID", unix.CLONE_CHILD_SETTID}, {"CLONE_NEWCGROUP", unix.CLONE_NEWCGROUP},
		{"CLONE_NEWUTS", unix.CLONE_NEWUTS}, {"CLONE_NEWIPC", unix.CLONE_NEWIPC},
		{"CLONE_NEWUSER", unix.CLONE_NEWUSER}, {"CLONE_NEWPID", unix.CLONE_NEWPID},
		{"CLONE_NEWNET", unix.CLONE_NEWNET}, {"CLONE_IO", unix.CLONE_IO}, {"CLONE_NEWTIME", unix.CLONE_NEWTIME},
		{"CLONE_CLEAR_SIGHAND", unix.CLONE_CLEAR_SIGHAND}, {"CLONE_INTO_CGROUP", unix.CLONE_INTO_CGROUP},
	}}

	// Futex is what futex does.
	Futex = &Set{mask: 0x7f, choices: []constant{
		{"FUTEX_WAIT", 0}, {"FUTEX_WAKE", 1}, {"FUTEX_FD", 2}, {"FUTEX_REQUEUE", 3}, {"FUTEX_CMP_REQUEUE", 4},
		{"FUTEX_WAKE_OP", 5}, {"FUTEX_LOCK_PI", 6}, {"FUTEX_UNLOCK_PI", 7}, {"FUTEX_TRYLOCK_PI", 8},
		{"FUTEX_WAIT_BITSET", 9}, {"FUTEX_WAKE_BITSET", 10}, {"FUTEX_WAIT_REQUEUE_PI", 11},
		{"FUTEX_CMP_REQUEUE_PI", 12}, {"FUTEX_LOCK_PI2", 13},
	}, bits: []constant{
		{"FUTEX_PRIVATE_FLAG", 0x80}, {"FUTEX_CLOCK_REALTIME", 0x100},
	}}

	// Prctl is what prctl does.
	Prctl = &Set{mask: all, choices: []constant{
		{"PR_SET_PDEATHSIG", unix.PR_SET_PDEATHSIG}, {"PR_GET_PDEATHSIG", unix.PR_GET_PDEATHSIG},
		{"PR_GET_DUMPABLE", unix.PR_GET_DUMPABLE}, {"PR_SET_DUMPABLE", unix.PR_SET_DUMPABLE},
		{"PR_GET_KEEPCAPS", unix.PR_GET_KEEPCAPS}, {"PR_SET_KEEPCAPS", unix.PR_SET_KEEPCAPS},
		{"PR_SET_NAME", unix.PR_SET_NAME}, {"PR_GET_NAME", unix.PR_GET_NAME},
		{"PR_GET_SECCOMP", unix.PR_GET_SECCOMP}, {"PR_SET_SECCOMP", unix.PR_SET_SECCOMP},
		{"PR_CAPBSET_READ", unix.PR_CAPBSET_READ}, {"PR_CAPBSET_DROP", unix.PR_CAPBSET_DROP},
		{"PR_GET_TSC", unix.PR_GET_TSC}, {"PR_SET_TSC", unix.PR_SET_TSC},
		{"PR_GET_SECUREBITS", unix.PR_GET_SECUREBITS}, {"PR_SET_SECUREBITS", unix.PR_SET_SECUREBITS},
		{"PR_SET_TIMERSLACK", unix.PR_SET_TIMERSLACK}, {"PR_GET_TIMERSLACK", unix.PR_GET_TIMERSLACK},
		{"PR_SET_MM", unix.PR_SET_MM}, {"PR_SET_CHILD_SUBREAPER", unix.PR_SET_CHILD_SUBREAPER},
		{"PR_GET_CHILD_SUBREAPER", unix.PR_GET_CHILD_SUBREAPER}, {"PR_SET_NO_NEW_PRIVS", unix.PR_SET_NO_NEW_PRIVS},
		{"PR_GET_NO_NEW_PRIVS", unix.PR_GET_NO_NEW_PRIVS}, {"PR_GET_TID_ADDRESS", unix.PR_GET_TID_ADDRESS},
		{"PR_SET_THP_DISABLE", unix.PR_SET_THP_DISABLE}, {"PR_GET_THP_DISABLE", unix.PR_GET_THP_DISABLE},
		{"PR_CAP_AMBIENT", unix.PR_CAP_AMBIENT}, {"PR_GET_SPECULATION_CTRL", unix.PR_GET_SPECULATION_CTRL},
		{"PR_SET_SPECULATION_CTRL", unix.PR_SET_SPECULATION_CTRL}, {"PR_SET_IO_FLUSHER", unix.PR_SET_IO_FLUSHER},
		{"PR_SET_SYSCALL_USER_DISPATCH", unix.PR_SET_SYSCALL_USER_DISPATCH}, {"PR_SCHED_CORE", unix.PR_SCHED_CORE},
		{"PR_SET_MDWE", unix.PR_SET_MDWE}, {"PR_GET_MDWE", unix.PR_GET_MDWE}, {"PR_SET_VMA", unix.PR_SET_VMA},
		{"PR_SET_PTRACER", unix.PR_SET_PTRACER},
	}}

	// ArchPrctl is what arch_prctl does.
	ArchPrctl = &Set{mask: all, choices: []constant{
		{"ARCH_SET_GS", 0x1001}, {"ARCH_SET_FS", 0x1002}, {"ARCH_GET_FS", 0x1003}, {"ARCH_GET_GS", 0x1004},
		{"ARCH_GET_CPUID", 0x1011}, {"ARCH_SET_CPUID", 0x1012}, {"ARCH_CET_STATUS", 0x3001},
		{"ARCH_SHSTK_ENABLE", 0x5001}, {"ARCH_SHSTK_DISABLE", 0x5002}, {"ARCH_SHSTK_STATUS", 0x5005},
	}}

	// SeccompMode is what seccomp does.
	SeccompMode = &Set{mask: all, choices: []constant{
		{"SECCOMP_SET_MODE_STRICT", unix.SECCOMP_SET_MODE_STRICT},
		{"SECCOMP_SET_MODE_FILTER", unix.SECCOMP_SET_MODE_FILTER},
		{"SECCOMP_GET_ACTION_AVAIL", unix.SECCOMP_GET_ACTION_AVAIL},
		{"SECCOMP_GET_NOTIF_SIZES", unix.SECCOMP_GET_NOTIF_SIZES},
	}}

	// SeccompFlag is how a filter is set.
	SeccompFlag = &Set{bits: []constant{
		{"SECCOMP_FILTER_FLAG_TSYNC", unix.SECCOMP_FILTER_FLAG_TSYNC},
		{"SECCOMP_FILTER_FLAG_LOG", unix.SECCOMP_FILTER_FLAG_LOG},
		{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{"SECCOMP_FILTER_FLAG_NEW_LISTENER", unix.SECCOMP_FILTER_FLAG_NEW_LISTENER},
		{"SECCOMP_FILTER_FLAG_TSYNC_ESRCH", unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH},
		{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
	}}

	// SeccompState is the mode of a thread that prctl sets.
	SeccompState = &Set{mask: all, choices: []constant{
		{"SECCOMP_MODE_DISABLED", unix.SECCOMP_MODE_DISABLED}, {"SECCOMP_MODE_STRICT", unix.SECCOMP_MODE_STRICT},
		{"SECCOMP_MODE_FILTER", unix.SECCOMP_MODE_FILTER},
	}}

	// Ptrace is what ptrace does.
	Ptrace = &Set{mask: all, choices: []constant{
		{"PTRACE_TRACEME", unix.PTRACE_TRACEME}, {"PTRACE_PEEKTEXT", unix.PTRACE_PEEKTEXT},
		{"PTRACE_PEEKDATA", unix.PTRACE_PEEKDATA}, {"PTRACE_PEEKUSR", unix.PTRACE_PEEKUSR},
		{"PTRACE_POKETEXT", unix.PTRACE_POKETEXT}, {"PTRACE_POKEDATA", unix.PTRACE_POKEDATA},
		{"PTRACE_POKEUSR", unix.PTRACE_POKEUSR}, {"PTRACE_CONT", unix.PTRACE_CONT},
		{"PTRACE_KILL", unix.PTRACE_KILL}, {"PTRACE_SINGLESTEP", unix.PTRACE_SINGLESTEP},
		{"PTRACE_GETREGS", unix.PTRACE_GETREGS}, {"PTRACE_SETREGS", unix.PTRACE_SETREGS},
		{"PTRACE_ATTACH", unix.PTRACE_ATTACH}, {"PTRACE_DETACH", unix.PTRACE_DETACH},
		{"PTRACE_SYSCALL", unix.PTRACE_SYSCALL}, {"PTRACE_SETOPTIONS", unix.PTRACE_SETOPTIONS},
		{"PTRACE_GETEVENTMSG", unix.PTRACE_GETEVENTMSG}, {"PTRACE_GETSIGINFO", unix.PTRACE_GETSIGINFO},
		{"PTRACE_SETSIGINFO", unix.PTRACE_SETSIGINFO}, {"PTRACE_GETREGSET", unix.PTRACE_GETREGSET},
		{"PTRACE_SETREGSET", unix.PTRACE_SETREGSET}, {"PTRACE_SEIZE", unix.PTRACE_SEIZE},
		{"PTRACE_INTERRUPT", unix.PTRACE_INTERRUPT}, {"PTRACE_LISTEN", unix.PTRACE_LISTEN},
		{"PTRACE_PEEKSIGINFO", unix.PTRACE_PEEKSIGINFO}, {"PTRACE_GETSIGMASK", unix.PTRACE_GETSIGMASK},
		{"PTRACE_SETSIGMASK", unix.PTRACE_SETSIGMASK}, {"PTRACE_SECCOMP_GET_FILTER", unix.PTRACE_SECCOMP_GET_FILTER},
		{"PTRACE_GET_SYSCALL_INFO", unix.PTRACE_GET_SYSCALL_INFO},
	}}

	// Wait is how a child is waited for.
	Wait = &Set{bits: []constant{
		{"WNOHANG", unix.WNOHANG}, {"WUNTRACED", unix.WUNTRACED}, {"WEXITED", unix.WEXITED},
		{"WCONTINUED", unix.WCONTINUED}, {"WNOWAIT", unix.WNOWAIT}, {"__WNOTHREAD", 0x20000000},
		{"__WALL", 0x40000000}, {"__WCLONE", 0x80000000},
	}}

	// WaitID is what the id of waitid is.
	WaitID = &Set{mask: all, choices: []constant{
		{"P_ALL", unix.P_ALL}, {"P_PID", unix.P_PID}, {"P_PGID", unix.P_PGID}, {"P_PIDFD", unix.P_PIDFD},
	}}

	// Usage is whose usage getrusage counts.
	Usage = &Set{mask: all, choices: []constant{
		{"RUSAGE_SELF", unix.RUSAGE_SELF}, {"RUSAGE_CHILDREN", 0xffffffff}, {"RUSAGE_THREAD", unix.RUSAGE_THREAD},
	}}

	// Priority is whose priority it is.
	Priority = &Set{mask: all, choices: []constant{
		{"PRIO_PROCESS", unix.PRIO_PROCESS}, {"PRIO_PGRP", unix.PRIO_PGRP}, {"PRIO_USER", unix.PRIO_USER},
	}}

	// Schedule is a scheduling policy.
	Schedule = &Set{mask: 0x3fffffff, choices: []constant{
		{"SCHED_NORMAL", unix.SCHED_NORMAL}, {"SCHED_FIFO", unix.SCHED_FIFO}, {"SCHED_RR", unix.SCHED_RR},
		{"SCHED_BATCH", unix.SCHED_BATCH}, {"SCHED_IDLE", unix.SCHED_IDLE}, {"SCHED_DEADLINE", unix.SCHED_DEADLINE},
		{"SCHED_EXT", unix.SCHED_EXT},
	}, bits: []constant{
		{"SCHED_RESET_ON_FORK", unix.SCHED_RESET_ON_FORK},
	}}

	// SignalMask is how a signal mask changes.
	SignalMask = &Set{mask: all, choices: []constant{
		{"SIG_BLOCK", unix.SIG_BLOCK}, {"SIG_UNBLOCK", unix.SIG_UNBLOCK}, {"SIG_SETMASK", unix.SIG_SETMASK},
	}}

	// SignalAction is how a signal is handled.
	SignalAction = &Set{bits: []constant{
		{"SA_NOCLDSTOP", 1}, {"SA_NOCLDWAIT", 2}, {"SA_SIGINFO", 4}, {"SA_RESTORER", 0x4000000},
		{"SA_ONSTACK", 0x8000000}, {"SA_RESTART", 0x10000000}, {"SA_NODEFER", 0x40000000},
		{"SA_RESETHAND", 0x80000000},
	}}

	// SignalHandler is a handler that is no function.
	SignalHandler = &Set{mask: all, choices: []constant{
		{"SIG_DFL", 0}, {"SIG_IGN", 1}, {"SIG_ERR", ^uint64(0)},
	}}

	// Membarrier is what membarrier does.
	Membarrier = &Set{mask: all, choices: []constant{
		{"MEMBARRIER_CMD_QUERY", 0}, {"MEMBARRIER_CMD_GLOBAL", 1}, {"MEMBARRIER_CMD_GLOBAL_EXPEDITED", 2},
		{"MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED", 4}, {"MEMBARRIER_CMD_PRIVATE_EXPEDITED", 8},
		{"MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED", 0x10}, {"MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE", 0x20},
		{"MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE", 0x40},
		{"MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ", 0x80}, {"MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ", 0x100},
	}}

	// Clock is a clock.
	Clock = &Set{mask: all, choices: []constant{
		{"CLOCK_REALTIME", unix.CLOCK_REALTIME}, {"CLOCK_MONOTONIC", unix.CLOCK_MONOTONIC},
		{"CLOCK_PROCESS_CPUTIME_ID", unix.CLOCK_PROCESS_CPUTIME_ID},
		{"CLOCK_THREAD_CPUTIME_ID", unix.CLOCK_THREAD_CPUTIME_ID}, {"CLOCK_MONOTONIC_RAW", unix.CLOCK_MONOTONIC_RAW},
		{"CLOCK_REALTIME_COARSE", unix.CLOCK_REALTIME_COARSE},
		{"CLOCK_MONOTONIC_COARSE", unix.CLOCK_MONOTONIC_COARSE}, {"CLOCK_BOOTTIME", unix.CLOCK_BOOTTIME},
		{"CLOCK_REALTIME_ALARM", unix.CLOCK_REALTIME_ALARM}, {"CLOCK_BOOTTIME_ALARM", unix.CLOCK_BOOTTIME_ALARM},
		{"CLOCK_TAI", unix.CLOCK_TAI},
	}}

	// Timer is how a timer is set.
	Timer = &Set{bits: []constant{
		{"TIMER_ABSTIME", unix.TIMER_ABSTIME},
	}}

	// Interval is what setitimer measures.
	Interval = &Set{mask: all, choices: []constant{
		{"ITIMER_REAL", unix.ITIMER_REAL}, {"ITIMER_VIRTUAL", unix.ITIMER_VIRTUAL},
		{"ITIMER_PROF", unix.ITIMER_PROF},
	}}

	// Personality is how a program is run.
	Personality = &Set{mask: 0xff, choices: []constant{
		{"PER_LINUX", 0}, {"PER_LINUX32", 8},
	}, bits: []constant{
		{"ADDR_NO_RANDOMIZE", 0x40000}, {"MMAP_PAGE_ZERO", 0x100000}, {"ADDR_COMPAT_LAYOUT", 0x200000},
		{"READ_IMPLIES_EXEC", 0x400000}, {"ADDR_LIMIT_32BIT", 0x800000}, {"ADDR_LIMIT_3GB", 0x8000000},
	}}
)
