// Package selftest attacks this machine's sandboxes with programs that it
// brings along, and says which guarantee held.
//
// Its one idea: a guarantee that nobody attacked is a hope. Each [Attack] is a
// program with what it wants, the limits and the policy that it runs under, and
// what must come out; what comes out otherwise is shown as evidence, not
// explained away.
package selftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// Attack is one program that wants what it must not get.
type Attack struct {
	Class   string // cpu, memory, output, ...
	Command string // a program of testdata/programs with its arguments
	// Policy is the name of the one it runs under: "default", or "permissive",
	// where what holds is the sandbox itself.
	Policy string
	Limits runner.Limits
	// Before is run first in the same sandbox: what plants something to be found.
	Before string
	// Stdin is what it reads.
	Stdin string
	// Needs is what must be there for the guarantee to be given at all.
	Needs Needs
	Check Check
}

// Needs are parts of a machine without which a guarantee isn't given.
type Needs uint8

const (
	MemoryCgroup Needs = 1 << iota // memory is held by the kernel, not looked at
	ProcessLimit                   // so are processes
	RootJudge                      // programs have an id of their own
	AMD64                          // it is about that architecture
)

// Outcome is what came of an attack.
type Outcome struct {
	Result *runner.Result
	Output string
	// Values are the lines "name=value" of the output.
	Values map[string]string
	// Alive are processes of the attack that are left on the machine.
	Alive []int
	Took  time.Duration
}

// Check says why an outcome breaks a guarantee, nil if it doesn't.
type Check func(*Outcome) error

// Verdict is how an attack went.
type Verdict uint8

const (
	Held    Verdict = iota
	Broken          // a guarantee that this machine can give
	Skipped         // this machine can't give it, or the program can't be made here
)

var verdictNames = [...]string{"held", "broken", "skipped"}

// String is the verdict in a word.
func (v Verdict) String() string { return verdictNames[v] }

// MarshalText writes that word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Report is what is told about an attack.
type Report struct {
	Class    string  `json:"class"`
	Command  string  `json:"command"`
	Policy   string  `json:"policy"`
	Mode     string  `json:"mode"`
	Verdict  Verdict `json:"verdict"`
	Status   string  `json:"status,omitempty"`
	Evidence string  `json:"evidence,omitempty"`
}

// Bench is where attacks run.
type Bench struct {
	Sandbox  *runner.Sandbox
	Arsenal  *Arsenal
	Mode     runner.Mode
	Machine  Needs // what is there
	Host     *Host
	policies map[string]*policy.Policy
}

// What stands in commands for the host's listeners.
const (
	hostPort   = "{port}"
	hostSocket = "{socket}"
)

// overtime is how much longer than its wall limit a run may take, and the
// judge's own work beside it.
const overtime = 5 * time.Second

// Run runs one attack. An error is about the bench, not the attack.
func (b *Bench) Run(ctx context.Context, a *Attack) (*Report, error) {
	report := &Report{Class: a.Class, Command: a.Command, Policy: a.Policy, Mode: string(b.Mode)}
	if lacking := a.Needs &^ b.Machine; lacking != 0 {
		report.Verdict, report.Evidence = Skipped, "this machine can't promise it: doctor says why"
		return report, nil
	}
	if a.Before != "" {
		if _, err := b.once(ctx, a, a.Before); err != nil {
			return report, err
		}
	}
	outcome, err := b.once(ctx, a, a.Command)
	var unmade *UnmadeError
	var unlimited *runner.LimitError
	switch {
	case errors.As(err, &unmade), errors.As(err, &unlimited):
		report.Verdict, report.Evidence = Skipped, err.Error()
		return report, nil
	case outcome == nil:
		return report, err
	}
	report.Status = outcome.Result.Status.String()
	broken := errors.Join(err, a.Check(outcome))
	if len(outcome.Alive) > 0 {
		broken = errors.Join(broken, fmt.Errorf("processes are left: %v", outcome.Alive))
	}
	if wall := outcome.Result.Wall; outcome.Took > wall+overtime {
		broken = errors.Join(broken, fmt.Errorf("the run took %v, its program %v", outcome.Took, wall))
	}
	if broken != nil {
		report.Verdict, report.Evidence = Broken, broken.Error()+"\n"+describe(outcome)
	}
	return report, nil
}

