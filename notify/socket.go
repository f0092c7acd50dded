package notify

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// socket is a duplicate of the program's socket in argument 0, to bind or to
// connect in its place: whatever the program does to its descriptor meanwhile,
// the address that was decided about goes to this one. Who looks for a path in
// the program's place would look in the judge's root, so that is refused.
func (t *turn) socket() (int, error) {
	if t.call.Files[0].Socket {
		return -1, refusal{unix.EACCES, "the name of a socket can't be looked up for another"}
	}
	return t.descriptor(0)
}

// descriptor is a duplicate of the one in an argument.
func (t *turn) descriptor(arg int) (int, error) {
	process, err := unix.PidfdOpen(t.pid, 0)
	if err != nil {
		return -1, unix.EBADF
	}
	defer unix.Close(process)
	fd, err := unix.PidfdGetfd(process, t.int32(arg), 0)
	if err == unix.EMFILE || err == unix.ENFILE {
		return -1, unix.ENFILE // the judge has no more, not the program
	} else if err != nil {
		return -1, unix.EBADF
	}
	return fd, nil
}

// addressed makes a call of a socket and its address.
func addressed(call uintptr, fd int, address []byte) error {
	_, _, errno := unix.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(address))), uintptr(len(address)))
	if errno != 0 {
		return errno
	}
	return nil
}

func (t *turn) bind(answer supervisor.Answer) error {
	fd, err := t.socket()
	if err != nil {
		return t.refuse(answer, err)
	}
	err = addressed(unix.SYS_BIND, fd, t.call.Files[0].Address)
	unix.Close(fd)
	if err != nil {
		return t.refuse(answer, err)
	}
	return t.finish(answer, 0)
}

// connect connects. Where that takes time it is awaited beside the run.
func (t *turn) connect(answer supervisor.Answer) error {
	fd, err := t.socket()
	if err != nil {
		return t.refuse(answer, err)
	}
	blocking, err := connectAtOnce(fd, t.call.Files[0].Address)
	if !blocking || err != unix.EINPROGRESS && err != unix.EALREADY {
		unix.Close(fd)
		if err != nil {
			return t.refuse(answer, err)
		}
		return t.finish(answer, 0)
	}
	mine := t.detach()
	if mine == nil {
		unix.Close(fd)
		answer.Rule = "too many calls that wait"
		return t.finish(answer, -int64(unix.ENFILE))
	}
	mine.beside(func() {
		errno := mine.awaitConnection(fd)
		unix.Close(fd) // before the program goes on: it may close its own, which is to end the connection
		mine.log(mine.finish(answer, -int64(errno)))
	})
	return nil
}

// connectAtOnce connects without waiting. Blocking says whether the program
// would wait. That is a property of the socket itself, so it is changed for a
// moment; but only of one that can be used for nothing else until it is connected.
func connectAtOnce(fd int, address []byte) (blocking bool, err error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return false, err
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return false, err
	}
	if blocking = flags&unix.O_NONBLOCK == 0 && (kind == unix.SOCK_STREAM || kind == unix.SOCK_SEQPACKET); blocking {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags|unix.O_NONBLOCK); err != nil {
			return false, err
		}
		defer func() { _, _ = unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags) }()
	}
	return blocking, addressed(unix.SYS_CONNECT, fd, address)
}

// awaitConnection waits until a socket is connected, or the program waits for
// that no more, and says what its call returns.
func (t *turn) awaitConnection(fd int) unix.Errno {
	begin := time.Now()
	patience, err := unix.GetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO)
	limit := time.Duration(0)
	if err == nil {
		limit = time.Duration(patience.Nano())
	}
	for {
		poll := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n, err := unix.Poll(poll[:], int(waitInterval.Milliseconds()))
		if err != nil && err != unix.EINTR {
			return errnoOf(err)
		}
		if n > 0 {
			// The second time tells what came of it, and settles it.
			switch _, err := connectAtOnce(fd, t.call.Files[0].Address); err {
			case nil:
				return 0
			case unix.EALREADY, unix.EINPROGRESS:
			default:
				return errnoOf(err)
			}
		}
		switch {
		case t.ctx.Err() != nil, !listener.Valid(t.fd, t.note.ID):
			return unix.EINTR
		case t.signalled():
			return errRestart
		case limit > 0 && time.Since(begin) > limit:
			return unix.EINPROGRESS
		}
	}
}
