package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bailiff-judge/bailiff/internal/learn"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Read, ask, test, compare and learn what programs may call",
		Long: `policy is about what programs may call and what they may open. A policy is one of
those that come with runprog (` + strings.Join(policy.Names(), ", ") + `)
or a file: whatever has a slash in it, or ends in .yaml.

Exit status: 0 it is done, 1 expectations are not met (test) or policies differ
(diff), 2 the command line is wrong or runprog itself failed.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	cmd.AddCommand(showCommand(), explainCommand(), testCommand(), diffCommand(), learnCommand())
	return cmd
}

// completePolicy offers the names of policies for the first n arguments, and
// files everywhere.
func completePolicy(n int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) < n {
			return policy.Names(), cobra.ShellCompDirectiveDefault
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
}

func showCommand() *cobra.Command {
	var bpf bool
	cmd := &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Print a policy's rules, with what its groups mean",
		Example: `  runprog policy show strict
  runprog policy show --bpf ./ours.yaml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePolicy(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := policy.Load(args[0])
			if err != nil {
				return err
			}
			if !bpf {
				fmt.Fprint(cmd.OutOrStdout(), p)
				return nil
			}
			// As runs have it: who holds the listener kills, and can say why.
			f, err := p.Filter(policy.FilterOptions{Kill: seccomp.Notify, Ask: seccomp.Notify})
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), f)
			return nil
		},
	}
	cmd.Flags().BoolVar(&bpf, "bpf", false, "print the filter it is compiled to, one instruction a line")
	return cmd
}

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain NAME|FILE CALL [ARGUMENT...]",
		Short: "Say what happens to a system call, and which rule says so",
		Long: `explain says what a policy does with a call, and why. Arguments are numbers,
names of constants joined by |, and absolute paths, in the call's own order; a
path takes the place of the next argument that is one. What is left out is 0.`,
		Example: `  runprog policy explain default openat /etc/shadow
  runprog policy explain strict socket AF_INET
  runprog policy explain threads clone 'CLONE_VM|CLONE_SIGHAND|CLONE_THREAD'`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: completePolicy(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := policy.Load(args[0])
			if err != nil {
				return err
			}
			answer, err := p.Explain(args[1:]...)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), answer)
			return nil
		},
	}
}

func testCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test NAME|FILE EXPECTATIONS",
		Short: "Compare a policy with a table of expectations",
		Long: `test reads a list of calls, written as for explain, with the action that is
expected: allow, log, ask, kill, trap, or an errno. It prints what is otherwise.

  - {call: openat /etc/shadow, expect: EACCES}
  - {call: ptrace, expect: kill}`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completePolicy(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := policy.Load(args[0])
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[1])
			if err != nil {
				return err
			}
			expectations, err := policy.ParseExpectations(args[1], text)
			if err != nil {
				return err
			}
			mismatches, err := p.Test(expectations)
			if err != nil {
				return fmt.Errorf("%s: %w", args[1], err)
			}
			for _, m := range mismatches {
				fmt.Fprintf(cmd.OutOrStdout(), "%s:%d: %s: expected %s, got %s\n", args[1], m.Line, m.Call, m.Expect, m.Answer)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d of %d as expected\n", len(expectations)-len(mismatches), len(expectations))
			if len(mismatches) > 0 {
				return errVerdict
			}
			return nil
		},
	}
}

func diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "diff A B",
		Short:             "Print what two policies answer differently",
		Example:           `  runprog policy diff strict threads`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completePolicy(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := policy.Load(args[0])
			if err != nil {
				return err
			}
			b, err := policy.Load(args[1])
			if err != nil {
				return err
			}
			differences := policy.Diff(a, b)
			for _, d := range differences {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n  - %s\n  + %s\n", d.What, d.A, d.B)
			}
			if len(differences) > 0 {
				return errVerdict
			}
			return nil
		},
	}
}

func learnCommand() *cobra.Command {
	var output, about string
	runs := 1
	cmd := &cobra.Command{
		Use:   "learn [flags] -- PROGRAM [ARGS...]",
		Short: "Run a program you trust, and write the smallest policy that would have let it pass",
		Long: `learn runs a program as you, outside any sandbox, and notes every system call it
and its children make. Run it on programs that you trust alone. What the policy
permissive refuses is refused here, too. Every call then costs some
microseconds.

A program that does other things on another input, or another day, needs more:
learn from several runs (each reads the same stdin, if that is a file), or add
to what is written.`,
		Example: `  runprog policy learn -o sum.yaml -- ./sum <1.in
  runprog policy learn --runs 5 -o java.yaml -- java -cp . Main <1.in`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if runs < 1 {
				return errors.New("--runs wants at least 1")
			}
			text, err := learned(args, runs, about)
			if err != nil {
				return err
			}
			if output != "" {
				return os.WriteFile(output, text, 0o666)
			}
			// stdout is the program's.
			_, err = os.Stderr.Write(text)
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the policy to `FILE`, not to stderr")
	cmd.Flags().StringVar(&about, "about", "", "whom the policy is for, as its first line says")
	cmd.Flags().IntVar(&runs, "runs", runs, "run it `N` times, and write what all of them need")
	cmd.Flags().SetInterspersed(false)
	return cmd
}

// learned is the policy of a program, as a file.
func learned(args []string, runs int, about string) ([]byte, error) {
	base, err := policy.Named("permissive")
	if err != nil {
		return nil, err
	}
	if about == "" {
		about = "Learned from " + strings.Join(args, " ")
	}
	learner := policy.NewLearner(base)
	for i := range runs {
		if i > 0 {
			if _, err := os.Stdin.Seek(0, 0); err != nil {
				return nil, fmt.Errorf("to run more than once, stdin must be a file: %w", err)
			}
		}
		status, err := learn.Run(learn.Program{Args: args, Env: os.Environ(),
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, learner)
		if err != nil {
			return nil, err
		}
		if status.Signaled() {
			fmt.Fprintf(os.Stderr, "runprog: %s ended by %v: the policy may be too small\n", args[0], status.Signal())
		}
	}
	return learner.Definition(about).YAML()
}
