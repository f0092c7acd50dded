package ptracer

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
)

const (
	// syscallStop is the signal of a stop at a call's beginning or end
	// (PTRACE_O_TRACESYSGOOD).
	syscallStop = unix.SIGTRAP | 0x80
	// eventStop is PTRACE_EVENT_STOP.
	eventStop = 128
)

// took notes what a stop or an end that was just taken from the kernel says
// about who is there and who runs. What is to be done about it comes later.
func (r *Run) took(s stop, usage *unix.Rusage) {
	t := r.tracees[s.tid]
	if s.dead() {
		r.log.unfinished(t)
		r.forget(s.tid)
		r.forgetReplaced(s.tid, t)
		if t == nil || t.stray {
			r.strays[s.tid] = true
		}
		r.log.end(s)
		if s.tid == r.main {
			r.result.State = forkexec.State{Status: s.status, Rusage: *usage}
			r.killAll()
		}
		return
	}
	if t == nil {
		// A new one can stop before its parent tells of it.
		t = r.add(s.tid)
		t.stray = true
	}
	// Any stop is the one that PTRACE_INTERRUPT asked for (ptrace_stop in
	// kernel/signal.c), unless it was under way already; then there is one more.
	t.parked = t.interrupted && s.event() == eventStop && s.status.StopSignal() == unix.SIGTRAP
	t.interrupted = false
	switch s.event() {
	case unix.PTRACE_EVENT_CLONE, unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK:
		r.born(t)
	case unix.PTRACE_EVENT_EXEC:
		t = r.renamed(t)
	}
	t.stopped, t.listening, t.vfork = true, false, false
}

// forget removes a thread that is no more, and what is still to be done about it.
func (r *Run) forget(tid int) {
	if t := r.tracees[tid]; t != nil {
		t.drop()
	}
	r.placing.ended(tid)
	delete(r.tracees, tid)
	r.stops = slices.DeleteFunc(r.stops, func(s stop) bool { return s.tid == tid })
}

// forgetReplaced removes the other threads of a process that has ended. Its
// first thread's end is told of after all others'. But a thread that executed a
// program took the place of the first, and if it was killed before it could
// stop for that, nothing ever is told of the id that it had.
func (r *Run) forgetReplaced(tid int, ended *tracee) {
	if ended != nil && ended.process() != tid && ended.pid != 0 {
		return // no first thread
	}
	for other, o := range r.tracees {
		if process := o.process(); process == tid || process == 0 {
			r.forget(other)
		}
	}
}

// born adds the child of which a thread tells. It runs nothing of its own
// before it has stopped, but the kernel may write its id to memory that it
// shares with others (CLONE_CHILD_SETTID), so it counts as running until then.
func (r *Run) born(parent *tracee) {
	message, err := eventMessage(parent.tid)
	if err != nil {
		r.fail("the id of a new thread", err)
		return
	}
	child := int(message)
	r.placing.release(child)
	switch t := r.tracees[child]; {
	case t != nil:
		t.stray = false
	case r.strays[child]:
		delete(r.strays, child)
	default:
		r.add(child)
	}
}

// renamed follows a thread that executed a program without being the first of
// its process: it has that one's id now.
func (r *Run) renamed(leader *tracee) *tracee {
	message, err := eventMessage(leader.tid)
	if err != nil {
		r.fail("the former id of a thread", err)
		return leader
	}
	former := r.tracees[int(message)]
	if former == nil || former == leader {
		return leader
	}
	tid := leader.tid
	r.forget(tid)
	delete(r.tracees, former.tid)
	former.tid, former.pid = tid, tid
	r.tracees[tid] = former
	return former
}

// handle does what is to be done about a stop, and lets the thread go on.
func (r *Run) handle(t *tracee, s stop) {
	signal := unix.Signal(0)
	switch {
	case r.killing:
		kill(t.tid)
	case t.parked:
		// It was interrupted for others' sake.
	case s.event() == unix.PTRACE_EVENT_VFORK:
		t.vfork = true
	case s.event() == unix.PTRACE_EVENT_EXEC:
		r.executing(t)
		return
	case s.event() == unix.PTRACE_EVENT_SECCOMP || s.status.StopSignal() == syscallStop:
		r.atCall(t)
		return
	case s.event() == eventStop && s.status.StopSignal() != unix.SIGTRAP:
		// The whole process is stopped by a signal: until SIGCONT it stays so.
		t.listening = true
		if err := ptrace(unix.PTRACE_LISTEN, t.tid, 0, 0); err != nil {
			t.listening, t.stopped = false, false
			r.fail("leave a thread stopped", err)
		}
		return
	case s.event() == 0:
		signal = s.status.StopSignal()
		r.signalled(t, signal)
	}
	r.resume(t, signal)
}

// resume lets a stopped thread go on.
func (r *Run) resume(t *tracee, signal unix.Signal) {
	request := unix.PTRACE_CONT
	if r.options.Every && r.executed || t.call != nil && t.call.followed {
		request = unix.PTRACE_SYSCALL
	}
	t.stopped, t.parked = false, false
	r.fail("let a thread go on", ptrace(request, t.tid, 0, uintptr(signal)))
}
