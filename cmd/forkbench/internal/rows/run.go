package rows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
)

// runs are whole runs in a sandbox: one that stands ready (warm), or a new one
// (cold).
func (e *Env) runs() []bench.Row {
	const warm, cold = "a sandbox that stands ready, proved empty after the run before", "a new sandbox, which is gone afterwards"
	return []bench.Row{
		e.run("warm", "a run in "+warm+": two writable directories, IPC and cgroup counters as new, the default limits and policy; to the end, with "+
			"everything cleaned up", runner.Pool, e.spec(e.tiny), nil),
		e.run("warm, to exec", "the part of a warm run until the program is executed", runner.Pool, e.spec(e.tiny), setup),
		e.run("warm, 1 directory", "a warm run with one writable directory of limited size", runner.Pool, e.smallSpec(1), nil),
		e.run("warm, read-only", "a warm run with no writable directory", runner.Pool, e.smallSpec(0), nil),
		e.run("warm, something left", "a warm run with one writable directory, of a program that leaves something in it, so that it is made anew", runner.Pool,
			e.leaving(), nil),
		e.run("warm, true", "a warm run of "+truePath, runner.Pool, e.spec(truePath), nil),
		e.run("cold", "a run in "+cold, runner.NS, e.spec(e.tiny), nil),
		e.run("cold, to exec", "the part of a cold run until the program is executed", runner.NS, e.spec(e.tiny), setup),
		e.run("cold, true", "a cold run of "+truePath, runner.NS, e.spec(truePath), nil),
	}
}

func setup(r *runner.Result) time.Duration { return r.Setup }

// run is a row of runs. What part of them it is about is said by of; nil is all.
func (e *Env) run(name, about string, mode runner.Mode, spec runner.Spec, of func(*runner.Result) time.Duration) bench.Row {
	if !e.root {
		about += "; without the limits that nothing here can hold for an ordinary user"
	}
	row := bench.Row{Group: "run", Name: name, About: about, Open: func() (*bench.Subject, error) {
		once, shut, err := openRuns(mode, spec, e.root)
		if err != nil {
			return nil, err
		}
		return &bench.Subject{Close: shut, Measure: bench.Timed(func() (time.Duration, error) {
			begin := time.Now()
			result, err := once()
			took := time.Since(begin)
			if err == nil && of != nil {
				took = of(result)
			}
			return took, err
		})}, nil
	}}
	if spec.Args[0] == truePath {
		row.Open = needsTrue(row.Open)
	}
	return row
}

// openRuns opens a sandbox, and returns what makes one run in it. A mode that
// can't be had here is an error at once.
func openRuns(mode runner.Mode, spec runner.Spec, root bool) (once func() (*runner.Result, error), shut func() error, err error) {
	s, err := runner.New(runner.Options{BestEffort: !root})
	if err != nil {
		return nil, nil, refused(err, mendNamespaces)
	}
	in := func(mode runner.Mode) (*runner.Result, error) {
		spec := spec
		spec.Mode = mode
		return runOnce(s, spec)
	}
	if _, err = in(mode); err != nil && mode == runner.Pool {
		if _, coldErr := in(runner.NS); coldErr == nil {
			err = &bench.Unavailable{Reason: err.Error()}
		}
	}
	if err != nil {
		return nil, nil, errors.Join(refused(err, mendNamespaces), s.Close())
	}
	return func() (*runner.Result, error) { return in(mode) }, s.Close, nil
}

// spec has the default limits and policy, and the default view with the
// program in it.
func (e *Env) spec(program string) runner.Spec {
	if program == truePath {
		return runner.Spec{Args: []string{truePath}, Env: []string{}}
	}
	return tinySpec(program, runner.SystemRoot())
}

// smallSpec has a view of the program, the system's directories, and so many
// writable ones.
func (e *Env) smallSpec(writable int) runner.Spec {
	view := systemBinds()
	for i := range writable {
		view.Tmpfs(fmt.Sprintf("/writable%d", i), mount.TmpfsOptions{Size: 64 * mib, Mode: 0o1777})
	}
	spec := tinySpec(e.tiny, view)
	spec.Dir = "/"
	return spec
}

// leaving is smallSpec with a directory in which the program leaves something.
func (e *Env) leaving() runner.Spec {
	spec := e.smallSpec(1)
	spec.Root.Bind(e.leave, "/leave", 0)
	spec.Args, spec.Dir = []string{"/leave"}, "/writable0"
	return spec
}

func tinySpec(tiny string, view *mount.Tree) runner.Spec {
	return runner.Spec{Args: []string{tinyInside}, Env: []string{}, Root: view.Bind(tiny, tinyInside, 0)}
}

// runOnce makes a run, which must end well, and as it was asked for.
func runOnce(s *runner.Sandbox, spec runner.Spec) (*runner.Result, error) {
	result, err := s.Run(context.Background(), spec)
	switch {
	case err != nil:
		return nil, err
	case result.Status != runner.OK:
		return nil, fmt.Errorf("%s in a sandbox: %v, not ok (exit code %d) %s", spec.Args[0], result.Status, result.ExitCode, result.Error)
	case result.Mode != spec.Mode:
		return nil, fmt.Errorf("%s in a sandbox: mode %s, not %s", spec.Args[0], result.Mode, spec.Mode)
	}
	return result, nil
}

// discarding is what makes a run for those who want but its time.
func discarding(once func() (*runner.Result, error)) func() error {
	return func() error { _, err := once(); return err }
}
