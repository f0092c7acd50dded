package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/bailiff-judge/bailiff/cmd/runprog/internal/report"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/judge/pack"
)

// verifyOptions are the flags of verify; those that both have are judge's.
type verifyOptions struct {
	judgeOptions
	languages []string
}

func verifyCommand() *cobra.Command {
	o := &verifyOptions{judgeOptions: judgeOptions{format: "text"}}
	cmd := &cobra.Command{
		Use:   "verify [flags] PROBLEM_DIR",
		Short: "Judge every submission of a problem package against the verdict it promises",
		Long: `verify judges each submission that a problem package comes with, in its
language, in the sandbox, and compares the verdict with the one that its folder,
its tag or the package's files promise. Inputs are checked first, by the
programs that the package has for that.

Packages are those of Kattis and the ICPC (legacy and 2023-07), with DOMjudge's
domjudge-problem.ini and @EXPECTED_RESULTS@, and those of Polygon. What is odd
about a package's files is said on stderr. If a package has no time limit, the
slowest accepted submission makes one, as the format wants it.

Submissions in languages whose toolchain is not here are skipped and counted
apart: see runprog languages.

Exit status: 0 all agree and all inputs are valid, 1 some are not, 2 the command
line is wrong, the package can't be read, runprog failed or was interrupted.`,
		Example: `  runprog verify problems/guess
  runprog verify --language cpp --language python3 problems/guess
  runprog verify --format junit problems/guess > junit.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name one folder with a problem package, as in `runprog verify problems/guess`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.verify(cmd.Context(), args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.languages, "language", nil, "`ID` of a language whose submissions alone are judged (repeatable)")
	f.IntVar(&o.jobs, "jobs", 0, "`N` tests side by side, each on a CPU of its own (default: one for each core)")
	f.BoolVar(&o.all, "all", false, "run all tests of each submission, instead of stopping where a contest would")
	f.Var(choice{&o.format, "FORMAT", report.VerifyFormats()}, "format", "of what is printed: text, json, junit")
	f.StringVar(&o.cache, "cache", "", "`FOLDER` where compiled programs are kept (default: bailiff in the user's cache folder)")
	f.BoolVar(&o.bestEffort, "best-effort", false, "run even if a limit can't be enforced here")
	f.BoolVar(&o.verbose, "verbose", false, "log to stderr what the judge does")
	complete(cmd, "format", report.VerifyFormats(), cobra.ShellCompDirectiveNoFileComp)
	return cmd
}

func (o *verifyOptions) verify(ctx context.Context, dir string) (err error) {
	set, err := language.Builtin()
	if err != nil {
		return err
	}
	for _, id := range o.languages {
		if _, err := set.Find(id); err != nil {
			return fmt.Errorf("--language: %w", err)
		}
	}
	p, err := pack.Load(dir)
	if err != nil {
		return err
	}
	for _, w := range p.Problem.Warnings {
		fmt.Fprintln(os.Stderr, "runprog: warning:", w)
	}
	j, done, err := o.newJudge()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	progress := newVerifyProgress(len(p.Submissions))
	v, err := pack.Verify(ctx, j, p, pack.VerifyOptions{Languages: o.languages, All: o.all, Events: progress.event})
	progress.close()
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted: everything was stopped, and nothing can be said of the package")
		}
		return withMend(err)
	}
	shown := report.Verification{Verification: v, When: time.Now()}
	if err := report.WriteVerification(os.Stdout, o.format, shown, terminalOf(os.Stdout)); err != nil {
		return err
	}
	if !v.OK() {
		return errVerdict
	}
	return nil
}

// verifyProgress shows how far a verification is, on a terminal.
type verifyProgress struct {
	bar *progressbar.ProgressBar // nil is silence
	bad int
}

func newVerifyProgress(submissions int) *verifyProgress {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return &verifyProgress{}
	}
	return &verifyProgress{bar: progressbar.NewOptions(submissions,
		progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetDescription("checking inputs"),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.ThemeUnicode),
	)}
}

// event takes one of pack's. The bar's errors are its own, as judge's are.
func (p *verifyProgress) event(e pack.VerifyEvent) {
	if p.bar == nil {
		return
	}
	p.bar.ChangeMax(e.Total)
	switch {
	case e.Started != nil:
		text := e.Started.Path
		if p.bad > 0 {
			text += fmt.Sprintf(" (%d don't agree)", p.bad)
		}
		p.bar.Describe(text)
	case e.Finished != nil:
		if a := e.Finished.Agrees; a != nil && !*a {
			p.bad++
		}
		_ = p.bar.Set(e.Done)
	}
}

func (p *verifyProgress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
}
