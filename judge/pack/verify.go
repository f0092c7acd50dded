package pack

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// VerifyOptions are the choices of [Verify]. The zero value is good.
type VerifyOptions struct {
	// Languages are the IDs of those whose submissions are judged; nil is all.
	Languages []string
	// All runs all tests, instead of stopping where a contest would.
	All bool
	// Events, if set, is told how far it is, from one goroutine at a time.
	Events func(VerifyEvent)
}

// VerifyEvent is something that has happened.
type VerifyEvent struct {
	// Done is how many submissions are done, of Total.
	Done, Total int
	// Started is the one that has been begun, else Finished one that is done.
	Started  *Submission
	Finished *Verified
}

// Verification is what came of a package. Its JSON form is stable: times in ns,
// sizes in bytes, null for what is not known.
type Verification struct {
	Problem string `json:"problem"`
	// Limits are those of every submission, without what languages add.
	Limits judge.Limits `json:"limits"`
	// Submissions are in the package's order.
	Submissions []*Verified `json:"submissions"`
	// Inputs is nil if no program of the package checks inputs.
	Inputs *Inputs `json:"inputs,omitempty"`
	// Agree are those that got what they should, of Total. Skipped, whose
	// toolchain is not here, are counted apart.
	Agree   int `json:"agree"`
	Total   int `json:"total"`
	Skipped int `json:"skipped"`
}

// OK says whether everything is as the package promises.
func (v *Verification) OK() bool {
	return v.Agree == v.Total && (v.Inputs == nil || len(v.Inputs.Invalid) == 0)
}

// Verified is what came of one submission.
type Verified struct {
	Path     string `json:"path"`
	Language string `json:"language"`
	// Expected are names of verdicts.
	Expected []string      `json:"expected"`
	Verdict  judge.Verdict `json:"verdict"`
	// Agrees is nil of one that was skipped.
	Agrees *bool `json:"agrees"`
	// Time and Memory are the largest of all tests, nil if none was run.
	Time   *int64 `json:"time_ns"`
	Memory *int64 `json:"memory_bytes"`
	// Reason says why it doesn't agree, or was skipped.
	Reason string `json:"-"`
	// Result is nil if there is none.
	Result *judge.Result `json:"-"`
}

// Inputs is what the package's programs say of its inputs.
type Inputs struct {
	// Checked is how many inputs were looked at, by each program.
	Checked int            `json:"checked"`
	Invalid []InvalidInput `json:"invalid"`
}

// InvalidInput is one that a program does not accept.
type InvalidInput struct {
	// Test is "" if the program itself could not be run.
	Test      string `json:"test"`
	Validator string `json:"validator"`
	Message   string `json:"message"`
}

// Verify judges every submission of a package, and says which get the verdict
// that the package promises. Before that, every input is checked by the
// package's own programs; if the package has no time limit, one is found from
// the accepted submissions, as its format wants it.
//
// An error means that ctx has ended, and wraps its error, or that the judge
// itself failed. What is wrong with a submission is in the Verification.
func Verify(ctx context.Context, j *judge.Judge, p *Package, o VerifyOptions) (*Verification, error) {
	v := &verifier{judge: j, pkg: p, options: o, problem: *p.Problem}
	out := &Verification{Problem: p.Problem.Name, Submissions: []*Verified{}}
	var err error
	if out.Inputs, err = v.inputs(ctx); err != nil {
		return nil, err
	}
	v.list = v.choose()
	v.results = make([]*Verified, len(v.list))
	if p.Timing != nil {
		if err := v.findTimeLimit(ctx); err != nil {
			return nil, err
		}
	}
	if err := v.run(ctx, func(*Submission) bool { return true }); err != nil {
		return nil, err
	}
	out.Limits = limitsOf(v.problem.Limits)
	for _, r := range v.results {
		out.Submissions = append(out.Submissions, r)
		switch {
		case r.Agrees == nil:
			out.Skipped++
			continue
		case *r.Agrees:
			out.Agree++
		}
		out.Total++
	}
	return out, nil
}

// limitsOf are a problem's limits with defaults filled in.
func limitsOf(l runner.Limits) judge.Limits {
	d := runner.DefaultLimits()
	out := judge.Limits{CPU: l.CPU, Wall: l.Wall, Memory: l.Memory, Output: l.Output}
	if out.CPU == 0 {
		out.CPU = d.CPU
	}
	if out.Wall == 0 {
		out.Wall = 3*out.CPU + time.Second
	}
	if out.Memory == 0 {
		out.Memory = d.Memory
	}
	if out.Output == 0 {
		out.Output = d.Output
	}
	return out
}

// verifier verifies one package.
type verifier struct {
	judge   *judge.Judge
	pkg     *Package
	options VerifyOptions
	problem judge.Problem

	list    []*Submission
	results []*Verified // nil where there is none yet

	mutex sync.Mutex
	done  int
}

