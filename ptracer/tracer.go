package ptracer

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
)

// Tracer is a thread that traces one run at a time; make one for each run that
// is to go on at the same time, and use it again. Its methods are safe for
// concurrent use; a second Start waits for the first one's run to end.
type Tracer struct {
	runs  chan *Run
	close func()
	ended chan struct{}
}

// New starts a tracer. From the first on, SIGCHLD is no longer raised in the
// caller's process for children that stop and continue (SA_NOCLDSTOP,
// sigaction(2)), only for those that end.
func New() *Tracer {
	t := &Tracer{runs: make(chan *Run), ended: make(chan struct{})}
	t.close = sync.OnceFunc(func() { close(t.runs) })
	go t.serve(make(chan struct{}))
	return t
}

// Close ends the thread, once the run it traces has ended. Start must not be
// called any more. A second Close does nothing.
func (t *Tracer) Close() {
	t.close()
	<-t.ended
}

// serve is the thread. It is never unlocked, so it ends with the goroutine, and
// with it whatever it still traced (PTRACE_O_EXITKILL). It closes settled once
// it is settled which thread that is.
func (t *Tracer) serve(settled chan<- struct{}) {
	runtime.LockOSThread()
	if !childless() {
		// As long as this thread is held, another goroutine gets another.
		another := make(chan struct{})
		go t.serve(another)
		<-another
		runtime.UnlockOSThread()
		close(settled)
		return
	}
	close(settled)
	defer close(t.ended)
	withoutStops()
	for r := range t.runs {
		r.trace()
		close(r.done)
	}
}

// childless says whether the calling thread has no children now, and never will
// have any but its own: only then waiting for whichever child of the thread
// takes none from others. The children of a thread that ends go to the first
// thread of its process (find_alive_thread in kernel/exit.c).
func childless() bool {
	if unix.Gettid() == os.Getpid() {
		return false
	}
	const options = unix.WEXITED | unix.WSTOPPED | unix.WCONTINUED | unix.WNOHANG | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	return unix.Waitid(unix.P_ALL, 0, nil, options, nil) == unix.ECHILD
}

// Start starts a program and traces it from before its first instruction.
//
// start is to call [forkexec.Runner.Start] with sync as [forkexec.Inputs.Sync],
// which [forkexec.Config.Sync] asks for. What Start returns has been executed
// but perhaps not run yet. The caller doesn't wait for the process itself, but
// calls [Run.Wait].
func (t *Tracer) Start(start func(sync func(pid int) error) (*forkexec.Process, error), o Options) (*Run, error) {
	return t.start(newRun(o), start)
}

func (t *Tracer) start(r *Run, start func(sync func(pid int) error) (*forkexec.Process, error)) (*Run, error) {
	t.runs <- r
	process, err := start(r.sync)
	if err == nil && !r.synced.Load() {
		err = errors.Join(fmt.Errorf("ptracer: the program was started without sync: set forkexec.Config.Sync, and pass it on as Inputs.Sync: %w", unix.EINVAL), process.Kill())
		_, waitErr := process.Wait()
		err = errors.Join(err, waitErr)
	}
	if err == nil {
		r.Process = process
	}
	close(r.started)
	if err != nil {
		<-r.done
		return nil, errors.Join(err, r.err)
	}
	return r, nil
}

// Attach traces a process that runs already, with all its threads, but not the
// children that it has. What it did before that is not known, so that this is
// for signals only: a Handler could not rely on being asked.
func (t *Tracer) Attach(process *forkexec.Process, o Options) (*Run, error) {
	if o.Handler != nil || o.Log != nil {
		return nil, fmt.Errorf("ptracer: calls can be watched from the start only: use Start: %w", unix.EINVAL)
	}
	r := newRun(o)
	r.executed = true
	return t.start(r, func(sync func(pid int) error) (*forkexec.Process, error) {
		return process, sync(process.PID)
	})
}
