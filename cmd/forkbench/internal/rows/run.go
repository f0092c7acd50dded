package rows

import (
	"context"
	"fmt"
	"time"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/runner"
)

// runs are whole runs in a sandbox.
func (e *Env) runs() []bench.Row {
	return []bench.Row{
		e.run("cold", "runner, from nothing: new namespaces, the system's view, cgroup, filter; to the end, with everything cleaned up", e.tiny, nil),
		e.run("cold, to exec", "of that, until the program is executed", e.tiny, func(r *runner.Result) time.Duration { return r.Setup }),
		e.run("cold, true", "the same with "+truePath, truePath, nil),
	}
}

// run is a row of runs of a program. What part of them it is about is said by
// of; nil is all.
func (e *Env) run(name, about, program string, of func(*runner.Result) time.Duration) bench.Row {
	if !e.root {
		about += "; without the limits that nothing here can hold for an ordinary user"
	}
	return bench.Row{Group: "run", Name: name, About: about, Open: func() (*bench.Subject, error) {
		s, err := e.sandbox()
		if err != nil {
			return nil, err
		}
		spec := e.spec(program)
		return &bench.Subject{Close: s.Close, Measure: bench.Timed(func() (time.Duration, error) {
			begin := time.Now()
			result, err := runOnce(s, spec)
			took := time.Since(begin)
			if err == nil && of != nil {
				took = of(result)
			}
			return took, err
		})}, nil
	}}
}

// sandbox opens one that does its best for an ordinary user.
func (e *Env) sandbox() (*runner.Sandbox, error) {
	s, err := runner.New(runner.Options{BestEffort: !e.root})
	if err != nil {
		return nil, refused(err, mendNamespaces)
	}
	return s, nil
}

// spec has the default limits, and the default policy.
func (e *Env) spec(program string) runner.Spec {
	spec := runner.Spec{Args: []string{program}, Env: []string{}, Root: runner.SystemRoot()}
	if program == e.tiny {
		spec.Args = []string{tinyInside}
		e.withTiny(spec.Root)
	}
	return spec
}

// runOnce makes a run, which must end well.
func runOnce(s *runner.Sandbox, spec runner.Spec) (*runner.Result, error) {
	result, err := s.Run(context.Background(), spec)
	if err != nil {
		return nil, refused(err, mendNamespaces)
	}
	if result.Status != runner.OK {
		return nil, fmt.Errorf("%s in a sandbox: %v, not ok (exit code %d) %s", spec.Args[0], result.Status, result.ExitCode, result.Error)
	}
	return result, nil
}