// choose are the submissions that are asked for.
func (v *verifier) choose() (chosen []*Submission) {
	for _, s := range v.pkg.Submissions {
		if v.options.Languages == nil || slices.Contains(v.options.Languages, v.language(s)) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// language is a submission's, "" if it can't be told.
func (v *verifier) language(s *Submission) string {
	if s.Language != "" {
		return s.Language
	}
	l, err := v.judge.Languages().Detect(s.Sources)
	if err != nil {
		return ""
	}
	return l.ID
}

// run judges those that are wanted and have no result yet, as many side by side
// as the judge runs tests.
func (v *verifier) run(ctx context.Context, wanted func(*Submission) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	places := make(chan struct{}, v.judge.Jobs())
	var group sync.WaitGroup
	for i, s := range v.list {
		if v.results[i] != nil || !wanted(s) {
			continue
		}
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-places }()
			v.event(VerifyEvent{Started: s})
			r, err := v.one(ctx, s)
			if err != nil {
				cancel(err)
				return
			}
			v.results[i] = r
			v.event(VerifyEvent{Finished: r})
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (v *verifier) event(e VerifyEvent) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if e.Finished != nil {
		v.done++
	}
	if v.options.Events != nil {
		e.Done, e.Total = v.done, len(v.list)
		v.options.Events(e)
	}
}

// one judges a submission.
func (v *verifier) one(ctx context.Context, s *Submission) (*Verified, error) {
	r := &Verified{Path: s.Path, Language: v.language(s), Expected: s.Expected.Names()}
	how := judge.How{All: v.options.All || s.Expected.NeedsAll()}
	result, err := v.judge.Judge(ctx, s.Submission, &v.problem, how)
	switch missing, ok := errors.AsType[*language.MissingError](err); {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case ok:
		r.Verdict, r.Reason = judge.Skipped, missing.Error()
		return r, nil
	case err != nil:
		r.Verdict, r.Reason, r.Agrees = judge.JudgeError, err.Error(), new(bool)
		return r, nil
	}
	r.Result, r.Verdict = result, result.Verdict
	if result.Compile != nil {
		r.Language = result.Compile.Language
	}
	if result.CPU != runner.Unmeasured {
		r.Time = ptrTo(int64(result.CPU))
	}
	if result.Memory != runner.Unmeasured {
		r.Memory = &result.Memory
	}
	r.Reason = s.Expected.Disagrees(&v.problem, result)
	r.Agrees = ptrTo(r.Reason == "")
	return r, nil
}

func ptrTo[T any](value T) *T { return &value }

// searchLimit is how long accepted submissions may take while there is no limit.
const searchLimit = 60 * time.Second

// findTimeLimit judges the accepted submissions without a limit to speak of, and
// makes one of the slowest's time.
func (v *verifier) findTimeLimit(ctx context.Context) error {
	v.problem.Limits.CPU = searchLimit
	accepted := func(s *Submission) bool { return s.Expected.accepted() }
	if err := v.run(ctx, accepted); err != nil {
		return err
	}
	slowest := time.Duration(0)
	for _, r := range v.results {
		if r != nil && r.Time != nil && r.Verdict == judge.Accepted {
			slowest = max(slowest, time.Duration(*r.Time))
		}
	}
	if slowest == 0 {
		return fmt.Errorf("pack: there is no time limit, and no accepted submission to find one from: write timelimit=SECONDS into %s, or limits: time_limit into %s", domjudgeFile, kattisFile)
	}
	v.problem.Limits.CPU = v.pkg.Timing.limit(slowest)
	return nil
}

// limit is the time limit that follows from the slowest accepted submission.
func (t *Timing) limit(slowest time.Duration) time.Duration {
	steps := math.Ceil(float64(slowest) * t.Factor / float64(t.Resolution))
	return time.Duration(max(1, steps)) * t.Resolution
}

// accepted says whether a submission must be accepted on all tests.
func (e *Expectation) accepted() bool {
	if len(e.Verdicts) > 0 {
		return !e.Partial && !slices.ContainsFunc(e.Verdicts, func(v judge.Verdict) bool { return v != judge.Accepted })
	}
	return slices.ContainsFunc(e.Rules, func(r Rule) bool {
		return r.Tests == "" && len(r.Permitted) == 1 && r.Permitted[0] == judge.Accepted
	})
}

// inputs has every input looked at by every validator.
func (v *verifier) inputs(ctx context.Context) (*Inputs, error) {
	if len(v.pkg.Validators) == 0 {
		return nil, nil
	}
	in := &Inputs{Checked: len(v.problem.Root.AllTests()), Invalid: []InvalidInput{}}
	for _, validator := range v.pkg.Validators {
		invalid, err := v.validate(ctx, validator)
		if err != nil {
			return nil, err
		}
		in.Invalid = append(in.Invalid, invalid...)
	}
	return in, nil
}

// validate runs a validator as a submission is run: each input is a test, and
// its exit code is what is looked at.
func (v *verifier) validate(ctx context.Context, validator *Validator) (invalid []InvalidInput, err error) {
	problem := &judge.Problem{Name: validator.Name, Limits: judge.ProgramLimits()}
	for _, t := range v.problem.Root.AllTests() {
		args := slices.Concat(validator.Program.Args, validator.Args[t.Name])
		problem.Root.Tests = append(problem.Root.Tests, &judge.Test{Name: t.Name, Input: t.Input, Args: args})
	}
	s := judge.Submission{Name: validator.Name, Sources: validator.Sources, Language: validator.Language}
	result, err := v.judge.Judge(ctx, s, problem, judge.How{All: true, Margin: -1})
	add := func(test, message string) {
		invalid = append(invalid, InvalidInput{test, validator.Name, message})
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		add("", err.Error())
		return invalid, nil
	case result.Compile != nil && !result.Compile.OK:
		add("", "it does not compile: "+result.Compile.Reason+"\n"+result.Compile.Diagnostics)
		return invalid, nil
	}
	for _, t := range result.Tests {
		if run := t.Result; run == nil || run.Signal != 0 || run.ExitCode != validator.Accepts {
			add(t.Name, explain(t))
		}
	}
	return invalid, nil
}

// explain is what a validator wrote, or how it ended.
func explain(t judge.TestResult) string {
	message := t.Reason
	if message == "" && t.Result != nil {
		message = fmt.Sprintf("exit code %d", t.Result.ExitCode)
	}
	if t.Stderr != "" {
		message += ": " + t.Stderr
	}
	return message
}
