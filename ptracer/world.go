package ptracer

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// freeze stops all threads of the run but t, if they aren't stopped for its
// sake already. t may have ended when it returns.
//
// What counts as stopped is what can change no memory, no directory and no
// descriptor: a thread in a stop, and the parent of a vfork, which sleeps in the
// kernel and stops when it wakes (PTRACE_EVENT_VFORK_DONE). One that ends runs
// nothing of its own, but the kernel still writes zeros to memory for it
// (set_tid_address(2), get_robust_list(2)), so its end is waited for.
func (r *Run) freeze(t *tracee) {
	if r.frozen != nil {
		return
	}
	r.frozen = t
	if len(r.tracees) == 1 {
		return
	}
	for r.tracees[t.tid] == t {
		awake, leaving := r.awake(t)
		if !awake {
			return
		}
		flags := 0
		if leaving {
			flags = unix.WNOHANG
		}
		s, ok := r.wait(flags)
		switch {
		case !ok:
			return
		case s.tid == 0:
			time.Sleep(pollPause)
		default:
			r.later(s)
		}
	}
}

// pollPause is the time between two looks at what the kernel does not tell of.
const pollPause = 20 * time.Microsecond

// later keeps a stop to be handled when the threads may run again.
func (r *Run) later(s stop) {
	if t := r.tracees[s.tid]; t != nil && !s.dead() && !t.parked {
		r.stops = append(r.stops, s)
	}
}

// awake interrupts the threads that run, but t, and says whether there are any.
// leaving says that the end of one of them may be none that wait4 tells of: that
// of a process's first thread, while there are others.
func (r *Run) awake(t *tracee) (awake, leaving bool) {
	for _, o := range r.tracees {
		switch {
		case o == t, o.stopped && r.held(o):
			continue
		case o.vfork && o.state() == 'D':
			continue
		case o.vfork:
			leaving = true
		case o.exiting && o.tid == o.process():
			if o.state() == 'Z' {
				continue
			}
			leaving = true
		case !o.exiting && !o.interrupted:
			// It fails for one that is gone, of which wait4 will tell.
			o.interrupted = ptrace(unix.PTRACE_INTERRUPT, o.tid, 0, 0) == nil
		}
		awake = true
	}
	return awake, leaving
}

// held says whether a thread still is in the stop that we were told of: SIGKILL
// ends it, and then the thread runs to its own end.
func (r *Run) held(o *tracee) bool {
	if o.listening {
		state := o.state()
		return state == 't' || state == 'T'
	}
	if _, err := eventMessage(o.tid); err == nil {
		return true
	}
	o.stopped, o.parked = false, false
	r.stops = slices.DeleteFunc(r.stops, func(s stop) bool { return s.tid == o.tid })
	return false
}

// thaw lets those go on that were stopped for the sake of another.
func (r *Run) thaw() {
	if r.frozen == nil {
		return
	}
	r.frozen = nil
	for _, o := range r.tracees {
		if o.parked {
			r.resume(o, 0)
		}
	}
}

// await waits until t, which alone runs, has made its call, and looks at what
// came of it. A call that waits for others is left alone, and looked at when it
// ends.
func (r *Run) await(t *tracee, c *call) {
	waits := c.opensFIFO()
	asleep := 0
	for t.call == c {
		flags := 0
		if waits {
			flags = unix.WNOHANG
		}
		s, ok := r.wait(flags)
		switch {
		case !ok:
			return
		case s.tid == 0 && asleep > 1:
			c.blocked = true
			return
		case s.tid == 0 && t.state() == 'S':
			asleep++
			time.Sleep(pollPause)
		case s.tid == 0:
			time.Sleep(pollPause)
		case r.tracees[s.tid] == t:
			r.handle(t, s)
		default:
			r.later(s)
		}
	}
}
