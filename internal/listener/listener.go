// Package listener takes what a seccomp filter asks its listener
// (seccomp_unotify(2)).
package listener

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Notification is struct seccomp_notif.
type Notification struct {
	ID         uint64
	PID, Flags uint32
	Data       seccomp.Data
}

// ioctlReceive is SECCOMP_IOCTL_NOTIF_RECV: _IOWR('!', 0, struct seccomp_notif).
const ioctlReceive = 3<<30 | unsafe.Sizeof(Notification{})<<16 | '!'<<8

// Receive waits up to timeout milliseconds (-1: for ever) for a notification;
// the ioctl by itself would wait whatever the descriptor's flags say. It
// returns nil if none came, and gone if nobody has the filter any more.
func Receive(fd uintptr, timeout int) (note *Notification, gone bool, err error) {
	for {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, timeout)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, false, fmt.Errorf("poll of the listener: %w", err)
		case n == 0:
			return nil, false, nil
		case poll[0].Revents&unix.POLLIN == 0:
			return nil, true, nil
		}
		if note, err = Take(fd); note != nil || err != nil {
			return note, false, err
		}
	}
}

// Take takes a notification after poll(2) has said that there is one. It is nil
// if whoever asked is dead since, or has a signal to handle.
func Take(fd uintptr) (*Notification, error) {
	note := new(Notification)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, ioctlReceive, uintptr(unsafe.Pointer(note)))
	switch errno {
	case 0:
		return note, nil
	case unix.EINTR, unix.ENOENT:
		return nil, nil
	}
	return nil, fmt.Errorf("notification: %w", errno)
}
