package runner

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/crash"
	"github.com/bailiff-judge/bailiff/notify"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// supervision is who decides about a run's calls.
type supervision struct {
	tracer   *ptracer.Tracer // nil if nobody traces
	traced   *ptracer.Run
	listener *notify.Listener // nil but in mode notify
	// hush has the listener no longer served: the deputy of a slot has the filter
	// for good, so that nobody's end tells.
	hush  context.CancelCauseFunc
	crash *Crash
	over  bool
}

// modeFor settles how a run is watched.
func (s *Sandbox) modeFor(spec *Spec, rules *policy.Policy) (Mode, error) {
	asks := spec.Handler != nil || rules.Asks()
	switch spec.Mode {
	case "", Auto:
		switch {
		case spec.Trace != nil:
			return Ptrace, nil
		case !asks:
			return Auto, nil
		case s.subIDs != nil, notify.Supported() != nil:
			return Ptrace, nil
		}
		return Notify, nil
	case NS, Pool:
		if asks || spec.Trace != nil {
			return "", fmt.Errorf("runner: mode %s asks nobody about a call: use ptrace or notify, or leave the mode out: %w", spec.Mode, unix.EINVAL)
		}
		return spec.Mode, nil
	case Notify:
		if spec.Trace != nil {
			return "", fmt.Errorf("runner: mode notify sees only calls that are asked about: use ptrace for a trace: %w", unix.EINVAL)
		}
		if s.subIDs != nil {
			return "", fmt.Errorf("runner: mode notify: the judge would open files with its own id, not with the program's subordinate one: use ptrace: %w", unix.EINVAL)
		}
		if err := notify.Supported(); err != nil {
			return "", fmt.Errorf("runner: mode notify: %w; mode ptrace works everywhere", err)
		}
		return Notify, nil
	case Ptrace:
		return Ptrace, nil
	}
	return "", fmt.Errorf("runner: no mode %q: there are %s, %s, %s, %s and %s: %w", spec.Mode, Auto, NS, Pool, Ptrace, Notify, unix.EINVAL)
}

// filterOptions are what a policy's answers become in a mode.
func (s *Sandbox) filterOptions(mode Mode) policy.FilterOptions {
	switch mode {
	case Ptrace:
		return policy.FilterOptions{Kill: ptracer.Fatal, Ask: ptracer.Ask, Key: s.key}
	case Notify:
		return policy.FilterOptions{Kill: seccomp.Notify, Ask: seccomp.Notify, Key: s.key, Flags: notify.FilterFlags()}
	}
	// Once the judge has seen a forbidden call no signal takes it back.
	return policy.FilterOptions{Kill: seccomp.Notify, Key: s.key, Flags: notify.FilterFlags()}
}

// launch starts the program, under a tracer if the run has one.
func (r *run) launch(spec *Spec, inputs forkexec.Inputs) (err error) {
	counting := func(pid int) error {
		if spec.Instructions {
			r.instructions.count(r.sandbox.counted, pid)
		}
		return nil
	}
	if !r.plan.traced {
		if spec.Instructions {
			inputs.Sync = counting
		}
		r.program, err = r.plan.program.Start(inputs)
		return err
	}
	if r.supervision.tracer == nil {
		r.supervision.tracer = r.sandbox.takeTracer()
	}
	options := ptracer.Options{}
	if r.plan.mode == Ptrace {
		options.Handler = supervisor.New(r.plan.rules, spec.Handler)
		options.Every, options.Log = spec.Trace != nil, spec.Trace
	}
	if spec.Crash {
		options.OnFatalSignal = r.crashed
	}
	traced, err := r.supervision.tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
		inputs.Sync = func(pid int) error {
			_ = counting(pid) // never fails
			return sync(pid)
		}
		return r.plan.program.Start(inputs)
	}, options)
	var setUp *forkexec.Error
	if errors.Is(err, unix.EPERM) && r.plan.mode != Ptrace && !errors.As(err, &setUp) {
		r.sandbox.log.Warn("crashes are not explained: nobody may trace here", "reason", err)
		inputs.Sync = counting
		r.program, err = r.plan.program.Start(inputs)
		return err
	}
	if err != nil {
		return err
	}
	r.supervision.traced, r.program = traced, traced.Process
	return nil
}

