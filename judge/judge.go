package judge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// Options are the choices of [New]. The zero value is what most want.
type Options struct {
	// Sandbox is where everything runs; nil makes one, which Close closes.
	Sandbox *runner.Sandbox
	// Languages are those of submissions and of problems' own programs; nil
	// is [language.Builtin].
	Languages *language.Set
	// Compiler compiles, and keeps what it has compiled; nil is one with its
	// store in the user's cache directory.
	Compiler *language.Compiler
	// Jobs is how many tests run side by side, of all submissions together;
	// 0 is one for each physical core.
	Jobs int
	// Dir is where files are kept while tests run; "" is [os.TempDir]. Best
	// is the file system of the tests, and one in memory if outputs are large.
	Dir string
	// Logger is told what the judge does; nil is silence.
	Logger *slog.Logger
}

// Judge judges submissions. It is made once and is safe for concurrent use.
type Judge struct {
	sandbox   *runner.Sandbox
	ownBox    bool
	languages *language.Set
	compiler  *language.Compiler
	log       *slog.Logger
	dir       *workDir
	jobs      int
	desks     []*checker.Desk
	slots     chan *slot // free ones
	helpers   programs

	life   sync.RWMutex // read-locked while something is judged
	closed bool
}

// slot is the right to run one test at a time, on a CPU of its own.
type slot struct {
	cpus []int
	desk *checker.Desk
}

// New makes a judge. It fails if nothing could be judged here: the machine
// can't isolate programs, or there is no place for files.
func New(o Options) (_ *Judge, err error) {
	j := &Judge{sandbox: o.Sandbox, languages: o.Languages, compiler: o.Compiler, log: o.Logger, jobs: o.Jobs}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.Close())
		}
	}()
	if j.jobs < 0 {
		return nil, fmt.Errorf("judge: %d jobs: there must be one at least, or 0 for one each core: %w", j.jobs, os.ErrInvalid)
	}
	if j.jobs == 0 {
		j.jobs = len(physicalCPUs())
	}
	if j.sandbox == nil {
		if j.sandbox, err = runner.New(runner.Options{Logger: o.Logger}); err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
		j.ownBox = true
	}
	if j.languages == nil {
		if j.languages, err = language.Builtin(); err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
	}
	if j.compiler == nil {
		if j.compiler, err = language.NewCompiler(language.CompilerOptions{Logger: o.Logger}); err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
	}
	if j.dir, err = newWorkDir(o.Dir, j.log); err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	j.slots = make(chan *slot, j.jobs)
	for _, cpus := range pins(j.jobs) {
		desk, err := checker.NewDesk(j.dir.path)
		if err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
		j.desks = append(j.desks, desk)
		j.slots <- &slot{cpus, desk}
	}
	return j, nil
}

// Jobs is how many tests run side by side.
func (j *Judge) Jobs() int { return j.jobs }

// Languages are those of submissions.
func (j *Judge) Languages() *language.Set { return j.languages }

// Close waits for what is being judged and gives everything back that New has
// made. A second Close does nothing.
func (j *Judge) Close() error {
	j.life.Lock()
	defer j.life.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	errs := []error{j.helpers.close()}
	for _, d := range j.desks {
		errs = append(errs, d.Close())
	}
	if j.dir != nil {
		errs = append(errs, j.dir.close())
	}
	if j.ownBox {
		errs = append(errs, j.sandbox.Close())
	}
	return errors.Join(errs...)
}

// How are the choices for one submission. The zero value stops at the first
// test that is not accepted, as groups want it.
type How struct {
	// Events, if set, is told what happens. It is called from one goroutine at
	// a time, and the judge waits for it.
	Events func(Event)
	// All runs all tests, whatever groups say about rejected ones.
	All bool
	// Margin is how far from its CPU time limit a test's time may be, as a
	// part of the limit, to be too near to be sure of: then the test is run
	// again if it was over the limit, and the faster run counts. 0 is
	// [DefaultMargin]; a negative one is none. A program is stopped only when
	// it is over the limit by more than the margin.
	Margin float64
	// Transcript keeps what is said in interactive tests.
	Transcript bool
}

// DefaultMargin is that of [How.Margin].
const DefaultMargin = 0.05

// ProgramLimits are those of a problem's own programs, where it does not say
// otherwise.
func ProgramLimits() runner.Limits {
	return runner.Limits{
		CPU: 30 * time.Second, Wall: 60 * time.Second, Memory: 2 << 30,
		Output: 8 << 20, Stack: 64 << 20, Processes: 16,
	}
}

var errClosed = errors.New("judge: the judge is closed")

// Judge judges one submission by one problem. It may be called at the same
// time from many goroutines, which share the jobs.
//
// What the submission, a checker or the problem does wrong is in the Result. An
// error means that there is none: the language is not known or its toolchain
// is not here (see package language for these errors), the problem has no
// tests, ctx has ended (the error wraps its), or something failed here. If
// tests had been run by then, what is known of them comes with the error, in a
// Result of verdict JudgeError.
func (j *Judge) Judge(ctx context.Context, s Submission, p *Problem, how How) (*Result, error) {
	j.life.RLock()
	defer j.life.RUnlock()
	if j.closed {
		return nil, errClosed
	}
	if how.Margin == 0 {
		how.Margin = DefaultMargin
	}
	c := &contest{judge: j, problem: p, how: how, plan: newPlan(p, how.All), result: &Result{Version: resultVersion}}
	if len(c.plan.tests) == 0 {
		return nil, fmt.Errorf("judge: problem %q has no tests: %w", p.Name, os.ErrInvalid)
	}
	defer c.close()
	c.event(Event{Kind: Compiling})
	if err := c.compile(ctx, s); err != nil {
		return nil, err
	}
	c.event(Event{Kind: Compiled, Compile: c.result.Compile})
	var err error
	if c.result.Compile.OK && c.result.Verdict != JudgeError {
		err = c.run(ctx)
	}
	c.finish(err)
	if err == nil {
		c.event(Event{Kind: Done, Compile: c.result.Compile, Result: c.result})
	}
	return c.result, err
}
