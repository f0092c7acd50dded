package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/forkexec"
)

// killTimeout bounds the waiting for killed processes to be gone.
const killTimeout = 5 * time.Second

// Run runs a program and returns when it has ended, everything that it started
// is dead, and all its output is delivered. It may be called at the same time
// from many goroutines.
//
// An error means that the runner could not do its job: the Spec is no good, the
// program can't be executed (a [*forkexec.Error]), a limit can't be enforced
// (a [*LimitError]), a caller's reader or writer failed. If ctx ends, the run
// is ended, and the error wraps ctx.Err(). Once the program has been started
// there is a Result with the error, of status InternalError, which says how
// far it came.
func (s *Sandbox) Run(ctx context.Context, spec Spec) (*Result, error) {
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return nil, errClosed
	}
	if ctx.Err() != nil {
		return nil, contextError(ctx)
	}
	begin := now()
	p, err := s.plan(&spec)
	if err != nil {
		return nil, err
	}
	stdio, err := s.openStdio(&spec, p.limits.Output)
	if err != nil {
		return nil, err
	}
	r := &run{sandbox: s, plan: p, stdio: stdio, begin: begin, instructions: instructions{wanted: spec.Instructions}}
	if err := r.start(&spec); err != nil {
		stdio.closeChild()
		stdio.closeOwn()
		return nil, errors.Join(err, r.undo())
	}
	stdio.closeChild()
	return r.finish(ctx, &spec)
}

// run is one run on its way.
type run struct {
	sandbox *Sandbox
	plan    *plan
	stdio   *stdio
	begin   time.Duration

	slot    *slot // which holds the two below, nil if they are the run's own
	group   *cgroup.Group
	init    *forkexec.Process
	program *forkexec.Process
	kept    *os.File // what Spec.Keep names, nil if nothing

	supervision  supervision
	instructions instructions
	violations   sync.WaitGroup
	violation    *Violation
	listening    error
}

// start starts the program, in a slot or in a sandbox that is made for it.
func (r *run) start(spec *Spec) (err error) {
	if r.plan.slot != nil {
		return r.startInSlot(spec)
	}
	s := r.sandbox
	s.pool.count(&s.pool.stats.Cold)
	if r.group, err = s.takeGroup(); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if err := r.limitGroup(); err != nil {
		return err
	}
	r.init, err = r.plan.init.Start(forkexec.Inputs{Exec: s.stub, Files: []*os.File{s.lifeline}, Join: s.initJoins()})
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if spec.Keep != nil {
		if r.kept, err = spec.Keep.open(r.init.PID); err != nil {
			return err
		}
	}
	pidfd, err := r.init.PIDFD()
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	defer pidfd.Close()
	return r.startProgram(spec, pidfd)
}

// startInSlot takes a slot and starts the program in it. What fails in one that
// stood ready is tried again in a new one, unless it can only be the program's or
// the caller's doing.
func (r *run) startInSlot(spec *Spec) error {
	pool := r.sandbox.pool
	for fresh := false; ; fresh = true {
		l, err := pool.take(r.plan.slot, fresh)
		if err != nil {
			return err
		}
		r.slot, r.group, r.init = l, l.group, l.init
		if err = r.limitGroup(); err == nil {
			if err = r.startProgram(spec, l.pidfd); err == nil {
				return nil
			}
		}
		r.slot, r.group, r.init = nil, nil, nil
		if blameless(err) {
			if _, dirt := l.group.Turn(); dirt == nil {
				pool.give(l)
				return err
			}
		}
		pool.discard(l, broken, err)
		if fresh || blameless(err) {
			return err
		}
	}
}

// blameless says whether a start failed for a reason that is not in the slot.
func blameless(err error) bool {
	var failed *forkexec.Error
	if errors.As(err, &failed) {
		return slices.Contains([]string{"exec", "chdir", "rlimit"}, failed.Step)
	}
	return errors.Is(err, os.ErrInvalid) || errors.Is(err, os.ErrClosed)
}

