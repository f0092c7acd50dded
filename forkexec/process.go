package forkexec

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a started process. Its methods may be called at the same time.
type Process struct {
	// PID is its id in the caller's pid namespace.
	PID int
	// Begin and Started are CLOCK_MONOTONIC readings, in ns: when the start
	// began, and when the process came to load its filter and execute the
	// program.
	Begin, Started time.Duration
	// SetupCPU is the CPU time that the process had used then. It is part of
	// what the kernel counts for the process, and not the program's.
	SetupCPU time.Duration
	// Listener is for the filter's notifications, if [Config.Listener] is set;
	// where a deputy that stands has the filter, it has the listener, too
	// ([Deputy.Listener]). The caller closes it; a notification without a
	// listener is answered ENOSYS.
	Listener *os.File

	ended chan struct{} // closed when the process has been reaped

	mutex sync.Mutex
	pidfd int // -1 when reaped
}

// State is how a process ended, and what it used.
type State struct {
	Status unix.WaitStatus
	// Rusage is of the process and the children it waited for. Its Maxrss is
	// of no use: the kernel carries over the caller's own peak, because the
	// process shared the caller's memory until exec.
	Rusage unix.Rusage
}

// Wait waits until the process has ended and reaps it. It is called once, and
// not for a process that is traced (see [Process.Reaped]). It blocks a thread,
// as wait4(2) does, and for that is told of the end without any other thread in
// between.
func (p *Process) Wait() (State, error) {
	var state State
	status, err := wait4(p.PID, &state.Rusage)
	state.Status = status
	p.Reaped()
	if err != nil {
		return state, fmt.Errorf("forkexec: wait for %d: %w (does the caller ignore SIGCHLD, or wait for children it did not start?)", p.PID, err)
	}
	return state, nil
}

// Reaped says that the process has been waited for by other means than Wait. A
// tracer in the caller's own process has to do that: the kernel tells of a
// traced child's stops to whoever waits for the child, so that Wait would take
// them from the tracer (wait_consider_task in kernel/exit.c). It is called once,
// instead of Wait.
func (p *Process) Reaped() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	unix.Close(p.pidfd)
	p.pidfd = -1
	close(p.ended)
}

// EndedOr waits until the process has ended, or one of the others is ready as of
// poll(2), at most so long, and says whether the process has ended; of the others
// it sets the Revents. It does not reap the process, and must not be called after
// Wait.
func (p *Process) EndedOr(within time.Duration, others []unix.PollFd) (bool, error) {
	fds := append([]unix.PollFd{{Fd: int32(p.pidfd), Events: unix.POLLIN}}, others...)
	defer func() { copy(others, fds[1:]) }()
	for deadline := now() + within; ; {
		timeout := unix.NsecToTimespec(int64(max(0, deadline-now())))
		if _, err := unix.Ppoll(fds, &timeout, nil); err != unix.EINTR {
			return fds[0].Revents != 0, err
		}
	}
}

// Signal sends a signal. It returns an error that matches os.ErrProcessDone
// once the process has been reaped.
func (p *Process) Signal(signal unix.Signal) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.pidfd < 0 {
		return os.ErrProcessDone
	}
	if err := unix.PidfdSendSignal(p.pidfd, signal, nil, 0); err != nil && err != unix.ESRCH {
		return fmt.Errorf("forkexec: signal %v for %d: %w", signal, p.PID, err)
	}
	return nil
}

// Kill sends SIGKILL to the process, not to its descendants.
func (p *Process) Kill() error { return p.Signal(unix.SIGKILL) }

// PIDFD returns a new descriptor for the process, which the caller closes:
// to join its namespaces, for example.
func (p *Process) PIDFD() (*os.File, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.pidfd < 0 {
		return nil, os.ErrProcessDone
	}
	fd, err := unix.FcntlInt(uintptr(p.pidfd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("forkexec: pidfd of %d: %w", p.PID, err)
	}
	return os.NewFile(uintptr(fd), "pidfd"), nil
}

// wait4 waits for exactly pid. __WALL, because a child that has not executed
// a program has no exit signal.
func wait4(pid int, usage *unix.Rusage) (status unix.WaitStatus, err error) {
	for {
		_, err = unix.Wait4(pid, &status, unix.WALL, usage)
		// A process that has made its parent its tracer (PTRACE_TRACEME) stops at each
		// signal, and wait4 tells of that unasked.
		if err != unix.EINTR && (err != nil || !status.Stopped()) {
			return status, err
		}
	}
}

// ended says whether pid could be reaped, without doing so.
func ended(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil)
	return err != nil || info.Signo != 0
}
