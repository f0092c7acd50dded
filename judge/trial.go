package judge

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// trial is one submission on one test.
type trial struct {
	*contest
	slot *slot
	test *Test
}

// maxReruns is how often a test is run again whose time is near the limit.
const maxReruns = 1

// run runs the solution, again if need be, and has its output checked. An error
// is one of the judge: that of a context, or of the machine.
func (t *trial) run(ctx context.Context) (TestResult, error) {
	r, err := t.once(ctx)
	for range maxReruns {
		if err != nil || !t.nearlyInTime(r.Result) {
			break
		}
		again, err := t.once(ctx)
		if err != nil {
			return again, err
		}
		// The faster run counts: whatever disturbs a run makes it slower.
		if again.Result != nil && again.Result.CPU < r.Result.CPU {
			r, again = again, r
		}
		r.Reruns = append(r.Reruns, again.Result)
	}
	r.NearLimit = err == nil && t.near(r.Result)
	return r, err
}

// near says whether a run's CPU time is within the margin of the limit.
func (t *trial) near(run *runner.Result) bool {
	return run != nil && runner.Near(run.CPU, t.cpuLimit, t.how.Margin)
}

// nearlyInTime says whether a run is worth another one: over the limit, but
// not by more than the margin.
func (t *trial) nearlyInTime(run *runner.Result) bool {
	return t.near(run) && run.CPU > t.cpuLimit
}

func (t *trial) once(ctx context.Context) (TestResult, error) {
	if t.interactor != nil {
		return t.interact(ctx)
	}
	r := TestResult{Name: t.test.Name}
	spec := t.solutionSpec()
	if t.test.Input != "" {
		input, err := os.Open(t.test.Input)
		if err != nil {
			return t.failed(r, fmt.Errorf("judge: the test's input: %w", err)), nil
		}
		defer input.Close()
		spec.Stdin = input
	}
	output, err := t.slot.desk.Clear()
	if err != nil {
		return r, fmt.Errorf("judge: %w", err)
	}
	stderr := &head{most: maxStderr}
	spec.Stdout, spec.Stderr = output, stderr
	run, err := t.judge.sandbox.Run(ctx, spec)
	if ctx.Err() != nil {
		return r, fmt.Errorf("judge: %w", err)
	}
	if r.Result = run; err != nil {
		return t.failed(r, err), nil
	}
	r.Stderr = stderr.String()
	if r.Verdict = runVerdict(run); r.Verdict != Accepted {
		r.Reason = runReason(run)
		return r, nil
	}
	said, err := t.check(ctx)
	if err != nil {
		return r, err
	}
	t.decided(&r, said)
	return r, nil
}

// decided makes a checker's answer a test's.
func (t *trial) decided(r *TestResult, said checker.Result) {
	r.Checker, r.Verdict = &said, outcomeVerdict(said.Outcome)
	partly := said.Fraction != nil && *said.Fraction < 1
	if r.Verdict == Accepted && partly && !t.problem.Scored {
		r.Verdict = WrongAnswer // right in part is not right, where there are no points
	}
	if r.Verdict != Accepted {
		r.Reason = said.Message
	}
}

// failed is the result of a test that could not be run.
func (t *trial) failed(r TestResult, err error) TestResult {
	r.Verdict, r.Reason = JudgeError, err.Error()
	return r
}

// solutionSpec is how the solution is run on the test, but for its streams.
func (t *trial) solutionSpec() runner.Spec {
	spec := t.spec
	spec.CPUs = t.slot.cpus
	spec.Args = append(spec.Args[:len(spec.Args):len(spec.Args)], t.test.Args...)
	return spec
}

// check has the output on the desk checked.
func (t *trial) check(ctx context.Context) (checker.Result, error) {
	if t.checker != nil {
		files := checker.Files{Input: t.test.Input, Answer: t.test.Answer}
		said, err := t.checker.Check(ctx, t.judge.sandbox, t.slot.desk, files, t.test.CheckerArgs, t.slot.cpus)
		if err != nil {
			return said, fmt.Errorf("judge: %w", err)
		}
		return said, nil
	}
	said, err := t.compare()
	if err != nil {
		return checker.Result{Message: err.Error()}, nil
	}
	return said, nil
}

// compare is the built-in checkers' part.
func (t *trial) compare() (checker.Result, error) {
	comparer := t.problem.Checker.Compare
	if comparer == nil {
		comparer = checker.Tokens{}
	}
	if len(t.test.CheckerArgs) > 0 {
		flags, err := checker.Flags(t.test.CheckerArgs)
		if err != nil {
			return checker.Result{}, err
		}
		comparer = flags
	}
	output, err := t.slot.desk.Output()
	if err != nil {
		return checker.Result{}, fmt.Errorf("judge: the output: %w", err)
	}
	defer output.Close()
	path := t.test.Answer
	if path == "" {
		path = os.DevNull
	}
	answer, err := os.Open(path)
	if err != nil {
		return checker.Result{}, fmt.Errorf("judge: the test's answer: %w", err)
	}
	defer answer.Close()
	return comparer.Compare(output, answer)
}

// bytesText is a limit as it was given, most often.
func bytesText(n int64) string {
	const mib, kib = 1 << 20, 1 << 10
	switch {
	case n%mib == 0:
		return fmt.Sprintf("%d MiB", n/mib)
	case n%kib == 0:
		return fmt.Sprintf("%d KiB", n/kib)
	}
	return fmt.Sprintf("%d bytes", n)
}

// runReason says in one sentence what a solution did.
func runReason(r *runner.Result) string {
	limit := func() string {
		if r.Limit == nil {
			return "its limit"
		}
		if r.Limit.Name == "cpu" || r.Limit.Name == "wall" {
			return "its limit of " + time.Duration(r.Limit.Value).String()
		}
		return "its limit of " + bytesText(r.Limit.Value)
	}
	round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond / 10) }
	switch r.Status {
	case runner.TimeLimit:
		return fmt.Sprintf("%s of CPU time, more than %s", round(r.CPU), limit())
	case runner.WallLimit:
		why := "did it wait for input that never comes?"
		if r.CPU > r.Wall/10 {
			why = "it worked, or waited for a processor that others kept busy"
		}
		return fmt.Sprintf("%s of wall time, more than %s, with %s of CPU time used: %s", round(r.Wall), limit(), round(r.CPU), why)
	case runner.MemoryLimit:
		return "more memory than " + limit()
	case runner.OutputLimit:
		return "more output than " + limit()
	case runner.ForbiddenAccess:
		if r.Violation != nil && r.Violation.Syscall != "" {
			return "a system call that the policy forbids: " + r.Violation.Syscall
		}
		return "something that the policy forbids"
	case runner.RuntimeError:
		switch {
		case r.Limit != nil:
			return fmt.Sprintf("ended by %s: more than %s on %s", unix.SignalName(r.Signal), limit(), r.Limit.Name)
		case r.Signal != 0:
			return "ended by " + unix.SignalName(r.Signal)
		}
		return fmt.Sprintf("exit code %d", r.ExitCode)
	}
	return r.Error
}