// startProgram starts the program in the namespaces of pid 1.
func (r *run) startProgram(spec *Spec, pidfd *os.File) (err error) {
	s := r.sandbox
	inputs := forkexec.Inputs{
		Files:   append(r.stdio.files[:3:3], spec.ExtraFiles...),
		Join:    []*os.File{pidfd},
		LastPID: s.lastPID, Landlock: r.plan.ruleset,
	}
	if s.users != nil {
		inputs.Join = append(inputs.Join, s.users)
	}
	if r.slot != nil {
		if inputs.Deputy, err = r.slot.deputyFor(r.plan.program, inputs.Join); err != nil {
			return fmt.Errorf("runner: %w", err)
		}
	}
	if r.group != nil {
		fd, cloned := r.group.CgroupFD()
		inputs.CgroupV2 = fd
		inputs.Cgroups = r.group.JoinFDs(nil, cloned)
	}
	if err := r.launch(spec, inputs); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	return nil
}

// limitGroup sets the cgroup's limits, where the plan counts on them.
func (r *run) limitGroup() error {
	if r.group == nil {
		return nil
	}
	m := r.sandbox.cgroups
	if m.Has(cgroup.MemoryLimit) {
		if err := r.group.SetMemory(r.plan.limits.Memory); err != nil {
			return fmt.Errorf("runner: %w", err)
		}
	}
	if m.Has(cgroup.PidsLimit) {
		if err := r.group.SetPids(int64(r.plan.limits.Processes)); err != nil {
			return fmt.Errorf("runner: %w", err)
		}
	}
	return nil
}

// undo is the end of a run whose program was not started.
func (r *run) undo() error {
	var err error
	r.instructions.close()
	if r.init != nil {
		_, err = stop(r.init)
	}
	if r.kept != nil {
		err = errors.Join(err, r.kept.Close())
	}
	if r.supervision.tracer != nil {
		r.sandbox.giveTracer(r.supervision.tracer)
	}
	ctx, cancel := context.WithTimeout(context.Background(), killTimeout)
	defer cancel()
	return errors.Join(err, r.sandbox.giveGroup(ctx, r.group))
}

// finish watches the program to its end, and everything else to its.
func (r *run) finish(ctx context.Context, spec *Spec) (*Result, error) {
	p := r.plan
	// Our own peak from before the program was executed is counted into its.
	own := ownPeak()
	w := &watch{limits: p.stop, init: r.init, program: r.program, group: r.group, polled: p.polled}
	uncancel := w.cancelled(ctx)
	r.stdio.start(w.kill)
	if r.plan.traced || p.mode == Notify || !r.quick() {
		w.start()
		r.stdio.startPumps(w.kill)
		r.watchCalls(spec, w.kill)
	}

	state, err := r.await()
	end := now()
	w.stop()
	cancelled := uncancel()
	o := &outcome{program: state, end: end, ownPeak: own, watch: w}
	endErr := r.end(o)
	r.letGo()
	err = errors.Join(err, endErr, r.listening, r.stdio.finish(endErr == nil), w.err(), r.keep(spec.Keep))
	if cancelled {
		err = errors.Join(contextError(ctx), err)
	}
	return r.result(o, err), err
}

// moment is how long a run may take without being watched: less than any of its
// limits. Meanwhile what it writes waits in pipes.
func (l *Limits) moment() time.Duration {
	moment := 2 * time.Millisecond
	for _, limit := range []time.Duration{l.CPU, l.Wall} {
		if limit != Unlimited {
			moment = min(moment, limit/2)
		}
	}
	return moment
}

// quick says whether the program has ended within a moment, and has called nothing
// forbidden. Then it does without the goroutines and timers that watch a run: to
// start them costs more than such a program does.
func (r *run) quick() bool {
	if r.slot != nil {
		return r.endsWithin(r.slot.deputy.ListenerFD())
	}
	conn, err := r.program.Listener.SyscallConn()
	if err != nil {
		return false // whoever listens says why
	}
	ended := false
	_ = conn.Control(func(fd uintptr) { ended = r.endsWithin(int(fd)) }) // fails only for a closed file
	return ended
}

// endsWithin is quick, with the filter's listener.
func (r *run) endsWithin(listener int) bool {
	moment := r.plan.limits.moment()
	forbidden := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
	ended, err := r.program.EndedOr(moment, forbidden)
	switch {
	case forbidden[0].Revents&unix.POLLIN != 0:
		return false
	case !ended && forbidden[0].Revents != 0: // who dies lets go of the filter first
		ended, err = r.program.EndedOr(moment, nil)
	}
	return ended && err == nil
}

