package judge

import (
	"context"
	"fmt"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// interact lets the solution talk with the interactor, who decides.
func (t *trial) interact(ctx context.Context) (TestResult, error) {
	r := TestResult{Name: t.test.Name}
	spec := t.solutionSpec()
	// Who is to blame depends on who ended first, so there is no second look.
	spec.Margin = 0
	if _, err := t.slot.desk.Clear(); err != nil {
		return r, fmt.Errorf("judge: %w", err)
	}
	call, err := t.interactor.Interact(t.slot.desk, checker.Files{Input: t.test.Input, Answer: t.test.Answer}, t.test.InteractorArgs)
	if err != nil {
		return t.failed(r, err), nil
	}
	stderr := &head{most: maxStderr}
	spec.Stderr = stderr
	call.Spec.CPUs = t.slot.cpus
	came, err := interactive{
		sandbox: t.judge.sandbox, solution: spec, interactor: call.Spec, record: t.how.Transcript,
		answer: func(run *runner.Result) checker.Result { return call.Result(run) },
	}.run(ctx)
	if ctx.Err() != nil {
		return r, fmt.Errorf("judge: %w", err)
	}
	if err != nil {
		return t.failed(r, err), nil
	}
	r.Result, r.Checker, r.Verdict, r.Reason = came.solution, came.checker, came.verdict, came.reason
	r.Interaction, r.Stderr = &came.interaction, stderr.String()
	if r.Verdict != Accepted || t.checker == nil {
		return r, nil
	}
	// What the interactor has noted down, a checker has the last word on.
	said, err := t.check(ctx)
	if err == nil {
		t.decided(&r, said)
	}
	return r, err
}
