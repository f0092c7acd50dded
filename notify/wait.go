package notify

import (
	"errors"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/internal/procfile"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// blocks says whether opening waits for another process: a pipe with a name
// (fifo(7)), for the other end.
func blocks(flags int, place *supervisor.Place) bool {
	return place.FD >= 0 && place.Mode&unix.S_IFMT == unix.S_IFIFO &&
		flags&(unix.O_NONBLOCK|unix.O_PATH) == 0 && flags&unix.O_ACCMODE != unix.O_RDWR &&
		(flags&unix.O_CREAT == 0 || flags&unix.O_EXCL == 0) && flags&unix.O_DIRECTORY == 0
}

// waitInterval is how often it is asked whether a call that waits is still
// wanted.
const waitInterval = 10 * time.Millisecond

// errRestart has the kernel do what it does about a call that a signal has
// interrupted: call again or EINTR, as the handler's SA_RESTART says. It may
// be returned only if a signal is pending (ERESTARTSYS, linux/errno.h).
const errRestart unix.Errno = 512

// wait opens a pipe on a thread of its own, so that the run goes on. The turn
// is that thread's from now on.
func (t *turn) wait(answer supervisor.Answer, flags int) error {
	place := t.place(0)
	// The judge must be able to end it, by opening the other end.
	if other := t.actor.own; other.uid != 0 && unix.Faccessat(unix.AT_FDCWD, path(place.FD), unix.R_OK|unix.W_OK, 0) != nil {
		return t.finish(answer, -int64(unix.EACCES))
	}
	mine := t.detach()
	if mine == nil {
		answer.Rule = "too many opens of pipes that wait"
		return t.finish(answer, -int64(unix.ENFILE))
	}
	opened := make(chan result, 1)
	kernel.OnOwnThread(func() { opened <- mine.openWaiting(flags) })
	mine.beside(func() { mine.await(answer, flags, opened) })
	return nil
}

// detach is the turn as one that waits beside the run, or nil if too many do. The
// call is not the caller's to close any more.
func (t *turn) detach() *turn {
	select {
	case t.waits <- struct{}{}:
	default:
		return nil
	}
	mine := &turn{server: t.server, note: t.note, call: t.call, id: t.id, pid: t.pid, caps: t.caps}
	t.call = nil
	return mine
}

// beside does what there is to do in a turn that is detached, and ends it.
func (t *turn) beside(work func()) {
	t.waiting.Go(func() {
		defer func() { <-t.waits }()
		defer t.call.Close()
		work()
	})
}

type result struct {
	fd  int
	err error
}

// openWaiting opens the pipe, as the program.
func (t *turn) openWaiting(flags int) result {
	actor, err := newActor()
	if err == nil {
		err = actor.become(t.id, t.caps)
	}
	if err != nil {
		return result{-1, err}
	}
	fd, err := retry(func() (int, error) {
		return unix.Open(path(t.place(0).FD), flags&^aboutPath|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	})
	return result{fd, err}
}

// await answers when the pipe is open, or gives up when nobody waits for that
// any more.
func (t *turn) await(answer supervisor.Answer, flags int, opened <-chan result) {
	ticker := time.NewTicker(waitInterval)
	defer ticker.Stop()
	var interrupted unix.Errno
	for {
		select {
		case r := <-opened:
			t.log(t.answerWait(answer, flags, r, interrupted))
			return
		case <-t.ctx.Done():
			interrupted = unix.EINTR
		case <-ticker.C:
			if t.signalled() {
				interrupted = errRestart
			} else if !listener.Valid(t.fd, t.note.ID) {
				interrupted = unix.EINTR
			}
		}
		if interrupted != 0 {
			t.release(flags)
			// It may take until the other thread has been scheduled.
			select {
			case r := <-opened:
				t.log(t.answerWait(answer, flags, r, interrupted))
				return
			case <-time.After(time.Millisecond):
			}
		}
	}
}

// release has the open return: the other end is there, for a moment.
func (t *turn) release(flags int) {
	other := unix.O_WRONLY
	if flags&unix.O_ACCMODE == unix.O_WRONLY {
		other = unix.O_RDONLY
	}
	pipe := path(t.place(0).FD)
	fd, err := unix.Open(pipe, other|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == unix.EACCES {
		// The program, which is our own user, has shut the pipe meanwhile.
		if err = unix.Fchmodat(unix.AT_FDCWD, pipe, 0o600, 0); err == nil {
			fd, err = unix.Open(pipe, other|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		}
	}
	if err == nil {
		unix.Close(fd)
	}
}

func (t *turn) answerWait(answer supervisor.Answer, flags int, r result, interrupted unix.Errno) error {
	switch {
	case interrupted != 0:
		if r.fd >= 0 {
			unix.Close(r.fd)
		}
		return t.finish(answer, -int64(interrupted))
	case r.err != nil:
		return t.finish(answer, -int64(errnoOf(r.err)))
	}
	// Before the program goes on we have no end of the pipe any more: it would
	// be one for whoever opens the pipe next. (What the run's own thread hands
	// over it has closed before it answers anything else.)
	number, err := listener.GiveFD(t.fd, t.note.ID, r.fd, flags&unix.O_CLOEXEC != 0)
	unix.Close(r.fd)
	switch err {
	case nil:
		return t.finish(answer, int64(number))
	case unix.ENOENT, unix.EINPROGRESS: // it is gone
		return nil
	}
	return t.finish(answer, -int64(errnoOf(err))) // EMFILE
}

func (t *turn) log(err error) {
	if err != nil && !errors.Is(err, unix.ENOENT) {
		t.Log.Warn("notify: a call that waited was not answered", "call", t.call.Name, "error", err)
	}
}

// signalled says whether a signal is pending that the thread does not block or
// ignore.
func (t *turn) signalled() bool {
	fields, err := procfile.Status(t.dir())
	if err != nil {
		return false
	}
	mask := func(name string) uint64 {
		bits, err := strconv.ParseUint(fields[name], 16, 64)
		if err != nil {
			return 0
		}
		return bits
	}
	return (mask("SigPnd")|mask("ShdPnd"))&^(mask("SigBlk")|mask("SigIgn")) != 0
}
