package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/bailiff-judge/bailiff/runner"
)

// run is the command run, its flags read.
func run(ctx context.Context, o *runOptions, args []string) (err error) {
	if err := o.available(args); err != nil {
		return err
	}
	spec, err := o.spec(args)
	if err != nil {
		return err
	}
	log := logger(o.verbose)
	log.Debug("running", "args", spec.Args, "dir", spec.Dir, "env", spec.Env, "policy", spec.Policy.Name(), "root", spec.Root)
	sandbox, err := runner.New(runner.Options{Logger: log, BestEffort: o.bestEffort, SubIDs: o.subIDs})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sandbox.Close()) }()
	if err := o.repeat.apply(sandbox, &spec, log); err != nil {
		return err
	}
	if o.explain {
		text, err := sandbox.Explain(spec)
		if err == nil {
			fmt.Print(text)
		}
		return withMend(err)
	}
	files, err := o.open(&spec)
	if err != nil {
		return err
	}
	defer files.discard()
	result, err := sandbox.Run(ctx, spec)
	if err != nil && ctx.Err() != nil {
		return interrupted(result)
	}
	return o.report(files, result, withMend(err))
}

// available refuses a run of nothing.
func (o *runOptions) available(args []string) error {
	if len(args) == 0 || args[0] == "" {
		return errors.New("no program to run: name one, as in `runprog run -- ./a.out`")
	}
	return nil
}

// logger writes to stderr, if anybody wants to know.
func logger(verbose bool) *slog.Logger {
	if !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// interrupted is the end of a run that was cancelled: no verdict, since what
// the program would have done is not known.
func interrupted(partial *runner.Result) error {
	if partial == nil {
		return errors.New("interrupted before the program started: no verdict")
	}
	return fmt.Errorf("interrupted: the program was stopped after %s, so there is no verdict", duration(partial.Wall))
}

// limitFlags are the flags of the limits whose names differ from theirs.
var limitFlags = map[string]string{"processes": "procs", "file_size": "file-size", "open_files": "files"}

// withMend adds the flag that mends a limit's error.
func withMend(err error) error {
	limit, ok := errors.AsType[*runner.LimitError](err)
	if !ok {
		return withoutRepeatable(err)
	}
	flag := limit.Name
	if name, ok := limitFlags[flag]; ok {
		flag = name
	}
	return fmt.Errorf("the limit on %s can't be enforced here: %w: write --%s unlimited to do without it, or --best-effort to do without whatever this machine lacks",
		limit.Name, limit.Err, flag)
}

// report writes the result, if there is one, and says what the exit status is
// to be.
func (o *runOptions) report(files *files, result *runner.Result, err error) error {
	if err != nil {
		// A machine that waits for a result gets one, which says so.
		if o.format == "text" {
			return err
		}
		if result == nil {
			result = failure(err)
		}
	}
	if writeErr := files.report(o.format, result); writeErr != nil {
		return errors.Join(err, writeErr)
	}
	switch {
	case err != nil:
		return err
	case result.Status != runner.OK:
		return errVerdict
	}
	return nil
}

// failure is the result of a run that there was none of.
func failure(err error) *runner.Result {
	const none = runner.Unmeasured
	return &runner.Result{
		Status: runner.InternalError, Error: err.Error(), ExitCode: none,
		CPU: none, User: none, System: none, Memory: none, RSS: none, ProcessesPeak: none, Instructions: none,
	}
}
