package listener

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Response is struct seccomp_notif_resp.
type Response struct {
	ID    uint64
	Value int64
	// Error is a negative errno, and Value is then not used.
	Error int32
	Flags uint32
}

// Continue lets the kernel execute the call (SECCOMP_USER_NOTIF_FLAG_CONTINUE,
// Linux 5.5), with what its pointers point at by then.
const Continue uint32 = 1

// addfd is struct seccomp_notif_addfd.
type addfd struct {
	id                      uint64
	flags, source, at, mode uint32
}

// The ioctls of linux/seccomp.h: _IOWR('!', 1, ...) and so on.
const (
	ioctlSend     = 3<<30 | unsafe.Sizeof(Response{})<<16 | '!'<<8 | 1
	ioctlIDValid  = 1<<30 | 8<<16 | '!'<<8 | 2
	ioctlAddFD    = 1<<30 | unsafe.Sizeof(addfd{})<<16 | '!'<<8 | 3
	ioctlSetFlags = 1<<30 | 8<<16 | '!'<<8 | 4
)

func ioctl(fd, request uintptr, argument unsafe.Pointer) (uintptr, unix.Errno) {
	for {
		value, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(argument))
		if errno != unix.EINTR {
			return value, errno
		}
	}
}

// Send answers. That who asked is gone, or has a signal to handle and will ask
// again, is no error: then sent is false.
func Send(fd uintptr, r Response) (sent bool, err error) {
	_, errno := ioctl(fd, ioctlSend, unsafe.Pointer(&r))
	if errno == unix.ENOENT {
		return false, nil
	}
	if errno != 0 {
		return false, fmt.Errorf("answer to a notification: %w", errno)
	}
	return true, nil
}

// Valid says whether the thread still waits for the answer. What was read from
// /proc/PID before that was its own; what is read later may be another's.
func Valid(fd uintptr, id uint64) bool {
	_, errno := ioctl(fd, ioctlIDValid, unsafe.Pointer(&id))
	return errno == 0
}

// SendFD answers with a descriptor: file becomes one of the thread's, and its
// number is what the call returns (SECCOMP_ADDFD_FLAG_SEND, Linux 5.14). The
// errors are the kernel's: ENOENT as for Send, or EMFILE if the thread may
// have no more; it waits on then.
func SendFD(fd uintptr, id uint64, file int, closeOnExec bool) error {
	_, err := addFD(fd, id, file, closeOnExec, unix.SECCOMP_ADDFD_FLAG_SEND)
	return err
}

// GiveFD is SendFD without the answer: the thread waits on, and has a descriptor
// more, of this number.
func GiveFD(fd uintptr, id uint64, file int, closeOnExec bool) (int, error) {
	return addFD(fd, id, file, closeOnExec, 0)
}

func addFD(fd uintptr, id uint64, file int, closeOnExec bool, flags uint32) (int, error) {
	add := addfd{id: id, flags: flags, source: uint32(file)}
	if closeOnExec {
		add.mode = unix.O_CLOEXEC
	}
	number, errno := ioctl(fd, ioctlAddFD, unsafe.Pointer(&add))
	if errno != 0 {
		return -1, errno
	}
	return int(number), nil
}

// SyncWakeUp has who asks and who answers wake each other on the same CPU
// (SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6; before, EINVAL).
func SyncWakeUp(fd uintptr) error {
	// The flags are the argument, not behind it.
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, ioctlSetFlags, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	if errno != 0 {
		return errno
	}
	return nil
}