// end makes sure that all of the run is dead, and reads what it used.
func (r *run) end(o *outcome) error {
	var err error
	if !o.watch.killed && o.program.Status.Signaled() && o.program.Status.Signal() == unix.SIGKILL && exiting(r.init.PID) {
		err = errors.New("runner: pid 1 of the sandbox was killed, and the program with it: by the kernel for want of memory, or by somebody outside")
	}
	counted := false
	if r.slot != nil && err == nil {
		var clean bool
		if clean, counted = r.again(o); clean {
			return nil
		}
	}
	// Whom the kernel kills with pid 1 it does not count as pid 1's.
	if r.group == nil {
		o.orphans = sample(r.init.PID).cpu
	}
	// All others are dead and reaped before pid 1 itself is over.
	var stopErr, groupErr error
	o.rest, stopErr = stop(r.init)
	if r.slot == nil {
		o.stats, groupErr = r.account()
		return errors.Join(err, stopErr, groupErr)
	}
	if !counted {
		ctx, cancel := context.WithTimeout(context.Background(), killTimeout)
		defer cancel()
		if groupErr = r.group.WaitEmpty(ctx); groupErr == nil {
			o.stats, groupErr = r.group.Stats()
		}
	}
	reason := dirty
	if o.watch.killed {
		reason = killed
	} else if err != nil {
		reason = broken
	}
	r.sandbox.pool.discard(r.slot, reason, err)
	return errors.Join(err, stopErr, groupErr)
}

// settling is how long the orphans of a run may take to be reaped by pid 1.
const settling = 2 * time.Millisecond

// again gives the slot back for the next run, if nobody is left in it. It says
// whether it has, and whether the counters are read.
func (r *run) again(o *outcome) (clean, counted bool) {
	for deadline := o.end + settling; !o.watch.killed; {
		var err error
		if o.stats, err = r.group.Turn(); err == nil {
			// The next program asks the same listener.
			if r.letGo(); r.listening != nil {
				return false, true
			}
			if err = r.renew(o); err != nil {
				r.sandbox.log.Warn("a slot can't be renewed", "reason", err)
				return false, true
			}
			r.sandbox.pool.give(r.slot)
			return true, true
		}
		if !errors.Is(err, unix.EBUSY) {
			r.sandbox.log.Warn("a cgroup can't be used again", "reason", err)
			return false, o.stats.Has(cgroup.CPUTime)
		}
		if now() > deadline {
			return false, false
		}
		pause := unix.NsecToTimespec(int64(50 * time.Microsecond))
		_ = unix.Nanosleep(&pause, nil) // if a signal cuts it short, so be it
	}
	return false, false
}

// renew makes the slot as new, where it isn't. What programs do under a supervisor the
// filter does not tell; what fails for want of memory may have come half its way.
func (r *run) renew(o *outcome) error {
	l := r.slot
	if r.sandbox.initExposed() {
		if now, err := bearingOf(l.init.PID); err != nil {
			return err
		} else if now != l.bearing {
			return errors.New("runner: a program has changed the limits or the scheduling of its pid 1")
		}
	}
	if r.plan.allowed != nil && o.stats.OOMKills == 0 && l.untouched() {
		return nil
	}
	if err := l.emptyNetwork(); err != nil || l.kind.renewal == nil {
		return err
	}
	r.sandbox.pool.count(&r.sandbox.pool.stats.Renewed)
	return l.renew()
}

// contextError is the error of a run whose context ended: it wraps ctx.Err() and the
// cause, which are most often the same.
func contextError(ctx context.Context) error {
	if err, cause := ctx.Err(), context.Cause(ctx); cause != err {
		return fmt.Errorf("runner: %w: %w", err, cause)
	}
	return fmt.Errorf("runner: %w", ctx.Err())
}

// account reads the cgroup when nobody is left to use more, and gives it back.
func (r *run) account() (stats cgroup.Stats, err error) {
	if r.group == nil {
		return stats, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), killTimeout)
	defer cancel()
	if err = r.group.WaitEmpty(ctx); err == nil {
		stats, err = r.group.Stats()
	}
	return stats, errors.Join(err, r.sandbox.giveGroup(ctx, r.group))
}
