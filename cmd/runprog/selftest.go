package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/bailiff-judge/bailiff/internal/selftest"
	"github.com/bailiff-judge/bailiff/runner"
)

func selftestCommand() *cobra.Command {
	var modes []string
	var format, only string
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Attack this machine's sandboxes, and say which guarantees held",
		Long: `selftest runs programs that want what they must not get: more time, memory,
output or processes, files, other processes, a way out. Each comes as source and
is compiled here by cc; and compilers are given what they should not survive. An
attack that this machine can't be held to (runprog
doctor says why) is skipped, and counted.

Exit status: 0 if every guarantee held, 1 if one was broken, 2 if selftest
itself failed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format: %q is no format: text or json", format)
			}
			reports, err := attack(cmd.Context(), modes, only)
			if err != nil {
				return err
			}
			if format == "json" {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				err = encoder.Encode(reports)
			} else {
				err = printAttacks(cmd.OutOrStdout(), reports)
			}
			for _, r := range reports {
				if r.Verdict == selftest.Broken {
					err = errors.Join(err, errVerdict)
					break
				}
			}
			return err
		},
	}
	cmd.Flags().StringSliceVar(&modes, "mode", []string{string(runner.NS)}, "modes to attack: ns, pool, ptrace, notify")
	cmd.Flags().StringVar(&only, "only", "", "attacks whose class or command contains this")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func attack(ctx context.Context, modes []string, only string) (reports []*selftest.Report, err error) {
	arsenal, err := selftest.NewArsenal()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, arsenal.Close()) }()
	host, err := selftest.NewHost()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	sandbox, err := runner.New(runner.Options{BestEffort: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sandbox.Close()) }()
	var chosen []selftest.Attack
	for _, a := range selftest.Attacks() {
		if strings.Contains(a.Class, only) || strings.Contains(a.Command, only) {
			chosen = append(chosen, a)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("--only: no attack is called %q", only)
	}
	progress := io.Discard
	if term.IsTerminal(int(os.Stderr.Fd())) {
		progress = os.Stderr
	}
	bar := progressbar.NewOptions(len(chosen)*len(modes), progressbar.OptionSetWriter(progress),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	for _, mode := range modes {
		bench := selftest.Bench{Sandbox: sandbox, Arsenal: arsenal, Mode: runner.Mode(mode), Machine: selftest.Here(), Host: host}
		for i := range chosen {
			bar.Describe(chosen[i].Class)
			report, err := bench.Run(ctx, &chosen[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", chosen[i].Command, err)
			}
			reports = append(reports, report)
			_ = bar.Add(1)
		}
	}
	return reports, bar.Finish()
}

// printAttacks prints a table by class, and evidence for what was broken.
func printAttacks(w io.Writer, reports []*selftest.Report) error {
	type key struct{ mode, class string }
	var order []key
	counts := map[key]*[3]int{}
	var total [3]int
	for _, r := range reports {
		k := key{r.Mode, r.Class}
		if counts[k] == nil {
			counts[k] = new([3]int)
			order = append(order, k)
		}
		counts[k][r.Verdict]++
		total[r.Verdict]++
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"mode", "class", "held", "broken", "skipped"})
	for _, k := range order {
		c := counts[k]
		t.AppendRow(table.Row{k.mode, k.class, c[selftest.Held], c[selftest.Broken], c[selftest.Skipped]})
	}
	t.AppendFooter(table.Row{"", "all", total[selftest.Held], total[selftest.Broken], total[selftest.Skipped]})
	fmt.Fprintln(w, t.Render())
	skipped, retried := map[string]int{}, map[string]int{}
	for _, r := range reports {
		if r.Retried != "" {
			retried[r.Retried]++
		}
		switch r.Verdict {
		case selftest.Broken:
			fmt.Fprintf(w, "\nBROKEN: %s, policy %s, mode %s\n%s\n", r.Command, r.Policy, r.Mode, indent(r.Evidence))
		case selftest.Skipped:
			skipped[r.Evidence]++
		}
	}
	for reason, n := range skipped {
		fmt.Fprintf(w, "\n%d skipped: %s\n", n, reason)
	}
	for reason, n := range retried {
		fmt.Fprintf(w, "\n%d started at the second try: %s\n", n, reason)
	}
	return nil
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
