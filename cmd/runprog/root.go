package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(runCommand(), policyCommand())
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

// flagError names the flag, what is wrong with it, and the mend.
func flagError(cmd *cobra.Command, err error) error {
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, missing)
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := invalid.GetFlag()
		if f.NoOptDefVal != "" { // pflag's mark of a flag that may stand alone
			return fmt.Errorf("--%s takes no value, but has %q: write it alone", f.Name, invalid.GetValue())
		}
		return fmt.Errorf("--%s %q: %w", f.Name, invalid.GetValue(), invalid.Unwrap())
	}
	if bare, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		f := bare.GetFlag()
		kind, usage := pflag.UnquoteUsage(f)
		return fmt.Errorf("--%s needs a value: write --%s %s (%s)", f.Name, f.Name, kind, usage)
	}
	return fmt.Errorf("%w: see `%s --help`", err, cmd.CommandPath())
}

func unknownFlag(cmd *cobra.Command, missing *pflag.NotExistError) error {
	// One dash is how Go's own commands write long names: -cpu is read as -c -p -u.
	typed, name := "--"+missing.GetSpecifiedName(), missing.GetSpecifiedName()
	if short := missing.GetSpecifiedShortnames(); short != "" {
		typed, name = "-"+short, short
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if like := nearest.Name(name, names); like != "" {
		return fmt.Errorf("unknown flag %s: did you mean --%s?", typed, like)
	}
	return fmt.Errorf("unknown flag %s: see `%s --help`; a program's own flags come after its name", typed, cmd.CommandPath())
}