// crashed keeps the evidence of a crash: the program's own rather than a
// child's, and the last one of each.
func (r *run) crashed(s ptracer.Signal) {
	if !crash.Explains(s.Signal) || r.supervision.crash != nil && r.supervision.crash.own && !s.Program {
		return
	}
	info := crash.Siginfo(s.Info)
	evidence, err := crash.Examine(s.TID, &info, supervisor.NewMemory(s.TID))
	if err != nil {
		r.sandbox.log.Debug("a crash can't be examined", "reason", err)
		return
	}
	r.supervision.crash = newCrash(s.Program, evidence)
}

// watchCalls answers what the filter asks, or waits for what it forbids.
func (r *run) watchCalls(spec *Spec, kill func()) {
	if r.plan.mode == Ptrace {
		return
	}
	if r.slot != nil {
		if r.program.Listener, r.listening = r.slot.deputy.Listener(); r.listening != nil {
			kill()
			return
		}
	}
	if r.plan.mode != Notify {
		r.violations.Go(func() {
			r.violation, r.listening = r.awaitViolation(r.program.Listener)
			if r.violation != nil || r.listening != nil {
				kill()
			}
		})
		return
	}
	listener, err := notify.New(r.program.Listener)
	if err != nil {
		r.listening = fmt.Errorf("runner: %w", err)
		kill()
		return
	}
	var ctx context.Context
	ctx, r.supervision.hush = context.WithCancelCause(context.Background())
	r.supervision.listener = listener
	options := notify.Options{Handler: supervisor.New(r.plan.rules, spec.Handler), Process: r.program.PID, Log: r.sandbox.log}
	ready, served := make(chan struct{}), make(chan struct{})
	options.Ready = func() { close(ready) }
	r.violations.Go(func() {
		defer close(served)
		v, err := listener.Serve(ctx, options)
		if v != nil {
			r.violation = newViolation(v)
		}
		if err != nil && !errors.Is(err, errOver) {
			r.listening = fmt.Errorf("runner: %w", err)
		}
		if r.violation != nil || r.listening != nil {
			kill()
		}
	})
	// Before the program is waited for, and its id is nobody's.
	select {
	case <-ready:
	case <-served:
	}
}

// await waits for the program to end.
func (r *run) await() (forkexec.State, error) {
	if r.supervision.traced == nil {
		return r.program.Wait()
	}
	result, err := r.supervision.traced.Wait()
	if v := result.Violation; v != nil {
		r.violation = newViolation(v)
	}
	return result.State, err
}

// errOver is why nobody listens any more.
var errOver = errors.New("runner: the run is over")

// letGo ends the supervision of a run that is dead, once.
func (r *run) letGo() {
	if r.supervision.over {
		return
	}
	r.supervision.over = true
	var err error
	switch {
	case r.supervision.listener != nil:
		r.supervision.hush(errOver)
		err = r.supervision.listener.Close()
	case r.program != nil && r.program.Listener != nil:
		r.program.Listener.Close()
	}
	r.violations.Wait()
	r.listening = errors.Join(r.listening, err)
	if r.supervision.tracer != nil {
		r.sandbox.giveTracer(r.supervision.tracer)
	}
}

// takeTracer returns a tracer for one run.
func (s *Sandbox) takeTracer() *ptracer.Tracer {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if n := len(s.tracers); n > 0 {
		t := s.tracers[n-1]
		s.tracers = s.tracers[:n-1]
		return t
	}
	return ptracer.New()
}

func (s *Sandbox) giveTracer(t *ptracer.Tracer) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tracers = append(s.tracers, t)
}
