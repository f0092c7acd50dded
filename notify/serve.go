package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/internal/procfile"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// Options say what is done about a run.
type Options struct {
	// Handler decides about the calls that the filter asks about; nil allows
	// them. It is asked from one goroutine, and the whole run waits for it.
	Handler supervisor.Handler
	// Process is the program's first process, as the judge sees it, which got
	// the filter, has executed its program and is not yet reaped. If it can't
	// become another user any more (one id for all, no capabilities,
	// no_new_privs), nor can what it starts; then all calls are taken to be
	// made by that user and in that root directory, which makes them cheaper.
	// The filter must refuse new user namespaces, as those of package policy
	// do. 0 looks at each call's thread.
	Process int
	// Ready, if not nil, is called when what is to be known of Process is known:
	// from then on it may be reaped, and its id be another's.
	Ready func()
	// Done is called for each call that was answered, with what it returned,
	// -errno if it failed; of one that the kernel was left to execute that is
	// not known, and executed is true. The Call is valid until it returns. It
	// may be called from several goroutines, one at a time.
	Done func(c *supervisor.Call, a supervisor.Answer, result int64, executed bool)
	// Log gets what goes wrong for one call only; nil is silent.
	Log *slog.Logger
}

// UnsupportedError says what the kernel can't do.
type UnsupportedError struct {
	// Feature is what is missing, Linux the version that brought it.
	Feature, Linux string
	// Err is what the kernel said, nil if it was only not there.
	Err error
}

func (e *UnsupportedError) Error() string {
	text := fmt.Sprintf("notify: this kernel has no %s (Linux %s); mode ptrace needs none", e.Feature, e.Linux)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap is Err.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// Supported is nil, or an [UnsupportedError] if the kernel can't do what Serve
// needs, or if a filter that has a listener holds the judge itself.
func Supported() error {
	n := kernel.ProbeNotify()
	switch {
	case n.Err != nil:
		return &UnsupportedError{"user notification by seccomp", "5.0", n.Err}
	case !n.Continue:
		return &UnsupportedError{"SECCOMP_USER_NOTIF_FLAG_CONTINUE", "5.5", nil}
	case !n.SendFD:
		return &UnsupportedError{"SECCOMP_ADDFD_FLAG_SEND", "5.14", nil}
	}
	return nil
}

// FilterFlags are those to load the filter with. Where the kernel has it
// (Linux 5.19), a thread that waits for an answer is interrupted by fatal
// signals alone. Elsewhere any signal makes it call anew, while what was done
// for it stays done: a directory that was made is then said to exist.
func FilterFlags() seccomp.Flags {
	if kernel.ProbeNotify().Killable {
		return seccomp.WaitKillable
	}
	return 0
}

// Listener is the descriptor by which a filter asks.
type Listener struct {
	mutex sync.Mutex
	fd    int
}

// New takes over a listener, such as forkexec's: the file is closed. That has
// Go's poller forget it, whose thread would otherwise be woken by each call, on
// another CPU. It needs Linux 5.14; an older kernel is an [UnsupportedError].
func New(file *os.File) (*Listener, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("notify: listener: %w", err)
	}
	fd := -1
	var failed error
	err = conn.Control(func(own uintptr) { fd, failed = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, failed, file.Close()); err != nil {
		if fd >= 0 {
			unix.Close(fd)
		}
		return nil, fmt.Errorf("notify: listener: %w", err)
	}
	return &Listener{fd: fd}, nil
}

// Close closes it, when the run is dead: a program that still ran would be told
// that the kernel lacks what it called (ENOSYS). It waits for Serve to return,
// and may be called again.
func (l *Listener) Close() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.fd < 0 {
		return nil
	}
	err := unix.Close(l.fd)
	l.fd = -1
	return wrap(err)
}

// Serve answers what the filter asks, until nobody has the filter any more, ctx
// is done, or a call was answered with Kill. Then it returns the call, whose
// thread goes on waiting for an answer: the caller must kill the run, and does
// so also after an error. An error matches os.ErrClosed if l is closed.
//
// Before Linux 6.11 a process that has ended has the filter until it is waited
// for: so wait for it while it is served, from when [Options.Ready] is called.
//
// If ctx is done the error is its cause. Should the supervisor's thread be
// waiting for the program just then, for a page of memory or a lease on a file,
// Serve returns when that is killed.
//
// Listeners of several runs may be served at the same time.
func (l *Listener) Serve(ctx context.Context, o Options) (*supervisor.Violation, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.fd < 0 {
		return nil, fmt.Errorf("notify: listener: %w", os.ErrClosed)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("notify: eventfd: %w", err)
	}
	defer unix.Close(wake)
	s := &server{Options: o, wake: wake, ctx: ctx, fd: uintptr(l.fd), processes: make(map[int]int)}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		one := [8]byte{1}
		_, _ = unix.Write(wake, one[:]) // full is as good as 1
	})
	defer func() {
		if !stop() {
			<-interrupted
		}
	}()
	done := make(chan struct{})
	var violation *supervisor.Violation
	kernel.OnOwnThread(func() {
		defer close(done)
		violation, err = s.serve()
	})
	<-done
	return violation, err
}

// server answers for one run, from one thread.
type server struct {
	Options
	ctx   context.Context
	fd    uintptr // the listener
	wake  int     // an eventfd that ends it
	actor *actor

	// What everybody in the run is and has, if that can't change; else nil.
	settled    *identity
	uids, gids idMap
	root       *supervisor.Root
	began      uint64      // when Process did; 0 if that is not known
	processes  map[int]int // of threads

	descriptors int // /proc/self/fd
	judgeUserNS uint64
	mutex       sync.Mutex // held for Done
	waiting     sync.WaitGroup
	waits       chan struct{} // a token for each that waits
}

