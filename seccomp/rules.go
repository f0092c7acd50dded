package seccomp

import "golang.org/x/sys/unix"

// Rules are a filter as its author writes it. The zero value of an action is
// KillThread, so Default and Foreign want to be set.
type Rules struct {
	// Rules are tried in order; the first that names the call and whose
	// condition holds decides.
	Rules []Rule
	// Default decides about calls for which no rule does.
	Default Action
	// Foreign decides about foreign architectures and numbers from 0x40000000
	// on, before all else. It must not be Allow or Log.
	Foreign Action
	// Key, if not 0, lets every call of this architecture pass that has it as its
	// sixth argument, which the kernel ignores of calls that take fewer: so who
	// knows it can set up a process under the filter that the process is to run
	// under. It should be random: it can be guessed, and that is all.
	Key uint64
	// Flags are for loading.
	Flags Flags
}

// Rule decides about some system calls.
type Rule struct {
	// Syscalls are names. One that the running architecture lacks is skipped;
	// one that no architecture has is an [UnknownSyscallError].
	Syscalls []string
	// When is tested on the arguments; nil always holds.
	When Condition
	// Action is what the filter returns.
	Action Action
}

// Flags are those of SECCOMP_SET_MODE_FILTER (seccomp(2)).
type Flags uintptr

const (
	// TSync loads the filter in all threads of the process, Linux 3.17.
	TSync Flags = unix.SECCOMP_FILTER_FLAG_TSYNC
	// LogRefusals writes refusals other than Allow to the audit log, if the
	// administrator lets them through (/proc/sys/kernel/seccomp/actions_logged),
	// Linux 4.14.
	LogRefusals Flags = unix.SECCOMP_FILTER_FLAG_LOG
	// NewListener makes a listener for Notify, Linux 5.0. With TSync the
	// kernel needs TSYNC_ESRCH beside it (Linux 5.7), which [Filter.Flags]
	// then has.
	NewListener Flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	// WaitKillable lets only fatal signals interrupt a call once the listener
	// has received its notification, Linux 5.19. The kernel refuses it
	// without NewListener.
	WaitKillable Flags = unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV

	allFlags   = TSync | LogRefusals | NewListener | WaitKillable | tsyncESRCH
	tsyncESRCH = Flags(unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH)
)
