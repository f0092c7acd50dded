package callargs

// shapes has a word for each argument of a call, in [writers]. With a question
// mark behind it the argument may be missing, and so may those after it. A call
// that is not here is written by its types.
var shapes = map[string]string{
	// Files. The length of out, in and iov is the argument behind it.
	"open": "path open mode?", "openat": "at path open mode?", "openat2": "at path how size", "creat": "path mode",
	"access": "path access", "faccessat": "at path access", "faccessat2": "at path access atAccess",
	"stat": "path pointer", "lstat": "path pointer", "fstat": "fd pointer", "newfstatat": "at path pointer atFlags",
	"statx": "at path atFlags statx pointer", "statfs": "path pointer", "fstatfs": "fd pointer",
	"readlink": "path pointer size", "readlinkat": "at path pointer size",
	"read": "fd pointer size", "write": "fd in size", "pread64": "fd pointer size offset", "pwrite64": "fd in size offset",
	"readv": "fd pointer int", "writev": "fd iov int", "lseek": "fd offset whence",
	"close": "fd", "close_range": "uint uint closeRange", "dup": "fd", "dup2": "fd fd", "dup3": "fd fd openFlags",
	"fcntl": "fd fcntl fcntlArg?", "ioctl": "fd ioctl pointer", "flock": "fd flock",
	"getcwd": "pointer size", "chdir": "path", "fchdir": "fd", "chroot": "path",
	"mkdir": "path mode", "mkdirat": "at path mode", "rmdir": "path", "unlink": "path", "unlinkat": "at path atFlags",
	"rename": "path path", "renameat": "at path at path", "renameat2": "at path at path rename",
	"link": "path path", "linkat": "at path at path atFlags", "symlink": "path path", "symlinkat": "path at path",
	"mknod": "path fileMode device", "mknodat": "at path fileMode device",
	"chmod": "path mode", "fchmod": "fd mode", "fchmodat": "at path mode", "fchmodat2": "at path mode atFlags",
	"chown": "path id id", "lchown": "path id id", "fchown": "fd id id", "fchownat": "at path id id atFlags",
	"utimensat": "at path times atFlags", "utime": "path pointer", "utimes": "path pointer",
	"truncate": "path offset", "ftruncate": "fd offset", "fallocate": "fd allocate offset offset",
	"fadvise64": "fd offset offset advice", "getdents64": "fd pointer size", "sync": "", "umask": "mode",
	"sendfile": "fd fd pointer size", "pipe": "pointer", "pipe2": "pointer openFlags",
	"getxattr": "path path pointer size", "setxattr": "path path in size int", "listxattr": "path pointer size",
	"poll": "polls uint int", "ppoll": "polls uint time pointer size", "epoll_create1": "openFlags",
	"epoll_ctl": "fd epoll fd pointer", "epoll_wait": "fd pointer int int", "epoll_pwait": "fd pointer int int sigset size",
	"eventfd2": "uint eventFD", "memfd_create": "path memFD", "inotify_init1": "openFlags",
	"inotify_add_watch": "fd path inotify", "inotify_rm_watch": "fd int", "swapon": "path int", "swapoff": "path",
	"mount": "path path path hex pointer", "umount2": "path int", "pivot_root": "path path", "acct": "path",
	"open_tree": "at path hex", "move_mount": "at path at path hex", "fsopen": "path hex",
	"name_to_handle_at": "at path pointer pointer atFlags",

	// Memory.
	"mmap": "pointer size protection map fd hex", "mprotect": "pointer size protection",
	"pkey_mprotect": "pointer size protection int", "munmap": "pointer size", "brk": "pointer",
	"mremap": "pointer size size remap pointer?", "madvise": "pointer size memory", "msync": "pointer size sync",
	"mlock": "pointer size", "munlock": "pointer size", "mlock2": "pointer size int", "mlockall": "lock", "munlockall": "",
	"mincore": "pointer size pointer", "shmget": "ipcKey size ipc", "shmat": "int pointer hex", "shmdt": "pointer",
	"shmctl": "int ipcControl pointer", "semget": "ipcKey int ipc", "semctl": "int int ipcControl pointer",
	"msgget": "ipcKey ipc", "msgctl": "int ipcControl pointer",

	// Processes.
	"execve": "path argv envp", "execveat": "at path argv envp atFlags",
	"fork": "", "vfork": "", "clone": "clone pointer pointer pointer pointer", "clone3": "clone3 size",
	"unshare": "cloneFlags", "setns": "fd cloneFlags", "exit": "int", "exit_group": "int",
	"wait4": "int pointer wait pointer", "waitid": "waitID int pointer wait pointer",
	"kill": "int signal", "tkill": "int signal", "tgkill": "int int signal", "pidfd_open": "int hex",
	"pidfd_send_signal": "fd signal pointer hex", "rt_sigqueueinfo": "int signal pointer",
	"rt_tgsigqueueinfo": "int int signal pointer", "pidfd_getfd": "fd int hex",
	"rt_sigaction": "signal sigaction pointer size", "rt_sigprocmask": "signalMask sigset pointer size",
	"rt_sigsuspend": "sigset size", "rt_sigtimedwait": "sigset pointer time size", "rt_sigpending": "pointer size",
	"rt_sigreturn": "", "sigaltstack": "pointer pointer", "signalfd4": "fd sigset size openFlags", "pause": "",
	"getpid": "", "gettid": "", "getppid": "", "getuid": "", "geteuid": "", "getgid": "", "getegid": "", "getpgrp": "",
	"setsid": "", "setuid": "id", "setgid": "id", "setreuid": "id id", "setregid": "id id", "setresuid": "id id id",
	"setresgid": "id id id", "setfsuid": "id", "setfsgid": "id", "vhangup": "",
	"futex": "pointer futex int? futexTime? pointer? uint?", "set_tid_address": "pointer", "membarrier": "membarrier hex int",
	"prctl": "prctl prctlArg? hex? hex? hex?", "arch_prctl": "archPrctl pointer", "personality": "personality",
	"seccomp": "seccompMode seccompFlag pointer", "ptrace": "ptrace int pointer hex", "iopl": "int",
	"process_vm_readv": "int pointer size pointer size hex", "process_vm_writev": "int pointer size pointer size hex",
	"sched_yield": "", "sched_setscheduler": "int schedule pointer", "sched_getscheduler": "int",
	"getpriority": "priority int", "setpriority": "priority int int", "getrusage": "usage pointer",
	"getrlimit": "resource pointer", "setrlimit": "resource limit", "prlimit64": "int resource limit pointer",
	"getrandom": "pointer size random", "uname": "pointer", "sysinfo": "pointer", "times": "pointer",
	"sethostname": "in size", "reboot": "hex hex hex pointer", "restart_syscall": "",

	// Time.
	"time": "pointer", "gettimeofday": "pointer pointer", "nanosleep": "time pointer",
	"clock_gettime": "clock pointer", "clock_settime": "clock time", "clock_getres": "clock pointer",
	"clock_nanosleep": "clock timer time pointer", "alarm": "uint", "getitimer": "interval pointer",
	"setitimer": "interval pointer pointer", "timer_create": "clock pointer pointer", "timerfd_create": "clock openFlags",

	// Sockets. The length of an address is the argument behind it.
	"socket": "family socket protocol", "socketpair": "family socket protocol pointer",
	"bind": "fd address int", "connect": "fd address int", "listen": "fd int", "shutdown": "fd shutdown",
	"accept": "fd pointer pointer", "accept4": "fd pointer pointer socketFlags",
	"getsockname": "fd pointer pointer", "getpeername": "fd pointer pointer",
	"sendto": "fd in size message address int", "recvfrom": "fd pointer size message pointer pointer",
	"sendmsg": "fd messageHeader message", "recvmsg": "fd pointer message",
	"setsockopt": "fd level option pointer int", "getsockopt": "fd level option pointer pointer",
}
