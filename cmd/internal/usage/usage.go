// Package usage says what is wrong with a command line, and how to mend it.
package usage

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// FlagError returns a function for [cobra.Command.SetFlagErrorFunc] that names
// the flag, what is wrong with it, and the mend. The hint is added where there
// is no such flag.
func FlagError(hint string) func(*cobra.Command, error) error {
	return func(cmd *cobra.Command, err error) error { return flagError(cmd, err, hint) }
}

func flagError(cmd *cobra.Command, err error, hint string) error {
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, missing, hint)
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

func unknownFlag(cmd *cobra.Command, missing *pflag.NotExistError, hint string) error {
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
	return fmt.Errorf("unknown flag %s: see `%s --help`%s", typed, cmd.CommandPath(), hint)
}
