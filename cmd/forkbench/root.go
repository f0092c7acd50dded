package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/render"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/rows"
	"github.com/bailiff-judge/bailiff/cmd/internal/usage"
	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// flags are those of the command.
type flags struct {
	only, format, html, picture, output string
	duration                            time.Duration
	list, buildPeers                    bool
}

func newRoot() *cobra.Command {
	f := flags{format: "text", duration: time.Minute}
	cmd := &cobra.Command{
		Use:   "forkbench",
		Short: "Measure what starting a program in a sandbox costs, on this machine",
		Long: `forkbench measures what it costs to start a program: bare, in each part of a
sandbox, in Bailiff's sandboxes, and in others that are installed here. The rows
take turns, in rounds, each time in another order, so that what is compared was
measured in the same minute.

The unit to compare by is the floor: a vfork, exec and wait of a static program
that only exits. No start costs less on this machine.

Exit status: 0, or 2 if the command line is wrong or a row failed. A row that
there are no means for here says so, with how to get them, and is no failure.`,
		Example: `  forkbench
  forkbench --only 'start/|run/|peer/' --html report.html
  forkbench --format go >new.txt && benchstat old.txt new.txt`,
		Args:          noArguments,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	cmd.SetFlagErrorFunc(usage.FlagError(""))
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.Flags().StringVar(&f.only, "only", "", "measure only the rows whose group/name matches `REGEX`; the floor is always measured")
	cmd.Flags().DurationVar(&f.duration, "duration", f.duration, "how long to measure, all rows together; preparing them comes on top")
	cmd.Flags().BoolVar(&f.list, "list", false, "print the rows, and measure nothing")
	cmd.Flags().StringVar(&f.format, "format", f.format, "print as `FORMAT`: "+strings.Join(render.Formats(), ", ")+" (go is what benchstat reads)")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "print to `FILE`, not to stdout")
	cmd.Flags().StringVar(&f.html, "html", "", "also write a report with plots to `FILE`, a page that needs no others")
	cmd.Flags().StringVar(&f.picture, "picture", "", "also write the plot of all rows to `FILE`, a .svg or .png")
	cmd.Flags().BoolVar(&f.buildPeers, "build-peers", false, "first build what peers need that are Go libraries; wants the go command and this project's sources")
	complete := func(values []string) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	for name, f := range map[string]cobra.CompletionFunc{"format": complete(render.Formats()), "only": cobra.NoFileCompletions} {
		if err := cmd.RegisterFlagCompletionFunc(name, f); err != nil {
			panic(err) // only if there is no such flag
		}
	}
	cmd.AddCommand(serveCommand())
	return cmd
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is no flag; forkbench takes no arguments: to choose rows write `forkbench --only %s`", args[0], regexp.QuoteMeta(args[0]))
	}
	return nil
}

func run(cmd *cobra.Command, f flags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	env, err := rows.NewEnv([]string{self, serveName}, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Close()) }()
	chosen, err := choose(env.All(), f.only)
	if err != nil {
		return err
	}
	if f.list {
		return render.List(cmd.OutOrStdout(), chosen)
	}
	if f.buildPeers {
		if err := rows.BuildPeers(cmd.Context(), cmd.ErrOrStderr()); err != nil {
			return err
		}
	}
	progress := newProgress(os.Stderr)
	report, err := bench.Run(cmd.Context(), chosen, bench.Options{
		Duration: f.duration, Floor: rows.Floor, Machine: bench.ThisMachine(), Progress: progress.tell})
	progress.done()
	if err == nil {
		err = report.Failures()
	}
	// What was measured is written, whatever failed.
	return errors.Join(err, f.write(cmd.OutOrStdout(), report))
}

// check finds mistakes before a minute is spent.
func (f *flags) check() error {
	if f.duration <= 0 {
		return fmt.Errorf("--duration %v: must be more than 0, such as 30s", f.duration)
	}
	if err := render.CheckFormat(f.format); err != nil {
		return fmt.Errorf("--format %q: %w", f.format, err)
	}
	if f.picture != "" {
		if err := render.CheckPicture(f.picture); err != nil {
			return fmt.Errorf("--picture %s: %w", f.picture, err)
		}
	}
	return nil
}

func (f *flags) write(stdout io.Writer, report *bench.Report) error {
	var errs []error
	if f.output == "" {
		errs = append(errs, render.Report(stdout, f.format, report))
	} else {
		errs = append(errs, toFile(f.output, func(w io.Writer) error { return render.Report(w, f.format, report) }))
	}
	if f.html != "" {
		errs = append(errs, toFile(f.html, func(w io.Writer) error { return render.HTML(w, report) }))
	}
	if f.picture != "" {
		errs = append(errs, toFile(f.picture, func(w io.Writer) error { return render.Picture(w, f.picture, report) }))
	}
	return errors.Join(errs...)
}

func toFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// choose returns the rows that match, and the floor before them.
func choose(all []bench.Row, only string) (chosen []bench.Row, err error) {
	re, err := regexp.Compile(only)
	if err != nil {
		return nil, fmt.Errorf("--only %q: %w", only, err)
	}
	matches := 0
	var ids []string
	for _, row := range all {
		ids = append(ids, row.ID(), row.Group)
		matched := re.MatchString(row.ID())
		if matched {
			matches++
		}
		if matched || row.ID() == rows.Floor {
			chosen = append(chosen, row)
		}
	}
	if matches == 0 {
		mend := ""
		if like := nearest.Name(only, ids); like != "" {
			mend = fmt.Sprintf(" did you mean %q?", like)
		}
		return nil, fmt.Errorf("--only %q: no row matches:%s `forkbench --list` prints all", only, mend)
	}
	return chosen, nil
}

// serveName is the command by which forkbench starts itself as a parent of
// another size.
const serveName = "serve"

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: serveName + " BYTES PROGRAM", Hidden: true, Args: cobra.ExactArgs(2),
		Short: "Measure starts from a process that holds so much memory; for forkbench itself",
		RunE: func(cmd *cobra.Command, args []string) error {
			hold, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return err
			}
			return rows.Serve(cmd.InOrStdin(), cmd.OutOrStdout(), hold, args[1])
		},
	}
}
