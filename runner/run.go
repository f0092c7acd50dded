package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

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
	r := &run{sandbox: s, plan: p, stdio: stdio, begin: begin}
	if err := r.start(&spec); err != nil {
		stdio.closeChild()
		stdio.closeOwn()
		return nil, errors.Join(err, r.undo())
	}
	stdio.closeChild()
	return r.finish(ctx, spec.Keep)
}

// run is one run on its way.
type run struct {
	sandbox *Sandbox
	plan    *plan
	stdio   *stdio
	begin   time.Duration

	group   *cgroup.Group
	init    *forkexec.Process
	program *forkexec.Process
	kept    *os.File // what Spec.Keep names, nil if nothing

	violations sync.WaitGroup
	violation  *Violation
	listening  error
}

// start starts pid 1 and the program.
func (r *run) start(spec *Spec) (err error) {
	s, p := r.sandbox, r.plan
	if r.group, err = s.takeGroup(); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if err := r.limitGroup(); err != nil {
		return err
	}
	r.init, err = p.init.Start(forkexec.Inputs{Exec: s.stub, Files: []*os.File{s.lifeline}})
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
	inputs := forkexec.Inputs{
		Files: append(r.stdio.files[:3:3], spec.ExtraFiles...),
		Join:  []*os.File{pidfd},
	}
	if s.users != nil {
		inputs.Join = append(inputs.Join, s.users)
	}
	if r.group != nil {
		fd, cloned := r.group.CgroupFD()
		inputs.CgroupV2 = fd
		inputs.Cgroups = r.group.JoinFDs(nil, cloned)
	}
	if r.program, err = p.program.Start(inputs); err != nil {
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
	if r.init != nil {
		_, err = stop(r.init)
	}
	if r.kept != nil {
		err = errors.Join(err, r.kept.Close())
	}
	ctx, cancel := context.WithTimeout(context.Background(), killTimeout)
	defer cancel()
	return errors.Join(err, r.sandbox.giveGroup(ctx, r.group))
}

// finish watches the program to its end, and everything else to its.
func (r *run) finish(ctx context.Context, keep *Keep) (*Result, error) {
	p := r.plan
	// Our own peak from before the program was executed is counted into its.
	own := ownPeak()
	w := &watch{limits: p.limits, init: r.init, program: r.program, group: r.group, polled: p.polled}
	w.start()
	uncancel := w.cancelled(ctx)
	r.stdio.start(w.kill, w.kill)
	r.violations.Go(func() {
		r.violation, r.listening = awaitViolation(r.program.Listener)
		if r.violation != nil || r.listening != nil {
			w.kill()
		}
	})

	state, err := r.program.Wait()
	end := now()
	w.stop()
	cancelled := uncancel()
	// Whom the kernel kills with pid 1 it does not count as pid 1's.
	var orphans time.Duration
	if r.group == nil {
		orphans = sample(r.init.PID).cpu
	}
	// All others are dead and reaped before pid 1 itself is over.
	rest, stopErr := stop(r.init)
	r.program.Listener.Close()
	r.violations.Wait()
	err = errors.Join(err, stopErr, r.listening, r.stdio.finish(), w.err(), r.keep(keep))

	stats, groupErr := r.account()
	err = errors.Join(err, groupErr)
	if cancelled {
		err = errors.Join(contextError(ctx), err)
	}
	return r.result(&outcome{program: state, rest: rest, orphans: orphans, stats: stats, end: end, ownPeak: own, watch: w}, err), err
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
