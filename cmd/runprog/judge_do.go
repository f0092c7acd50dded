package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/bailiff-judge/bailiff/cmd/runprog/internal/report"
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// judge is the command judge, its flags read.
func (o *judgeOptions) judge(ctx context.Context, args []string) (err error) {
	if o.margin < 0 || o.margin > 100 {
		return fmt.Errorf("--margin %v: a margin is a percentage from 0 to 100", o.margin)
	}
	submission, err := o.submission(args)
	if err != nil {
		return err
	}
	// Whatever is wrong is said before anything is compiled.
	problem, tests, err := o.problem(args[0])
	if err != nil {
		return err
	}
	reports, err := openReports(o.reports)
	if err != nil {
		return err
	}
	defer reports.discard()
	transcript, err := o.openTranscript()
	if err != nil {
		return err
	}
	if transcript != nil {
		defer transcript.discard()
	}
	for _, w := range problem.Warnings {
		fmt.Fprintln(os.Stderr, "runprog: warning:", w)
	}
	j, done, err := o.newJudge()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	how := judge.How{All: o.all, Margin: o.margin / 100, Transcript: transcript != nil}
	if o.margin == 0 {
		how.Margin = -1
	}
	progress := newProgress(problem)
	how.Events = progress.event
	result, err := j.Judge(ctx, submission, problem, how)
	progress.close()
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted: everything was stopped, and there is no verdict")
		}
		return withMend(withInstall(err))
	}
	if err := writeTranscripts(transcript, result); err != nil {
		return fmt.Errorf("--transcript %s: %w", o.transcript, err)
	}
	return o.show(report.Report{Name: submission.Name, Tests: tests, Result: result, When: time.Now()}, reports)
}

// newJudge makes the judge; done gives everything back.
func (o *judgeOptions) newJudge() (_ *judge.Judge, done func() error, err error) {
	log := logger(o.verbose)
	sandbox, err := runner.New(runner.Options{Logger: log, BestEffort: o.bestEffort})
	if err != nil {
		return nil, nil, err
	}
	compiler, err := language.NewCompiler(language.CompilerOptions{Dir: o.cache, Logger: log})
	if err != nil {
		return nil, nil, errors.Join(err, sandbox.Close())
	}
	j, err := judge.New(judge.Options{Sandbox: sandbox, Compiler: compiler, Jobs: o.jobs, Logger: log})
	if err != nil {
		return nil, nil, errors.Join(err, sandbox.Close())
	}
	return j, func() error { return errors.Join(j.Close(), sandbox.Close()) }, nil
}

// withInstall says what to install, if a toolchain is missing.
func withInstall(err error) error {
	missing, ok := errors.AsType[*language.MissingError](err)
	if !ok || len(missing.Language.Install.Debian) == 0 {
		return err
	}
	return fmt.Errorf("%w: on Debian or Ubuntu: apt-get install %s", err, missing.Language.Install.Debian[0])
}

// show prints the result and writes the reports. Its error says what the exit
// status is to be.
func (o *judgeOptions) show(r report.Report, reports *reports) error {
	var err error
	if o.format == "text" {
		err = report.Text(os.Stdout, r, terminalOf(os.Stdout))
	} else {
		err = report.Write(os.Stdout, o.format, r)
	}
	if err = errors.Join(err, reports.write(r)); err != nil {
		return err
	}
	switch r.Result.Verdict {
	case judge.Accepted:
		return nil
	case judge.JudgeError:
		return fmt.Errorf("no verdict: %s", r.Result.Error)
	}
	return errVerdict
}

// terminalOf is what a file can show.
func terminalOf(file *os.File) report.Terminal {
	if !term.IsTerminal(int(file.Fd())) {
		return report.Terminal{}
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		width = 0
	}
	return report.Terminal{Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", Width: width}
}

// reports are files that are written when everything is known; each is made
// beside its place first, so that a reader sees all of it or none.
type reports struct{ files []reportFile }

type reportFile struct {
	path, format string
	file         *files
}

func openReports(paths []string) (_ *reports, err error) {
	r := new(reports)
	for _, path := range paths {
		format, err := report.FormatOf(path)
		if err != nil {
			r.discard()
			return nil, fmt.Errorf("--report %w", err)
		}
		f := new(files)
		if err := f.openResult("report", path); err != nil {
			r.discard()
			return nil, err
		}
		r.files = append(r.files, reportFile{path, format, f})
	}
	return r, nil
}

func (r *reports) write(what report.Report) error {
	for _, f := range r.files {
		err := report.Write(f.file.result, f.format, what)
		if err = errors.Join(err, f.file.finish()); err != nil {
			return fmt.Errorf("--report %s: %w", f.path, err)
		}
	}
	return nil
}

func (r *reports) discard() {
	for _, f := range r.files {
		f.file.discard()
	}
}
