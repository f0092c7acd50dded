package ptracer

import "golang.org/x/sys/unix"

// Offsets in struct user_regs_struct.
const (
	offsetRax     = 10 * 8
	offsetOrigRax = 15 * 8
)

// skip makes the call that a thread is about to make return result without
// happening.
func skip(tid int, result int64) error {
	none := -1
	if err := ptrace(unix.PTRACE_POKEUSR, tid, offsetOrigRax, uintptr(none)); err != nil {
		return err
	}
	return setResult(tid, result)
}

// setResult changes what a call returns, also at its end.
func setResult(tid int, result int64) error {
	return ptrace(unix.PTRACE_POKEUSR, tid, offsetRax, uintptr(result))
}
