package seccomp

import (
	"fmt"
	"strings"
)

// ArgType is how much of an argument's register the kernel looks at, and
// whether that has a sign.
type ArgType uint8

const (
	Int     ArgType = iota + 1 // 32 bits with a sign: int, pid_t, a file descriptor
	Uint                       // 32 bits: unsigned int, uid_t
	Long                       // 64 bits with a sign: long, loff_t
	Ulong                      // 64 bits: unsigned long, size_t
	Mode                       // 16 bits: umode_t
	Pointer                    // 64 bits: an address
)

func (k ArgType) bits() uint {
	switch k {
	case Int, Uint:
		return 32
	case Mode:
		return 16
	}
	return 64
}

func (k ArgType) mask() uint64 { return ^uint64(0) >> (64 - k.bits()) }

func (k ArgType) signed() bool { return k == Int || k == Long }

// fit is v in as many bits as the type has; above them v must be all zeros or
// the extension of a sign.
func (k ArgType) fit(v uint64) (uint64, error) {
	if above := int64(v) >> (k.bits() - 1); v&^k.mask() == 0 || above == -1 {
		return v & k.mask(), nil
	}
	return 0, fmt.Errorf("%#x does not fit into %d bits, and the kernel looks at no more", v, k.bits())
}

// TypeOf is the type of argument arg (from 0 on) of a call, 0 if it is not in
// the table.
//
// It is the type the kernel acts on, which is not always the one declared:
// clone declares unsigned long and takes the lower half (kernel/fork.c), and so
// do mmap's flags and the descriptors of readv and its kin.
func TypeOf(syscall string, arg int) ArgType {
	types := argTypes[syscall]
	if arg < 0 || arg >= len(types) {
		return 0
	}
	return ArgType(strings.IndexByte("-iuslmp", types[arg]))
}

