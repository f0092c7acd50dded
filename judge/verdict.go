package judge

import (
	"fmt"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// Verdict is what a judge says of a submission, or of its run on one test.
type Verdict uint8

// The verdicts. Those from Accepted on are in the order of how bad they are.
const (
	// Skipped: not run. It is a test's, or a group's, never a submission's.
	Skipped Verdict = iota
	Accepted
	PresentationError
	WrongAnswer
	TimeLimitExceeded
	MemoryLimitExceeded
	OutputLimitExceeded
	RunTimeError
	CompileError
	// JudgeError: the judge, the checker or the problem failed; never the
	// contestant's fault.
	JudgeError
)

// verdictNames is the vocabulary: index, text form.
var verdictNames = [...]string{
	Skipped:             "skipped",
	Accepted:            "accepted",
	PresentationError:   "presentation_error",
	WrongAnswer:         "wrong_answer",
	TimeLimitExceeded:   "time_limit_exceeded",
	MemoryLimitExceeded: "memory_limit_exceeded",
	OutputLimitExceeded: "output_limit_exceeded",
	RunTimeError:        "run_time_error",
	CompileError:        "compile_error",
	JudgeError:          "judge_error",
}

// String returns the verdict's name, such as "wrong_answer".
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a verdict's name.
func (v *Verdict) UnmarshalText(text []byte) error {
	for i, name := range verdictNames {
		if name == string(text) {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("judge: no verdict %q: have %q", text, verdictNames)
}

// rejected says whether a verdict is one that a group stops at.
func (v Verdict) rejected() bool { return v > Accepted }

// runVerdict is what a solution's run alone says. An accepted one is for a
// checker to decide.
func runVerdict(r *runner.Result) Verdict {
	switch r.Status {
	case runner.OK:
		return Accepted
	case runner.TimeLimit, runner.WallLimit:
		return TimeLimitExceeded
	case runner.MemoryLimit:
		return MemoryLimitExceeded
	case runner.OutputLimit:
		return OutputLimitExceeded
	case runner.RuntimeError, runner.ForbiddenAccess:
		return RunTimeError
	}
	return JudgeError
}

// outcomeVerdict is what a checker's answer makes of a run that was accepted.
func outcomeVerdict(o checker.Outcome) Verdict {
	switch o {
	case checker.Accepted:
		return Accepted
	case checker.WrongAnswer:
		return WrongAnswer
	case checker.PresentationError:
		return PresentationError
	}
	return JudgeError
}
