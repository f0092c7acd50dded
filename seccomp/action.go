package seccomp

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Action is what a filter returns: one of the kernel's SECCOMP_RET_* in the
// upper half, data in the lower (seccomp(2)). The zero value is KillThread.
type Action uint32

// Actions without data, from the least permissive on.
const (
	// KillProcess ends the process as by an uncatchable SIGSYS, Linux 4.14.
	KillProcess Action = unix.SECCOMP_RET_KILL_PROCESS
	// KillThread ends the calling thread only; what the others wait for may
	// then never come.
	KillThread Action = unix.SECCOMP_RET_KILL_THREAD
	// Trap sends SIGSYS, which a handler can catch; see [Decode].
	Trap Action = unix.SECCOMP_RET_TRAP
	// Notify asks whoever holds the filter's listener, Linux 5.0; without a
	// listener the call fails with ENOSYS.
	Notify Action = unix.SECCOMP_RET_USER_NOTIF
	// Log allows the call and writes it to the audit log, Linux 4.14.
	Log Action = unix.SECCOMP_RET_LOG
	// Allow lets the kernel execute the call.
	Allow Action = unix.SECCOMP_RET_ALLOW
)

const maxErrno = 4095 // MAX_ERRNO in include/linux/err.h

// Errno makes the call fail with e, without executing it. The kernel takes
// what is over 4095 for 4095; with 0 the call seems to succeed.
func Errno(e unix.Errno) Action {
	return unix.SECCOMP_RET_ERRNO | Action(min(e, maxErrno))
}

// Trace stops the process for its tracer, which reads data by
// PTRACE_GETEVENTMSG; without a tracer the call fails with ENOSYS.
func Trace(data uint16) Action { return unix.SECCOMP_RET_TRACE | Action(data) }

// Kind is the action without its data.
func (a Action) Kind() Action { return a & unix.SECCOMP_RET_ACTION_FULL }

// Data is the lower half: an errno, or what a tracer or handler is told.
func (a Action) Data() uint16 { return uint16(a & unix.SECCOMP_RET_DATA) }

// Permits says whether the kernel executes the call without asking anybody.
func (a Action) Permits() bool { return a.Kind() == Allow || a.Kind() == Log }

// Kills says whether the call ends the thread or the process.
func (a Action) Kills() bool { return a.Kind() == KillProcess || a.Kind() == KillThread }

// Unwatched is what a becomes where there is no tracer and no listener: Trace
// and Notify are then ENOSYS (seccomp(2)), and all others what they are.
func (a Action) Unwatched() Action {
	if k := a.Kind(); k == Notify || k == Trace(0) {
		return Errno(unix.ENOSYS)
	}
	return a
}

// actionNames is the vocabulary of String and ParseAction.
var actionNames = map[Action]string{
	KillProcess: "kill", KillThread: "kill_thread", Trap: "trap", Errno(0): "errno",
	Notify: "notify", Trace(0): "trace", Log: "log", Allow: "allow",
}

// String is the form ParseAction reads: "allow", "errno EPERM", "trace 3".
func (a Action) String() string {
	name, ok := actionNames[a.Kind()]
	switch {
	case !ok:
		return fmt.Sprintf("%#x", uint32(a))
	case a.Kind() == Errno(0):
		if errno := unix.ErrnoName(unix.Errno(a.Data())); errno != "" {
			return name + " " + errno
		}
		return name + " " + strconv.Itoa(int(a.Data()))
	case a.Data() != 0 || a.Kind() == Trace(0):
		return name + " " + strconv.Itoa(int(a.Data()))
	}
	return name
}

// ParseAction reads what String writes; an errno may be a name or a number.
func ParseAction(text string) (Action, error) {
	name, data, hasData := strings.Cut(text, " ")
	for action, known := range actionNames {
		if known != name {
			continue
		}
		if !hasData {
			if action == Errno(0) {
				return 0, fmt.Errorf("seccomp: action %q: say which error, as in \"errno EPERM\"", text)
			}
			return action, nil
		}
		if action == Errno(0) {
			if e, ok := errnoByName(data); ok {
				return Errno(e), nil
			}
		}
		n, err := strconv.ParseUint(data, 0, 16)
		if err != nil || action == Errno(0) && n > maxErrno {
			return 0, fmt.Errorf("seccomp: action %q: %q is no errno and no number of 16 bits", text, data)
		}
		return action | Action(n), nil
	}
	return 0, fmt.Errorf("seccomp: action %q: choose allow, log, errno NAME, trace N, notify, trap, kill or kill_thread", text)
}

func errnoByName(name string) (unix.Errno, bool) {
	for e := unix.Errno(1); e <= maxErrno; e++ {
		if unix.ErrnoName(e) == name {
			return e, true
		}
	}
	return 0, false
}
