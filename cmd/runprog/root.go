package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bailiff-judge/bailiff/cmd/internal/usage"
	"github.com/bailiff-judge/bailiff/internal/nearest"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "runprog",
		Short: "Run programs nobody trusts, under exact limits, and say what happened",
		Long: `runprog runs a program nobody trusts, once, under exact limits, and says what
happened to it. Begin with:

  runprog run -- ./a.out

Exit status: 0 the verdict is ok, 1 any other verdict, 2 there is no verdict,
because the command line is wrong or runprog itself failed.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		// Names that are no command come here, to be told what to do instead.
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetFlagErrorFunc(usage.FlagError("; a program's own flags come after its name"))
	root.AddCommand(languagesCommand(), runCommand(), judgeCommand(), verifyCommand(), policyCommand(), doctorCommand(), selftestCommand(), manualCommand())
	return root
}

// unknownCommand says what was meant: a command, or a program to run.
func unknownCommand(root *cobra.Command, name string) error {
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return fmt.Errorf("%s is a program, not a command: write `runprog run -- %s`", name, name)
	}
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if like := nearest.Name(name, names); like != "" {
		return fmt.Errorf("unknown command %q: did you mean %q?", name, like)
	}
	return fmt.Errorf("unknown command %q: there are %s; to run a program write `runprog run -- %s`",
		name, strings.Join(names, ", "), name)
}