func (b *Bench) once(ctx context.Context, a *Attack, command string) (*Outcome, error) {
	words := strings.Fields(b.Host.replace(command))
	program, err := b.Arsenal.Program(ctx, words[0])
	if err != nil {
		return nil, err
	}
	rules, err := b.policy(a.Policy)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	begin := time.Now()
	result, err := b.Sandbox.Run(ctx, runner.Spec{
		Args: append([]string{inside}, words[1:]...), Root: program.view, Policy: rules, Mode: b.Mode,
		Stdin: strings.NewReader(a.Stdin), Stdout: &out, Stderr: &out, Limits: a.Limits,
	})
	if result == nil {
		return nil, err
	}
	outcome := &Outcome{Result: result, Output: out.String(), Values: map[string]string{}, Took: time.Since(begin)}
	for line := range strings.Lines(outcome.Output) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			outcome.Values[name] = value
		}
	}
	outcome.Alive = program.alive()
	return outcome, err
}

func (b *Bench) policy(name string) (*policy.Policy, error) {
	if p := b.policies[name]; p != nil {
		return p, nil
	}
	p, err := policy.Named(name)
	if err != nil {
		return nil, err
	}
	if b.policies == nil {
		b.policies = map[string]*policy.Policy{}
	}
	b.policies[name] = p
	return p, nil
}

// describe is the evidence of an outcome.
func describe(o *Outcome) string {
	r := o.Result
	text := fmt.Sprintf("status %v, exit code %d, signal %q, cpu %v, wall %v, memory %d, output %d, processes %d",
		r.Status, r.ExitCode, unix.SignalName(r.Signal), r.CPU, r.Wall, r.Memory, r.Output, r.ProcessesPeak)
	if r.Violation != nil {
		text += fmt.Sprintf(", violation %s %s", r.Violation.Syscall, r.Violation.Path)
	}
	if r.Error != "" {
		text += ", error " + r.Error
	}
	const most = 600
	return text + "\n" + o.Output[:min(len(o.Output), most)]
}

// status holds if the run ended so.
func status(want ...runner.Status) Check {
	return func(o *Outcome) error {
		if !slices.Contains(want, o.Result.Status) {
			return fmt.Errorf("status %v, not %v", o.Result.Status, want)
		}
		return nil
	}
}

// all holds if all of them do.
func all(checks ...Check) Check {
	return func(o *Outcome) error {
		var errs []error
		for _, check := range checks {
			errs = append(errs, check(o))
		}
		return errors.Join(errs...)
	}
}

// nothing holds if the program reports no attempt as ok but these.
func nothing(allowed ...string) Check {
	return func(o *Outcome) error {
		var errs []error
		for name, value := range o.Values {
			if value == "ok" && !slices.Contains(allowed, name) {
				errs = append(errs, fmt.Errorf("%s worked", name))
			}
		}
		return errors.Join(errs...)
	}
}

// value holds if the program reports so.
func value(name string, want ...string) Check {
	return func(o *Outcome) error {
		if got, reported := o.Values[name]; reported && !slices.Contains(want, got) {
			return fmt.Errorf("%s is %q, not %q", name, got, want)
		}
		return nil
	}
}

// is holds if the program reports so, and does report it.
func is(name string, want ...string) Check {
	return func(o *Outcome) error {
		if _, reported := o.Values[name]; !reported {
			return fmt.Errorf("%s is not reported", name)
		}
		return value(name, want...)(o)
	}
}

// signal holds if it is that one that ended the program.
func signal(want unix.Signal) Check {
	return func(o *Outcome) error {
		if o.Result.Signal != want {
			return fmt.Errorf("signal %q, not %q", unix.SignalName(o.Result.Signal), unix.SignalName(want))
		}
		return nil
	}
}

// names holds if a violation names the call.
func names(call string) Check {
	return func(o *Outcome) error {
		if o.Result.Violation == nil || o.Result.Violation.Syscall != call {
			return fmt.Errorf("the violation does not name %s", call)
		}
		return nil
	}
}

// delivered holds if not a byte more than the limit came out.
func delivered(limit int64) Check {
	return func(o *Outcome) error {
		if int64(len(o.Output)) > limit {
			return fmt.Errorf("%d bytes were delivered, the limit is %d", len(o.Output), limit)
		}
		return nil
	}
}