// mostWaits is how many opens of a run may wait at the same time, each on a
// thread of the judge.
const mostWaits = 64

func (s *server) serve() (violation *supervisor.Violation, err error) {
	if s.actor, err = newActor(); err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Stat(self+"/ns/user", &stat); err != nil {
		return nil, fmt.Errorf("notify: its own user namespace: %w", err)
	}
	s.judgeUserNS = stat.Ino
	if s.descriptors, err = unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return nil, fmt.Errorf("notify: /proc/self/fd: %w", err)
	}
	defer unix.Close(s.descriptors)
	defer func() {
		if s.root != nil {
			s.root.Close()
		}
	}()
	if s.Process != 0 {
		s.share()
		s.began, err = procfile.StartTime("/proc/" + strconv.Itoa(s.Process))
		if err == nil {
			err = s.settle()
		}
		// It may be dead already. Then whoever else there is is looked at, call by call.
		if err != nil {
			s.Log.Debug("notify: each call's thread is looked at", "reason", err)
			s.began, s.settled = 0, nil
		}
	}
	if s.Ready != nil {
		s.Ready()
	}
	s.waits = make(chan struct{}, mostWaits)
	if kernel.ProbeNotify().SyncWakeUp {
		if err := listener.SyncWakeUp(s.fd); err != nil {
			return nil, fmt.Errorf("notify: SYNC_WAKE_UP: %w", err)
		}
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.ctx = ctx
	defer s.waiting.Wait()
	defer cancel()
	for {
		note, gone, err := s.receive()
		switch {
		case err != nil:
			return nil, err
		case gone:
			return nil, nil
		case s.ctx.Err() != nil:
			return nil, context.Cause(s.ctx)
		case note == nil:
			continue
		}
		if violation, err := s.answer(note); violation != nil || err != nil {
			return violation, err
		}
	}
}

// share puts the thread on the program's CPU, if that may run on one alone:
// waking another CPU is what makes an answer slow. The thread ends with the
// run, and with it its affinity.
func (s *server) share() {
	var program unix.CPUSet
	if unix.SchedGetaffinity(s.Process, &program) == nil && program.Count() == 1 {
		if err := unix.SchedSetaffinity(0, &program); err != nil {
			s.Log.Warn("notify: not on the program's CPU", "error", err)
		}
	}
}

// settle looks at who the program is, once.
func (s *server) settle() error {
	dir := "/proc/" + strconv.Itoa(s.Process)
	id, err := readIdentity(dir)
	if err != nil {
		return fmt.Errorf("notify: process %d: %w", s.Process, err)
	}
	if !id.settled {
		return nil
	}
	if s.uids, err = readIDMap(dir + "/uid_map"); err == nil {
		s.gids, err = readIDMap(dir + "/gid_map")
	}
	if err != nil {
		return fmt.Errorf("notify: process %d: %w", s.Process, err)
	}
	if err := s.actor.become(id, keep); err != nil {
		return err
	}
	if s.root, err = supervisor.OpenRoot(s.Process); err != nil {
		return fmt.Errorf("notify: root of process %d: %w", s.Process, err)
	}
	s.settled = id
	return nil
}

// receive waits for a call, or to be interrupted.
func (s *server) receive() (note *listener.Notification, gone bool, err error) {
	poll := [2]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(s.wake), Events: unix.POLLIN}}
	var errno unix.Errno
	if _, err := unix.Ppoll(poll[:], nil, nil); err != nil {
		errno = errnoOf(err)
	}
	switch {
	case errno != 0 && errno != unix.EINTR:
		return nil, false, fmt.Errorf("notify: poll: %w", errno)
	case poll[0].Revents&unix.POLLIN != 0:
		note, err = listener.Take(s.fd)
		return note, false, wrap(err)
	}
	return nil, poll[0].Revents != 0, nil
}

// mostTries is how often a call is looked at anew because what it names has
// become something else meanwhile.
const mostTries = 16

// answer answers one call.
func (s *server) answer(note *listener.Notification) (*supervisor.Violation, error) {
	for range mostTries {
		violation, again, err := s.try(note)
		if !again {
			return violation, err
		}
	}
	_, err := listener.Send(s.fd, failure(note, unix.EAGAIN))
	return nil, wrap(err)
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

func failure(note *listener.Notification, errno unix.Errno) listener.Response {
	return listener.Response{ID: note.ID, Error: -int32(errno)}
}

func (s *server) try(note *listener.Notification) (violation *supervisor.Violation, again bool, err error) {
	t := &turn{server: s, note: note}
	if err := t.identify(); err != nil {
		return nil, false, err
	}
	memory := supervisor.NewMemory(t.tid())
	if s.root != nil {
		t.call = s.root.NewCall(t.tid(), t.pid, note.Data, memory)
	} else {
		t.call = supervisor.NewCall(t.tid(), t.pid, note.Data, memory)
	}
	defer func() {
		if t.call != nil {
			t.call.Close()
		}
	}()
	// Whatever was looked at until now was the thread's, if it still waits.
	if !listener.Valid(s.fd, note.ID) {
		return nil, false, nil
	}
	var answer supervisor.Answer
	if s.Handler != nil {
		answer = s.Handler.Enter(t.call)
	}
	switch answer.Kind {
	case supervisor.Kill:
		return supervisor.NewViolation(t.call, t.call.Files, answer.Rule), false, nil
	case supervisor.Fail:
		err = t.finish(answer, -int64(answer.Errno))
	case supervisor.Fake:
		err = t.finish(answer, answer.Value)
	default:
		again, err = t.do(answer)
	}
	return nil, again, err
}

// errnoOf is an error of the kernel, or EIO for what can't be one.
func errnoOf(err error) unix.Errno {
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return errno
	}
	return unix.EIO
}
