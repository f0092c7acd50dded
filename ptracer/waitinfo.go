package ptracer

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	cldExited = 1
	cldKilled = 2
	cldDumped = 3
)

// waitInfo is the siginfo_t that waitid(2) fills in.
type waitInfo struct {
	signo, errno, code int32
	_                  int32
	pid                int32
	_                  [siginfoSize - 20]byte
}

// wait is waitid for all children that the options allow.
func (i *waitInfo) wait(options int) error {
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(i)), uintptr(options), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
