package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// width is what notes are wrapped to.
const width = 90

// forPeople is the table for people.
func forPeople(w io.Writer, r *bench.Report) error {
	var b strings.Builder
	for _, line := range r.Machine.Lines() {
		fmt.Fprintf(&b, "%-11s %s\n", line[0], line[1])
	}
	fmt.Fprintf(&b, "%-11s %s in %d rounds, begun %s\n", "measured", r.Took.Round(100*time.Millisecond), r.Rounds, r.Started.Format(time.RFC3339))
	for _, warning := range r.Warnings {
		b.WriteString("\n" + paragraph("warning: ", warning))
	}
	b.WriteString("\n" + figuresTable(r))
	for _, note := range notes(r) {
		b.WriteString("\n" + paragraph("", note))
	}
	if missing := unmeasured(r); missing != "" {
		b.WriteString("\nnot measured\n" + missing)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func paragraph(first, text string) string {
	return trimmed(prettytext.WrapSoft(first+text, width))
}

// plain is a table without lines but those between groups.
func plain() table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Options.SeparateHeader = true
	style.Format.Header = prettytext.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	return t
}

func figuresTable(r *bench.Report) string {
	t := plain()
	t.AppendHeader(table.Row{"µs", "p50", "p90", "p99", "floors", "samples", "a second"})
	var right []table.ColumnConfig
	for column := 2; column <= 7; column++ {
		right = append(right, table.ColumnConfig{Number: column, Align: prettytext.AlignRight, AlignHeader: prettytext.AlignRight})
	}
	t.SetColumnConfigs(right)
	group := ""
	for _, row := range r.Measured() {
		if row.Group != group {
			if group != "" {
				t.AppendRow(table.Row{""})
			}
			group = row.Group
			t.AppendRow(table.Row{group})
		}
		t.AppendRow(table.Row{"  " + row.Name, micros(row.P50), micros(row.P90), micros(row.P99), floors(row.Floors),
			thousands(int64(row.Samples)), rate(row)})
	}
	return trimmed(t.Render())
}

// trimmed is a text without blanks at the ends of its lines.
func trimmed(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// rate is how much all workers together did in a second; of one it says no
// more than the p50 does.
func rate(row bench.Result) string {
	if row.Workers == 0 {
		return ""
	}
	return thousands(int64(row.PerSecond))
}

// notes say what a reader of the figures must know.
func notes(r *bench.Report) []string {
	list := generalNotes(r)
	for _, row := range r.Measured() {
		if row.Differs != "" {
			list = append(list, row.ID()+": "+row.About+". What differs: "+row.Differs)
		}
	}
	return list
}

// generalNotes are those about the whole.
func generalNotes(r *bench.Report) []string {
	list := []string{"A floor is the p50 of " + r.Floor + ". No p90 is given of fewer than 10 samples, no p99 of fewer than 100."}
	tiny, libc := r.Find("start/floor"), r.Find("start/floor, true")
	if tiny != nil && libc != nil {
		list = append(list, fmt.Sprintf("The program is one of a few instructions that only exits, or /bin/true where a row says so. "+
			"The same start takes %s µs with the one and %s µs with the other, before any sandbox: the dynamic loader and libc map "+
			"files, relocate, and ask for the CPU's features by CPUID, which traps into the hypervisor of a virtual machine. "+
			"So what a sandbox costs shows with the first.", micros(tiny.P50), micros(libc.P50)))
	}
	return list
}

// unmeasured is a line for each row without figures, or whose measuring failed.
func unmeasured(r *bench.Report) string {
	var b strings.Builder
	for _, row := range r.Rows {
		switch {
		case row.Failed != "":
			b.WriteString(paragraph("  ", row.ID()+": failed: "+row.Failed))
		case row.Unavailable != nil:
			b.WriteString(paragraph("  ", row.ID()+": "+row.Unavailable.Error()))
		}
	}
	return b.String()
}

// List writes what can be measured.
func List(w io.Writer, rows []bench.Row) error {
	t := plain()
	t.AppendHeader(table.Row{"row", "what it is"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: width, WidthMaxEnforcer: prettytext.WrapSoft}})
	for _, row := range rows {
		about := row.About
		if row.Differs != "" {
			about += ". What differs: " + row.Differs
		}
		t.AppendRow(table.Row{row.ID(), about})
	}
	_, err := io.WriteString(w, trimmed(t.Render()))
	return err
}
