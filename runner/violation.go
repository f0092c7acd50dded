package runner

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// notification is struct seccomp_notif (seccomp_unotify(2)).
type notification struct {
	id         uint64
	pid, flags uint32
	number     int32
	arch       uint32
	ip         uint64
	args       [6]uint64
}

// notifReceive is SECCOMP_IOCTL_NOTIF_RECV: _IOWR('!', 0, struct seccomp_notif).
const notifReceive = 3<<30 | unsafe.Sizeof(notification{})<<16 | '!'<<8

// awaitViolation waits for a call that the policy forbids: the filter hands
// those to the listener, and the program that made one waits for an answer
// that never comes. It returns nil when the listener is closed or all who have
// the filter are gone.
func awaitViolation(listener *os.File) (*Violation, error) {
	conn, err := listener.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("runner: listener: %w", err)
	}
	var v *Violation
	var failed error
	err = conn.Read(func(fd uintptr) (done bool) {
		v, done, failed = receive(fd)
		return done
	})
	if failed == nil && err != nil {
		return nil, nil //nolint:nilerr // closed
	}
	return v, failed
}

// receive takes a notification if there is one. The ioctl itself would block.
func receive(fd uintptr) (v *Violation, done bool, err error) {
	for {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, true, fmt.Errorf("runner: poll of the listener: %w", err)
		}
		if n == 0 {
			return nil, false, nil
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			return nil, true, nil // nobody has the filter any more
		}
		var note notification
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, notifReceive, uintptr(unsafe.Pointer(&note)))
		switch errno {
		case 0:
			return note.violation(), true, nil
		case unix.EINTR, unix.ENOENT: // who asked is dead already
			continue
		default:
			return nil, true, fmt.Errorf("runner: notification: %w", errno)
		}
	}
}

func (n *notification) violation() *Violation {
	v := &Violation{Syscall: seccomp.SyscallName(n.arch, n.number)}
	for _, arg := range n.args {
		v.Args = append(v.Args, fmt.Sprintf("%#x", arg))
	}
	return v
}
