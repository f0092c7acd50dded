package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
)

// Terminal is what a text is for.
type Terminal struct {
	Color bool
	Width int // in columns; 0 is as wide as it gets
}

// barCells is the width of a bar, in columns.
const barCells = 10

// Text writes a table of all tests, the verdict, and of the first test that is
// not accepted what is known.
func Text(w io.Writer, r Report, terminal Terminal) error {
	p := &printer{terminal: terminal}
	res := r.Result
	p.line("%s", p.bold(r.Name)+p.faint("  "+compiled(res.Compile)))
	if res.Compile != nil && res.Compile.OK {
		p.table(res)
	}
	p.verdict(res)
	p.details(res)
	_, err := io.WriteString(w, p.b.String())
	return err
}

type printer struct {
	terminal Terminal
	b        strings.Builder
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(&p.b, format+"\n", args...)
}

func (p *printer) colored(s string, colors ...text.Color) string {
	if !p.terminal.Color || s == "" {
		return s
	}
	return text.Colors(colors).Sprint(s)
}

func (p *printer) bold(s string) string  { return p.colored(s, text.Bold) }
func (p *printer) faint(s string) string { return p.colored(s, text.Faint) }

// colorOf is what a verdict is shown in.
func colorOf(v judge.Verdict) text.Color {
	switch v {
	case judge.Accepted:
		return text.FgGreen
	case judge.Skipped:
		return text.FgHiBlack
	case judge.TimeLimitExceeded, judge.MemoryLimitExceeded, judge.OutputLimitExceeded:
		return text.FgYellow
	case judge.JudgeError:
		return text.FgMagenta
	}
	return text.FgRed
}

