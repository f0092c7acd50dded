package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bailiff-judge/bailiff/internal/doctor"
)

func doctorCommand() *cobra.Command {
	var purpose, format string
	var all bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can guarantee, what it can't, and how to mend it",
		Long: `doctor tries and reads what Bailiff builds on: calls of the kernel, namespaces,
cgroups, tracing, clocks, and what makes times repeatable. Each line is ok,
degraded or missing; for what is not ok it says what that weakens, and what
mends it.

Exit status: 0 if nothing is missing that the use needs, 1 if something is, 2 if
the command line is wrong.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if purpose == "" {
				purpose = "user"
				if os.Geteuid() == 0 {
					purpose = "root"
				}
			}
			use, err := doctor.ParseUse(purpose)
			if err != nil {
				return fmt.Errorf("--for: %w", err)
			}
			lines, fit := doctor.Here().Examine(use)
			switch format {
			case "json":
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				err = encoder.Encode(struct {
					For   string        `json:"for"`
					Fit   bool          `json:"fit"`
					Lines []doctor.Line `json:"lines"`
				}{purpose, fit, lines})
			case "text":
				err = printDoctor(cmd.OutOrStdout(), purpose, lines, fit, all)
			default:
				return fmt.Errorf("--format: %q is no format: text or json", format)
			}
			if err == nil && !fit {
				err = errVerdict
			}
			return err
		},
	}
	cmd.Flags().StringVar(&purpose, "for", "", "what the machine is for: root, user or contest (default: root if you are root, else user)")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().BoolVar(&all, "all", false, "say also of what is ok what it is for")
	return cmd
}

// printDoctor prints the report, class by class.
func printDoctor(w io.Writer, purpose string, lines []doctor.Line, fit, all bool) error {
	class := ""
	counts := map[doctor.State]int{}
	for _, l := range lines {
		if l.Class != class {
			class = l.Class
			fmt.Fprintf(w, "%s\n", class)
		}
		counts[l.State]++
		needed := ""
		if l.Needed && l.State == doctor.Missing {
			needed = ", needed for " + purpose
		}
		fmt.Fprintf(w, "  %-9s %-24s %s%s\n", l.State, l.Name, l.Detail, needed)
		if all || l.State != doctor.OK {
			fmt.Fprintf(w, "            why:  %s\n", l.Why)
		}
		if l.State != doctor.OK {
			fmt.Fprintf(w, "            mend: %s\n", l.Mend)
		}
	}
	verdict := "fit for " + purpose
	if !fit {
		verdict = "not fit for " + purpose
	}
	_, err := fmt.Fprintf(w, "\n%s: %d ok, %d degraded, %d missing\n", verdict, counts[doctor.OK], counts[doctor.Degraded], counts[doctor.Missing])
	return err
}
