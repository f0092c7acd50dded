package seccomp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Load loads the filter into the calling process, for good. Without CAP_SYS_ADMIN
// the kernel wants no_new_privs set first (prctl(2), PR_SET_NO_NEW_PRIVS), in
// the same thread.
//
// Go moves goroutines between threads, so a filter should have the flag TSync,
// or the caller should hold its thread (runtime.LockOSThread) before
// no_new_privs and never let go of it. With NewListener the listener is
// returned, else nil.
func (f *Filter) Load() (listener *os.File, err error) {
	program := unix.SockFprog{Len: uint16(len(f.program)), Filter: &f.program[0]}
	got, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(f.flags),
		uintptr(unsafe.Pointer(&program)))
	switch {
	case errno == unix.EACCES:
		return nil, fmt.Errorf("seccomp: load: set no_new_privs first, or have CAP_SYS_ADMIN: %w", errno)
	case errno == unix.ESRCH || errno == 0 && f.flags&(TSync|tsyncESRCH) == TSync && got != 0:
		return nil, fmt.Errorf("seccomp: load: another thread has filters of its own: %w", unix.ESRCH)
	case errno != 0:
		return nil, fmt.Errorf("seccomp: load: %w", errno)
	case f.flags&NewListener != 0:
		return os.NewFile(got, "seccomp-listener"), nil
	}
	return nil, nil
}

// Trapped is a call that a filter refused with Trap, as told by its SIGSYS.
type Trapped struct {
	Data   uint16 // of the action
	Number int32
	Arch   uint32
	IP     uint64
}

func (t Trapped) String() string { return SyscallName(t.Arch, t.Number) }

const (
	siginfoSize = 32 // of the part that SIGSYS uses
	sysSeccomp  = 1  // SYS_SECCOMP, the si_code
)

// Decode reads the siginfo_t of a SIGSYS, as a handler gets it or a tracer
// reads it by PTRACE_GETSIGINFO; it takes at least its first 32 bytes
// (sigaction(2)).
func Decode(siginfo []byte) (Trapped, error) {
	if len(siginfo) < siginfoSize {
		return Trapped{}, fmt.Errorf("seccomp: %d bytes of siginfo, %d are needed", len(siginfo), siginfoSize)
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(siginfo[i:]) }
	if unix.Signal(word(0)) != unix.SIGSYS || word(8) != sysSeccomp {
		return Trapped{}, errors.New("seccomp: not the SIGSYS of a filter")
	}
	return Trapped{
		Data:   uint16(word(4)),
		IP:     binary.LittleEndian.Uint64(siginfo[16:]),
		Number: int32(word(24)),
		Arch:   word(28),
	}, nil
}