func (p *printer) table(r *judge.Result) {
	t := table.NewWriter()
	style := table.StyleRounded
	style.Options.SeparateColumns = false
	style.Options.DrawBorder = false
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	header := table.Row{"test", "verdict", "time of " + timeLimit(r), "memory of " + memoryLimit(r)}
	scored := r.Score != nil
	if scored {
		header = append(header, "score")
	}
	t.AppendHeader(append(header, ""))
	notes := p.noteWidth(r)
	for i := 0; i < len(r.Tests); i++ {
		test := &r.Tests[i]
		if last := i + skippedFrom(r.Tests[i:]) - 1; last > i+1 {
			t.AppendRow(table.Row{test.Name + " … " + r.Tests[last].Name, p.colored(verdict(test.Verdict), colorOf(test.Verdict))})
			i = last
			continue
		}
		row := table.Row{test.Name, p.colored(verdict(test.Verdict), colorOf(test.Verdict)), "", ""}
		if run := test.Result; run != nil {
			row[2] = p.bar(share(int64(run.CPU), int64(r.Limits.CPU))) + " " + duration(run.CPU)
			row[3] = p.bar(share(run.Memory, r.Limits.Memory)) + " " + size(run.Memory)
		}
		if scored {
			row = append(row, score(test.Score))
		}
		t.AppendRow(append(row, p.cut(note(test), notes)))
	}
	columns := []table.ColumnConfig{{Number: 1, WidthMax: maxName}}
	if scored {
		columns = append(columns, table.ColumnConfig{Number: 5, Align: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	p.line("%s", trimLines(t.Render()))
}

// noteWidth is how much room the other columns leave for notes.
func (p *printer) noteWidth(r *judge.Result) int {
	const usual, least = 48, 16
	if p.terminal.Width == 0 {
		return usual
	}
	name, word := len("test"), len("verdict")
	for _, t := range r.Tests {
		name = max(name, min(maxName, utf8.RuneCountInString(t.Name)))
		word = max(word, len(verdict(t.Verdict)))
	}
	// The two bars with their figures, the score, blanks between.
	others := name + word + 2*(barCells+len(" 999.9 MiB")) + len("score") + 2*6
	return max(least, p.terminal.Width-others)
}

// maxName is how wide names of tests may get.
const maxName = 40

// skippedFrom is how many tests at the beginning are skipped.
func skippedFrom(tests []judge.TestResult) int {
	n := 0
	for n < len(tests) && tests[n].Verdict == judge.Skipped {
		n++
	}
	return n
}

// trimLines takes off the blanks at the ends of lines.
func trimLines(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.Join(lines, "\n")
}

// bar is a part of a whole, in eighths of columns.
func (p *printer) bar(part float64) string {
	eighths := int(part*barCells*8 + 0.5)
	if part > 0 {
		eighths = max(1, eighths)
	}
	full := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		full += string([]rune(" ▏▎▍▌▋▊▉")[rest])
	}
	color := text.FgGreen
	switch {
	case part >= 1:
		color = text.FgRed
	case part > 0.5:
		color = text.FgYellow
	}
	return p.colored(full, color) + p.faint(strings.Repeat("░", barCells-utf8.RuneCountInString(full)))
}

// cut shortens a sentence to so many columns.
func (p *printer) cut(s string, most int) string {
	s, _, _ = strings.Cut(s, "\n")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}

func (p *printer) verdict(r *judge.Result) {
	mark := "✗"
	if r.Verdict == judge.Accepted {
		mark = "✓"
	}
	all, accepted, skipped := counts(r)
	parts := []string{p.colored(mark+" "+verdict(r.Verdict), text.Bold, colorOf(r.Verdict))}
	if r.Score != nil {
		parts = append(parts, p.bold(score(r.Score)+" points"))
	}
	if r.Compile != nil && r.Compile.OK {
		tests := fmt.Sprintf("%d of %d tests accepted", accepted, all)
		if skipped > 0 {
			tests += fmt.Sprintf(", %d not run", skipped)
		}
		parts = append(parts, tests)
	}
	if all != skipped {
		parts = append(parts, "at most "+duration(r.CPU)+" and "+size(r.Memory))
	}
	p.line("%s", strings.Join(parts, p.faint("  ·  ")))
	for _, g := range r.Groups {
		if g.Score != nil {
			p.line("  %s  %s  %s", g.Name, p.colored(verdict(g.Verdict), colorOf(g.Verdict)), score(g.Score))
		}
	}
}

// details are those of what decided.
func (p *printer) details(r *judge.Result) {
	switch {
	case r.Verdict == judge.CompileError:
		p.block("", r.Compile.Reason)
		p.block("", r.Compile.Diagnostics)
		return
	case r.Verdict == judge.JudgeError:
		p.block("", r.Error)
	}
	for i := range r.Tests {
		if t := &r.Tests[i]; t.Verdict > judge.Accepted {
			p.line("")
			p.line("%s", p.bold("test "+t.Name))
			p.test(t)
			return
		}
	}
}

func (p *printer) test(t *judge.TestResult) {
	p.block("  ", note(t))
	if t.Checker != nil && t.Checker.Mismatch != nil {
		m := t.Checker.Mismatch
		p.place("output", m.Output)
		p.place("answer", m.Answer)
	}
	if t.Checker != nil && t.Checker.TeamMessage != "" {
		p.line("  for the contestant:")
		p.block("    ", t.Checker.TeamMessage)
	}
	if t.Stderr != "" {
		p.line("  its stderr:")
		p.block("    ", t.Stderr)
	}
}

// place shows a place of a text, and points at it.
func (p *printer) place(what string, at checker.Place) {
	found := at.Found
	if at.End {
		found = "(the end)"
	}
	p.line("  %s  %s%s%s", p.faint(what), p.faint(at.Before), p.bold(found), p.faint(at.After))
	if mark := utf8.RuneCountInString(found); mark > 0 {
		p.line("  %s  %s%s", strings.Repeat(" ", len(what)), strings.Repeat(" ", utf8.RuneCountInString(at.Before)), strings.Repeat("^", mark))
	}
}

// block is a text of several lines.
func (p *printer) block(indent, s string) {
	if s = strings.TrimRight(s, "\n"); s == "" {
		return
	}
	for line := range strings.SplitSeq(s, "\n") {
		p.line("%s%s", indent, line)
	}
}