// argTypes has a letter for each argument: i int, u unsigned int, s long, l
// unsigned long, m umode_t, p pointer; from the SYSCALL_DEFINE of each in
// Linux 6.18. Calls of the same shape stand together.
var argTypes = map[string]string{
	// kernel/fork.c, nsproxy.c, signal.c, sys.c, sched/syscalls.c, futex
	"clone": "uppll", "clone3": "pl", "unshare": "l", "setns": "ii",
	"kill": "ii", "tkill": "ii", "tgkill": "iii", "rt_sigaction": "ippl", "rt_sigprocmask": "ippl",
	"rt_sigqueueinfo": "iip", "rt_tgsigqueueinfo": "iiip", "pidfd_open": "iu", "pidfd_send_signal": "iipu",
	"pidfd_getfd": "iiu", "prctl": "illll", "arch_prctl": "il", "personality": "u",
	"prlimit64": "iupp", "getrlimit": "up", "setrlimit": "up", "getrusage": "ip",
	"getpriority": "ii", "setpriority": "iii", "ioprio_set": "iii", "ioprio_get": "ii",
	"sched_setscheduler": "iip", "sched_setparam": "ip", "sched_getparam": "ip", "sched_getscheduler": "i",
	"sched_setaffinity": "iup", "sched_getaffinity": "iup", "sched_setattr": "ipu", "sched_getattr": "ipuu",
	"sched_get_priority_max": "i", "sched_get_priority_min": "i", "sched_rr_get_interval": "ip",
	"wait4": "ipip", "waitid": "iipip", "exit": "i", "exit_group": "i",
	"futex": "piuppu", "set_robust_list": "pl", "get_robust_list": "ipp", "membarrier": "iui", "rseq": "puiu",
	"ptrace": "sill", "process_vm_readv": "iplpll", "process_vm_writev": "iplpll", "kcmp": "iiill",
	"seccomp": "uup", "bpf": "ipu", "perf_event_open": "piiil", "capget": "pp", "capset": "pp",
	"setuid": "u", "setgid": "u", "setreuid": "uu", "setregid": "uu", "setresuid": "uuu", "setresgid": "uuu",
	"setfsuid": "u", "setfsgid": "u", "setgroups": "ip", "getgroups": "ip", "setpgid": "ii", "getpgid": "i", "getsid": "i",
	"umask": "i", "getrandom": "plu", "keyctl": "illll", "add_key": "pppli", "request_key": "pppi",
	// time
	"clock_gettime": "ip", "clock_settime": "ip", "clock_getres": "ip", "clock_adjtime": "ip",
	"clock_nanosleep": "iipp", "getitimer": "ip", "setitimer": "ipp", "alarm": "u",
	"timer_create": "ipp", "timer_settime": "iipp", "timer_delete": "i", "timerfd_create": "ii",
	"timerfd_settime": "iipp", "timerfd_gettime": "ip",
	// mm
	"mmap": "lluuul", "mprotect": "lll", "pkey_mprotect": "llli", "munmap": "ll", "mremap": "lllll", "madvise": "lli",
	"msync": "lli", "mlock": "ll", "mlock2": "lli", "munlock": "ll", "mlockall": "i", "brk": "l",
	"mincore": "llp", "remap_file_pages": "lllll", "memfd_create": "pu", "memfd_secret": "u", "userfaultfd": "i",
	"mbind": "lluplu", "set_mempolicy": "ipl", "get_mempolicy": "pplll", "process_madvise": "ipliu",
	// fs
	"read": "upl", "write": "upl", "pread64": "upls", "pwrite64": "upls", "readv": "upl", "writev": "upl",
	"preadv": "uplll", "pwritev": "uplll", "preadv2": "upllli", "pwritev2": "upllli", "lseek": "usu",
	"open": "pim", "openat": "ipim", "openat2": "ippl", "creat": "pm", "close": "u", "close_range": "uuu",
	"dup": "u", "dup2": "uu", "dup3": "uui", "fcntl": "uul", "ioctl": "uul", "flock": "uu",
	"access": "pi", "faccessat": "ipi", "faccessat2": "ipii", "stat": "pp", "lstat": "pp", "fstat": "up",
	"newfstatat": "ippi", "statx": "ipuup", "readlink": "ppi", "readlinkat": "ippi", "getdents64": "upu",
	"chmod": "pm", "fchmod": "um", "fchmodat": "ipm", "fchmodat2": "ipmu", "mkdir": "pm", "mkdirat": "ipm",
	"mknod": "pmu", "mknodat": "ipmu", "unlinkat": "ipi", "renameat2": "ipipu", "linkat": "ipipi",
	"chown": "puu", "fchown": "uuu", "lchown": "puu", "fchownat": "ipuui", "utimensat": "ippi",
	"truncate": "ps", "ftruncate": "us", "fallocate": "iiss", "fadvise64": "isli", "fsync": "u", "fdatasync": "u",
	"sendfile": "iipl", "splice": "ipiplu", "tee": "iilu", "vmsplice": "iplu", "copy_file_range": "ipiplu",
	"execve": "ppp", "execveat": "ipppi", "chdir": "p", "fchdir": "u", "name_to_handle_at": "ipppi",
	"open_by_handle_at": "ipi", "eventfd2": "ui", "epoll_create1": "i", "epoll_ctl": "iiip", "epoll_wait": "ipii",
	"epoll_pwait": "ipiipl", "inotify_init1": "i", "inotify_add_watch": "ipu", "inotify_rm_watch": "ii",
	"fanotify_init": "uu", "fanotify_mark": "iulip", "signalfd4": "ipli", "pipe2": "pi", "poll": "pui", "ppoll": "puppl",
	"io_setup": "up", "io_uring_setup": "up", "io_uring_enter": "uuuupl", "io_uring_register": "uupu",
	"mount": "ppplp", "umount2": "pi", "pivot_root": "pp", "fsopen": "pu", "fsmount": "iuu", "open_tree": "ipu",
	// net
	"socket": "iii", "socketpair": "iiip", "bind": "ipi", "connect": "ipi", "listen": "ii", "accept": "ipp",
	"accept4": "ippi", "sendto": "iplupi", "recvfrom": "iplupp", "sendmsg": "ipu", "recvmsg": "ipu",
	"setsockopt": "iiipi", "getsockopt": "iiipp", "shutdown": "ii", "getsockname": "ipp", "getpeername": "ipp",
	// ipc
	"shmget": "ili", "shmat": "ipi", "shmctl": "iip", "semget": "iii", "semctl": "iiil", "semop": "ipu",
	"msgget": "ii", "msgctl": "iip", "msgsnd": "ipli", "msgrcv": "iplsi", "mq_open": "pimp",
}
