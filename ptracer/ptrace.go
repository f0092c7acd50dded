package ptracer

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// options are those that every tracee has, and that its children inherit. Not
// PTRACE_O_TRACEEXIT: a thread that was killed would wait for us before it ends,
// and we might be waiting for it, in a page fault that its process is to answer
// (userfaultfd(2)).
const options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE |
	unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEVFORKDONE | unix.PTRACE_O_TRACEEXEC |
	unix.PTRACE_O_TRACESECCOMP

// ptrace makes a request about a stopped thread. None of them blocks, so the
// runtime need not know of it.
func ptrace(request, tid int, address, data uintptr) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), address, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// ptraceInto is ptrace for requests that read or write what p points at.
func ptraceInto(request, tid int, address uintptr, p unsafe.Pointer) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), address, uintptr(p), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func seize(tid int) error { return ptrace(unix.PTRACE_SEIZE, tid, 0, options) }

func eventMessage(tid int) (uint, error) {
	var message uint
	err := ptraceInto(unix.PTRACE_GETEVENTMSG, tid, 0, unsafe.Pointer(&message))
	return message, err
}

// siginfoSize is that of a siginfo_t.
const siginfoSize = 128

func siginfo(tid int) (info [siginfoSize]byte, err error) {
	err = ptraceInto(unix.PTRACE_GETSIGINFO, tid, 0, unsafe.Pointer(&info))
	return info, err
}

// syscallInfo is struct ptrace_syscall_info, of the length that Linux 5.3 has.
type syscallInfo struct {
	op      uint8
	_       [3]byte
	arch    uint32
	ip, sp  uint64
	nr      uint64 // at an exit: the result
	args    [6]uint64
	retData uint32
	_       uint32
}

// getSyscallInfo says which call a thread is stopped at.
func getSyscallInfo(tid int) (info syscallInfo, err error) {
	err = ptraceInto(unix.PTRACE_GET_SYSCALL_INFO, tid, unsafe.Sizeof(info), unsafe.Pointer(&info))
	return info, err
}

// kill ends the process of a thread. A tracee's id stays its own until it has
// been waited for.
func kill(tid int) { _, _, _ = unix.RawSyscall(unix.SYS_TKILL, uintptr(tid), uintptr(unix.SIGKILL), 0) }
