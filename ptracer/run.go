package ptracer

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// Run is a run that is traced.
type Run struct {
	// Process is the program. It is waited for by Wait only.
	Process *forkexec.Process

	options  Options
	synced   atomic.Bool
	requests chan request
	started  chan struct{} // closed when Process is set, or there will be none
	done     chan struct{} // closed when everything is dead

	// What follows is the tracer thread's until done is closed.

	tracees  map[int]*tracee
	strays   map[int]bool // ended before their parents told of them
	stops    []stop       // taken from the kernel, to be looked at later
	main     int          // the program's process
	running  bool         // Process is there
	executed bool         // the program has been: before that it is forkexec's child
	killing  bool
	frozen   *tracee          // all but this one are stopped
	freezes  int              // how often they have been
	settling bool             // somebody further up will let them go on
	root     *supervisor.Root // of all threads, unless roots is set; nil if not yet asked for
	roots    bool             // they may have different ones
	placing  placing
	log      log
	result   Result
	err      error
}

// request asks the tracer thread to attach to a process.
type request struct {
	pid   int
	reply chan<- error
}

func newRun(o Options) *Run {
	return &Run{
		options: o, requests: make(chan request), started: make(chan struct{}), done: make(chan struct{}),
		tracees: map[int]*tracee{}, strays: map[int]bool{}, log: log{to: o.Log},
	}
}

// sync has the tracer thread attach, for a goroutine of forkexec's.
func (r *Run) sync(pid int) error {
	r.synced.Store(true)
	reply := make(chan error)
	select {
	case r.requests <- request{pid, reply}:
		return <-reply
	case <-r.done:
		return errors.New("ptracer: the tracer has given up")
	}
}

// Wait waits until everything that the program started is dead; when the
// program itself has ended, the rest is killed. To end a run early, kill its
// Process, or pid 1 of its namespace.
//
// The error is not nil if the tracer could not do its job; the run has then
// been killed. It may be called any number of times.
func (r *Run) Wait() (Result, error) {
	<-r.done
	return r.result, r.err
}

// stop is something that a tracee does, as wait4 tells.
type stop struct {
	tid    int
	status unix.WaitStatus
}

// event is which PTRACE_EVENT_* it is, 0 for none.
func (s stop) event() int { return int(s.status) >> 16 }

func (s stop) dead() bool { return s.status.Exited() || s.status.Signaled() }

// trace is the life of a run, on the tracer's thread.
func (r *Run) trace() {
	defer r.finish()
	for {
		s, ok := r.next()
		if !ok {
			return
		}
		if t := r.tracees[s.tid]; t != nil && !s.dead() {
			r.handle(t, s)
		}
	}
}

// finish is when nothing is left to be traced.
func (r *Run) finish() {
	r.placing.undo()
	if r.root != nil {
		r.root.Close()
	}
	if r.err = errors.Join(r.err, r.log.err); r.running {
		r.Process.Reaped()
	}
}

// fail ends the run because of an error of ours. A tracee that is gone is none.
func (r *Run) fail(what string, err error) {
	if err == nil || errors.Is(err, unix.ESRCH) {
		return
	}
	if !r.killing {
		r.err = errors.Join(r.err, fmt.Errorf("ptracer: %s: %w", what, err))
	}
	r.killAll()
}

// unseen is when what a call touched can't be looked at. There is nothing to be
// seen of a thread that was killed; and an ordinary user may not look at one
// that executed a program which it can't read (ptrace(2), dumpable).
func (r *Run) unseen(t *tracee, c *call, what string, err error) {
	if _, gone := eventMessage(t.tid); gone != nil {
		return
	}
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		r.violated(c, c.Files, "what it touched can't be looked at: "+err.Error())
		return
	}
	r.fail(what, err)
}

// killAll ends the run. Whatever shows up later is killed when it does.
func (r *Run) killAll() {
	r.killing = true
	for tid := range r.tracees {
		kill(tid)
	}
}

// next is what happens next; not ok: there is nothing left to wait for.
func (r *Run) next() (s stop, ok bool) {
	if len(r.stops) > 0 {
		s, r.stops = r.stops[0], r.stops[1:]
		return s, true
	}
	return r.wait(0)
}

// wait takes the next stop or end from the kernel. With WNOHANG among the flags,
// a stop of no thread says that there is none yet.
func (r *Run) wait(flags int) (s stop, ok bool) {
	for {
		if !r.running && !r.begun(flags) {
			return stop{}, false
		}
		var usage unix.Rusage
		tid, err := unix.Wait4(-1, &s.status, unix.WALL|unix.WNOTHREAD|flags, &usage)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECHILD && !r.running:
			clear(r.tracees)
			continue // another start may follow
		case err != nil:
			if err != unix.ECHILD {
				r.fail("wait4", err)
			}
			return stop{}, false
		}
		if s.tid = tid; tid == 0 {
			return s, true
		}
		r.took(s, &usage)
		return s, true
	}
}

// begun attends to the start of the program, in which forkexec takes part:
// while it does, it must find its child if that ends before it has executed the
// program, so nobody else may reap it. begun returns false if there is no start
// any more and nothing to wait for, true when there is something to be waited
// for by wait4.
func (r *Run) begun(flags int) bool {
	for {
		select {
		case <-r.started:
			r.running = r.Process != nil
			return len(r.tracees) > 0
		default:
		}
		if len(r.tracees) > 0 {
			ended, err := r.peek(flags)
			switch {
			case err == unix.EINTR:
				continue
			case err == nil && ended != r.main:
				return true
			}
			// The program has ended, or forkexec has reaped it.
			if err != nil {
				clear(r.tracees)
			}
		}
		select {
		case <-r.started:
		case q := <-r.requests:
			clear(r.tracees) // forkexec has reaped the one before
			q.reply <- r.attach(q.pid)
		}
	}
}

// peek waits as wait4 would, but takes nothing. It returns the process that
// ended, 0 if it is something else that happened, or nothing yet.
func (r *Run) peek(flags int) (ended int, err error) {
	var info waitInfo
	const options = unix.WEXITED | unix.WSTOPPED | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	if err := info.wait(options | flags); err != nil || info.code != cldExited && info.code != cldKilled && info.code != cldDumped {
		return 0, err
	}
	return int(info.pid), nil
}

// attach begins to trace a process.
func (r *Run) attach(pid int) error {
	if err := seize(pid); err != nil {
		return fmt.Errorf("ptracer: attach to process %d: %w (is the caller itself confined, or kernel.yama.ptrace_scope 3?)", pid, err)
	}
	r.main = pid
	r.add(pid).pid = pid
	if !r.executed {
		return nil
	}
	// One that runs may make threads meanwhile; once attached to, theirs are attached to as well.
	for found := true; found; {
		entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
		if err != nil {
			r.killAll()
			return fmt.Errorf("ptracer: threads of process %d: %w", pid, err)
		}
		found = false
		for _, entry := range entries {
			tid, err := strconv.Atoi(entry.Name())
			if err != nil || r.tracees[tid] != nil {
				continue
			}
			switch err := seize(tid); err {
			case nil:
				r.add(tid).pid = pid
				found = true
			case unix.ESRCH, unix.EPERM: // it has ended, or is attached to since its birth
			default:
				r.killAll()
				return fmt.Errorf("ptracer: attach to thread %d: %w", tid, err)
			}
		}
	}
	return nil
}
