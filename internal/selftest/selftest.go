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

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// Attack is one program that wants what it must not get.
type Attack struct {
	Class string // cpu, memory, output, ...
	// Command is a program of testdata/programs with its arguments; or
	// "compile", with a language and the name of a source.
	Command string
	// Policy is the name of the one it runs under: "default", or "permissive",
	// where what holds is the sandbox itself, or one of our own.
	Policy string
	// Modes are those in which it makes sense; nil is all.
	Modes []runner.Mode
	// Field gives it a directory of this machine as its working directory, in
	// which there is what its policy keeps from it.
	Field  bool
	Limits runner.Limits
	// Before is run first in the same sandbox: what plants something to be found.
	Before string
	// Stdin is what it reads.
	Stdin string
	// Needs is what must be there for the guarantee to be given at all.
	Needs Needs
	Check Check

	source *source // for a compiler, instead of a program
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
	// Field says what was done to what the policy forbids.
	Field error
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
	// Retried says why it could not be started at first: for lack of what a busy
	// machine lacks for a moment.
	Retried string `json:"retried,omitempty"`
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
	if len(a.Modes) > 0 && !slices.Contains(a.Modes, b.Mode) {
		report.Verdict, report.Evidence = Skipped, "it is for mode "+joined(a.Modes)
		return report, nil
	}
	if a.source != nil {
		return report, b.compile(ctx, a, report)
	}
	if a.Before != "" {
		if _, err := b.once(ctx, a, a.Before, report); err != nil {
			return report, err
		}
	}
	outcome, err := b.once(ctx, a, a.Command, report)
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
	broken := errors.Join(err, a.Check(outcome), outcome.Field)
	if len(outcome.Alive) > 0 {
		broken = errors.Join(broken, fmt.Errorf("processes are left: %v", outcome.Alive))
	}
	broken = errors.Join(broken, late(outcome.Took, outcome.Result.Wall))
	if broken != nil {
		report.Verdict, report.Evidence = Broken, broken.Error()+"\n"+describe(outcome)
	}
	return report, nil
}

// late says that the judge needed much longer than its program.
func late(took, wall time.Duration) error {
	if took > wall+overtime {
		return fmt.Errorf("the run took %v, its program %v", took, wall)
	}
	return nil
}

func joined(modes []runner.Mode) string {
	names := make([]string, len(modes))
	for i, mode := range modes {
		names[i] = string(mode)
	}
	return strings.Join(names, " or ")
}

// breath is how long a busy machine is left alone.
const breath = 500 * time.Millisecond

// again calls once more what could not be started since the machine is busy.
func again(ctx context.Context, report *Report, start func() error) error {
	err := start()
	if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.ENOMEM) {
		return err
	}
	report.Retried = err.Error()
	select {
	case <-time.After(breath):
		return start()
	case <-ctx.Done():
		return errors.Join(err, ctx.Err())
	}
}

func (b *Bench) once(ctx context.Context, a *Attack, command string, report *Report) (_ *Outcome, err error) {
	words := strings.Fields(b.Host.replace(command))
	program, err := b.Arsenal.Program(ctx, words[0])
	if err != nil {
		return nil, err
	}
	rules, err := b.policy(a.Policy)
	if err != nil {
		return nil, err
	}
	spec := runner.Spec{Args: append([]string{inside}, words[1:]...), Root: program.view, Policy: rules, Mode: b.Mode, Limits: a.Limits}
	var at *field
	if a.Field {
		if at, err = b.Arsenal.newField(ctx); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, at.close()) }()
		// Some of its programs talk with themselves.
		spec.Root, spec.Dir, spec.Loopback = program.view.Clone().Bind(at.dir, fieldPlace, mount.Writable), fieldPlace, true
	}
	var out bytes.Buffer
	var result *runner.Result
	var failed error // of a run that was started
	begin := time.Now()
	err = again(ctx, report, func() error {
		begin = time.Now()
		out.Reset()
		spec.Stdin, spec.Stdout, spec.Stderr = strings.NewReader(a.Stdin), &out, &out
		if result, failed = b.Sandbox.Run(ctx, spec); result != nil {
			return nil
		}
		return failed
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
	if at != nil {
		outcome.Field = at.untouched()
	}
	return outcome, failed
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
