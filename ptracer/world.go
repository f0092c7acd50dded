package ptracer

import (
	"slices"

	"golang.org/x/sys/unix"
)

// freeze stops all threads of the run but t, if they aren't stopped for its
// sake already. t may have ended when it returns.
//
// What counts as stopped is what can change no memory, no directory and no
// descriptor: a thread in a stop, and one that sleeps in the kernel and stops
// when it wakes: the parent of a vfork (PTRACE_EVENT_VFORK_DONE), and who waits
// for the other end of a FIFO (see await); two of the latter would otherwise
// interrupt each other for ever. A thread that ends runs nothing of its own, but
// the kernel still writes zeros to memory for it (set_tid_address(2),
// get_robust_list(2)), so its end is waited for. The first thread of a process
// stays a zombie while there are others, and wait4 tells nothing of that, so
// that it has to be looked at.
func (r *Run) freeze(t *tracee) {
	if r.frozen != nil {
		return
	}
	r.frozen = t
	if len(r.tracees) == 1 {
		return
	}
	if r.freezes++; r.freezes%graceEvery == 0 && r.starving(t) {
		_ = unix.Nanosleep(&unix.Timespec{Nsec: grace}, nil)
	}
	for r.tracees[t.tid] == t {
		awake, silent := r.awake(t)
		if !awake {
			return
		}
		flags := 0
		if silent {
			flags = unix.WNOHANG
		}
		s, ok := r.wait(flags)
		switch {
		case !ok:
			return
		case s.tid == 0:
			pause()
		default:
			r.later(s)
		}
	}
}

const (
	// graceEvery is after how many times others get time to run before they are
	// stopped again.
	graceEvery = 16
	grace      = 2_000_000 // ns
)

// starving says whether a thread but t wants to run. On a busy machine it may not
// have come to that since it was let go on the last time: if others make call
// after call, it would only ever be woken to be stopped.
func (r *Run) starving(t *tracee) bool {
	for _, o := range r.tracees {
		if o != t && !o.stopped && o.state() == 'R' {
			return true
		}
	}
	return false
}

// pause passes the time between two looks at what the kernel does not tell of.
func pause() { _ = unix.Nanosleep(&unix.Timespec{Nsec: 10_000}, nil) }

// later keeps a stop to be handled when the threads may run again.
func (r *Run) later(s stop) {
	if t := r.tracees[s.tid]; t != nil && !s.dead() && !t.parked {
		r.stops = append(r.stops, s)
	}
}

// awake interrupts the threads that run, but t, and says whether there are any.
// silent says that wait4 may never tell of any of them.
func (r *Run) awake(t *tracee) (awake, silent bool) {
	silent = true
	for _, o := range r.tracees {
		switch {
		case o == t, o.stopped && r.held(o):
			continue
		case o.vfork && o.state() == 'D', o.call != nil && o.call.blocked && o.state() == 'S':
			continue
		case o.vfork:
		case !o.interrupted:
			// It fails for one that is gone, of which wait4 will tell.
			o.interrupted = ptrace(unix.PTRACE_INTERRUPT, o.tid, 0, 0) == nil
			silent = silent && r.leads(o)
		case r.leads(o):
			if o.state() == 'Z' {
				continue
			}
		default:
			silent = false
		}
		awake = true
	}
	return awake, silent
}

// leads says whether a thread is the first of a process that has others.
func (r *Run) leads(o *tracee) bool {
	if o.tid != o.process() {
		return false
	}
	for _, other := range r.tracees {
		if other != o && other.process() == o.tid {
			return true
		}
	}
	return false
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

// release lets a thread go on when the others do.
func (r *Run) release(t *tracee) {
	if r.frozen != nil && len(r.tracees) > 1 {
		t.parked = true
		return
	}
	r.resume(t, 0)
}

// settle ends what a call has brought about: it lets all threads go on. But
// while they are stopped, those calls that others had been stopped at are
// decided about too; to stop everybody anew for each would cost much more.
func (r *Run) settle() {
	if r.settling || r.frozen == nil {
		return
	}
	r.settling = true
	for r.frozen != nil && !r.killing {
		i := slices.IndexFunc(r.stops, func(s stop) bool { return s.event() == unix.PTRACE_EVENT_SECCOMP })
		if i < 0 {
			break
		}
		t := r.tracees[r.stops[i].tid]
		s := r.stops[i]
		r.stops = slices.Delete(r.stops, i, i+1)
		r.frozen = nil // the next one looks itself whether all are stopped
		r.handle(t, s)
	}
	r.settling = false
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
	waits := c.mayWait()
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
		case s.tid == 0:
			if t.state() == 'S' {
				asleep++
			}
			pause()
		case r.tracees[s.tid] == t:
			if r.handle(t, s); t.vfork { // it waits for its child
				c.blocked = true
				return
			}
		default:
			r.later(s)
		}
	}
}

// mayWait says whether the call may sleep, where a signal would wake it, until
// another thread does something.
//
// Of those with paths that is only the opening of a FIFO, until somebody opens
// its other end. A thread that sleeps there has found the FIFO before any other
// ran, and can find nothing else any more. All others with paths look for them
// as long as they take. Calls without paths have read their arguments before
// they wait, and so has connect; but one that waits for a socket with a path
// looks for that anew each time it is woken.
func (c *call) mayWait() bool {
	if len(c.Files) == 0 || c.Name == "connect" {
		return true
	}
	return c.opens() && c.Files[0].Place.FD >= 0 && c.Files[0].Place.Mode&unix.S_IFMT == unix.S_IFIFO
}
