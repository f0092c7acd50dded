package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/bailiff-judge/bailiff/cmd/runprog/internal/report"
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// judgeOptions are the flags of judge.
type judgeOptions struct {
	tests      string
	pkg        string
	limits     runner.Limits
	checker    string
	protocol   string
	interactor string
	transcript string
	language   string
	jobs       int
	all        bool
	margin     float64
	format     string
	reports    []string
	cache      string
	bestEffort bool
	verbose    bool
}

// protocols are the words of --protocol.
var protocols = []string{"auto", checker.Kattis.String(), checker.Testlib.String()}

func judgeCommand() *cobra.Command {
	o := &judgeOptions{format: "text", protocol: "auto", margin: 5}
	cmd := &cobra.Command{
		Use:   "judge [flags] SOURCE...",
		Short: "Compile a submission, run it on a folder of tests, say the verdict",
		Long: `judge compiles the sources in a sandbox, runs the program on each test in
another one, has the outputs checked, and prints the verdict that a contest
would give.

The tests are in the folder of --tests, or beside the first source: in a folder
called as the source without its extension, or tests, data, sample and the like,
or in the source's own. An input and its answer are called 1.in and 1.ans (or
.out, .a), input1.txt and output1.txt, or 1 and 1.a; folders within are groups.
Or they, the limits and the checker are those of a problem package (Kattis, ICPC,
DOMjudge, Polygon): of --problem, or of the one whose submission the source is.

The checker is built in (` + strings.Join(checker.Kinds(), ", ") + `, with options as in floats:1e-6 or
tokens:ignore-case) or a source file of one's own, which is compiled and runs in
a sandbox as well. A checker that includes testlib.h is called as those are; any
other as the Kattis problem format has it (exit 42 accepted, 43 wrong answer).

Limits hold for each test. What the runtime of a language needs comes on top.
What was compiled is kept, so the same sources are compiled once.

Exit status: 0 accepted, 1 any other verdict, 2 there is none, because the
command line is wrong, the judge, the checker or the tests failed
(judge_error), or runprog was interrupted.`,
		Example: `  # The tests are beside it, in a folder called tests
  runprog judge sol.cpp

  # Others, with other limits, to the end, and a page to look at
  runprog judge --tests secret --cpu 500ms --memory 64M --all --report out.html sol.py

  # Numbers may be off by a millionth; a checker of one's own
  runprog judge --checker floats:1e-6 sol.cpp
  runprog judge --checker check.cpp sol.cpp

  # An interactor, and what it and the solution said to each other
  runprog judge --interactor answer.cpp --transcript said.txt sol.cpp

  # For machines
  runprog judge --format json sol.cpp
  runprog judge --report junit.xml sol.cpp`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.judge(cmd.Context(), args) },
	}
	o.define(cmd)
	return cmd
}

func (o *judgeOptions) define(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	d := runner.DefaultLimits()

	f.StringVar(&o.tests, "tests", "", "`FOLDER` with the tests (default: found beside the source)")
	f.StringVar(&o.pkg, "problem", "", "`FOLDER` with a problem package, for its tests, limits and checker (default: the one that the source is in)")
	f.StringVar(&o.checker, "checker", "", "what decides about outputs: a `NAME|FILE` (default tokens, or the package's)")
	f.Var(choice{&o.protocol, "PROTOCOL", protocols}, "protocol", "of a checker's own file, or an interactor's: "+strings.Join(protocols, ", "))
	f.StringVar(&o.interactor, "interactor", "", "`FILE` with a program that talks with the solution, and decides")
	f.StringVar(&o.transcript, "transcript", "", "`FILE` to write to what the two said, with times")
	f.StringVar(&o.language, "language", "", "`ID` of the sources' language (default: found by their names)")

	f.Var(timeLimit{&o.limits.CPU}, "cpu", "user and system time of each test (default "+d.CPU.String()+")")
	f.Var(timeLimit{&o.limits.Wall}, "wall", "time from start to end (default three times --cpu, and 1s)")
	f.Var(sizeLimit{&o.limits.Memory}, "memory", "memory, swap off (default "+countText(d.Memory, "KMGT")+")")
	f.Var(sizeLimit{&o.limits.Output}, "output", "bytes to stdout and stderr together (default "+countText(d.Output, "KMGT")+")")
	f.Var(sizeLimit{&o.limits.Stack}, "stack", "stack of the first thread (default "+countText(d.Stack, "KMGT")+")")
	f.Var(countLimit{&o.limits.Processes}, "procs", "processes and threads at one time (default "+countText(int64(d.Processes), "")+")")
	f.Float64Var(&o.margin, "margin", o.margin, "`PERCENT` of --cpu that a test may be over it, to be run again and the faster run to count; 0 is none")

	f.IntVar(&o.jobs, "jobs", 0, "`N` tests side by side, each on a CPU of its own (default: one for each core)")
	f.BoolVar(&o.all, "all", false, "run all tests, instead of stopping at the first that is not accepted")

	f.Var(choice{&o.format, "FORMAT", report.Formats()}, "format", "of what is printed: "+strings.Join(report.Formats(), ", "))
	f.StringArrayVar(&o.reports, "report", nil, "`FILE` to write a report to, too: .html, .xml (JUnit), .json or .txt (repeatable)")
	f.StringVar(&o.cache, "cache", "", "`FOLDER` where compiled programs are kept (default: bailiff in the user's cache folder)")
	f.BoolVar(&o.bestEffort, "best-effort", false, "run even if a limit can't be enforced here")
	f.BoolVar(&o.verbose, "verbose", false, "log to stderr what the judge does")

	complete(cmd, "format", report.Formats(), cobra.ShellCompDirectiveNoFileComp)
	complete(cmd, "protocol", protocols, cobra.ShellCompDirectiveNoFileComp)
	complete(cmd, "checker", checker.Kinds(), cobra.ShellCompDirectiveDefault) // files, too
}
