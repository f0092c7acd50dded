package judge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// contest is one submission on its way.
type contest struct {
	judge   *Judge
	problem *Problem
	how     How
	plan    *plan
	result  *Result

	solution   *language.Program
	spec       runner.Spec // of the solution on each test
	cpuLimit   time.Duration
	checker    *checker.Program // nil if a built-in one decides
	interactor *checker.Program
	helpers    []*made
}

func (c *contest) event(e Event) {
	if c.how.Events != nil {
		e.Problem = c.problem
		c.how.Events(e)
	}
}

// limits settles those of the solution.
func (c *contest) limits(program *language.Program) {
	limits := c.problem.Limits.Or(runner.Limits{CPU: runner.DefaultLimits().CPU})
	if limits.Wall == 0 {
		limits.Wall = runner.Unlimited
		if limits.CPU != runner.Unlimited {
			limits.Wall = 3*limits.CPU + time.Second
		}
	}
	limits = limits.Or(runner.DefaultLimits())
	c.cpuLimit = limits.CPU
	if program != nil {
		c.spec = program.Spec(limits)
		c.spec.Margin = max(0, c.how.Margin)
		limits = c.spec.Limits
	}
	c.result.Limits = Limits{CPU: c.cpuLimit, Wall: limits.Wall, Memory: limits.Memory, Output: limits.Output}
}

// finished is a test's result on its way back.
type finished struct {
	test   *planned
	slot   *slot
	result TestResult
	err    error
}

// run runs the tests that must be run, as many at a time as there are slots.
func (c *contest) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan finished)
	runs, told := 0, 0
	var failure error
	ended := ctx.Done()
	for {
		var next *planned
		if failure == nil && ctx.Err() == nil {
			next = c.plan.next()
		}
		for n := c.plan.settled(); told < n; told++ {
			t := c.plan.tests[told]
			c.event(Event{Kind: TestFinished, Compile: c.result.Compile, Test: t.index, TestResult: &t.result})
		}
		if next == nil && runs == 0 {
			break
		}
		var slots chan *slot
		if next != nil {
			slots = c.judge.slots
		}
		select {
		case s := <-slots:
			runs++
			next.state = running
			testCtx, stop := context.WithCancel(ctx)
			next.cancel = stop
			c.event(Event{Kind: TestStarted, Compile: c.result.Compile, Test: next.index})
			go func() {
				defer stop()
				r, err := (&trial{contest: c, slot: s, test: next.test}).run(testCtx)
				results <- finished{next, s, r, err}
			}()
		case f := <-results:
			runs--
			switch {
			case f.test.state == left: // what it came to doesn't count
			case f.err != nil:
				failure = errors.Join(failure, f.err)
				cancel()
			default:
				c.plan.finish(f.test, f.result)
			}
			// Not before: what this result leaves out must not begin.
			c.judge.slots <- f.slot
		case <-ended:
			// What runs ends by itself now; nothing new begins.
			ended = nil
		}
	}
	if failure == nil && ctx.Err() != nil {
		failure = contextError(ctx)
	}
	return failure
}

// contextError is the error of a judging whose context ended.
func contextError(ctx context.Context) error {
	return fmt.Errorf("judge: %w", errors.Join(ctx.Err(), context.Cause(ctx)))
}

// finish makes the result of what is known of the tests.
func (c *contest) finish(err error) {
	r, pl := c.result, c.plan
	r.CPU, r.Wall, r.Memory = runner.Unmeasured, runner.Unmeasured, runner.Unmeasured
	for _, t := range pl.tests {
		if c.problem.Scored && t.state == done {
			score := t.path[len(t.path)-1].testScore(t.test, &t.result)
			t.result.Score = &score
		}
		if run := t.result.Result; run != nil {
			r.CPU, r.Wall, r.Memory = max(r.CPU, run.CPU), max(r.Wall, run.Wall), max(r.Memory, run.Memory)
		}
		r.Tests = append(r.Tests, t.result)
	}
	r.Groups = pl.groupResults(&c.problem.Root, c.problem.Scored)
	switch {
	case err != nil:
		r.Verdict, r.Error = JudgeError, err.Error()
	case r.Verdict == CompileError:
		if c.problem.Scored {
			r.Score = new(float64)
		}
	case r.Verdict == JudgeError:
	default:
		verdict, score := pl.judgeGroup(&c.problem.Root)
		r.Verdict = verdict
		if c.problem.Scored {
			r.Score = &score
		}
		switch verdict {
		case JudgeError:
			r.Error = c.whyJudgeError()
		case Skipped:
			r.Verdict, r.Error = JudgeError, "tests were not run, although none was rejected: do groups require each other?"
		}
	}
}

// whyJudgeError says what has failed.
func (c *contest) whyJudgeError() string {
	for _, t := range c.plan.tests {
		if t.result.Verdict == JudgeError {
			return fmt.Sprintf("test %s: %s", t.test.Name, t.result.Reason)
		}
	}
	return c.plan.outOfRange(&c.problem.Root)
}

func (c *contest) close() {
	for _, m := range c.helpers {
		c.judge.helpers.put(m)
	}
	if c.solution != nil {
		if err := c.solution.Close(); err != nil {
			c.judge.log.Warn("a program can't be let go", "reason", err)
		}
	}
}
