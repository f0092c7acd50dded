package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/pack"
	"github.com/bailiff-judge/bailiff/runner"
)

// Verification is what came of a problem package, to be shown.
type Verification struct {
	*pack.Verification
	// When it was verified.
	When time.Time
}

// VerifyFormats lists the names of the formats of verifications.
func VerifyFormats() []string { return []string{"text", "json", "junit"} }

// WriteVerification writes a verification in a format.
func WriteVerification(w io.Writer, format string, v Verification, terminal Terminal) error {
	switch format {
	case "text":
		return verifyText(w, v, terminal)
	case "json":
		text, err := json.Marshal(v.Verification)
		if err != nil {
			return err
		}
		_, err = w.Write(append(text, '\n'))
		return err
	case "junit":
		return verifyJUnit(w, v)
	}
	return fmt.Errorf("no format %q: there are %s", format, strings.Join(VerifyFormats(), ", "))
}

// verifyText writes a table of all submissions, and why some don't agree.
func verifyText(w io.Writer, v Verification, terminal Terminal) error {
	p := &printer{terminal: terminal}
	limits := v.Limits
	p.line("%s%s", p.bold(v.Problem), p.faint(fmt.Sprintf("  %s of CPU time, %s of memory, %s of output", limit(limits.CPU, short), limit(limits.Memory, size), limit(limits.Output, size))))
	if len(v.Submissions) > 0 {
		p.verifyTable(v)
	}
	if in := v.Inputs; in != nil {
		p.inputs(in)
	}
	p.agreement(v)
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *printer) verifyTable(v Verification) {
	t := table.NewWriter()
	style := table.StyleRounded
	style.Options.SeparateColumns = false
	style.Options.DrawBorder = false
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row{"", "submission", "language", "verdict", "time", "memory", "score"})
	scored := false
	for _, s := range v.Submissions {
		mark, color := "✓", text.FgGreen
		switch {
		case s.Agrees == nil:
			mark, color = "–", text.FgHiBlack
		case !*s.Agrees:
			mark, color = "✗", text.FgRed
		}
		name := verdict(s.Verdict)
		if s.Agrees != nil && !*s.Agrees && s.Verdict != judge.JudgeError && !slices.Contains(s.Expected, s.Verdict.String()) {
			name += ", not " + strings.ReplaceAll(strings.Join(s.Expected, " or "), "_", " ")
		}
		row := table.Row{p.colored(mark, color), s.Path, s.Language, p.colored(p.cut(name, 64), colorOf(s.Verdict)), "", "", ""}
		if s.Time != nil {
			part := share(*s.Time, int64(v.Limits.CPU))
			row[4] = p.bar(part) + " " + duration(time.Duration(*s.Time))
		}
		if s.Memory != nil {
			row[5] = size(*s.Memory)
		}
		if s.Result != nil && s.Result.Score != nil {
			scored = true
			row[6] = score(s.Result.Score)
		}
		t.AppendRow(row)
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 6, Align: text.AlignRight}, {Number: 7, Align: text.AlignRight, Hidden: !scored},
	})
	if p.terminal.Width > 0 {
		t.Style().Size.WidthMax = p.terminal.Width
	}
	p.line("%s", trimLines(t.Render()))
}

// inputs says what the package's programs think of its inputs.
func (p *printer) inputs(in *pack.Inputs) {
	if len(in.Invalid) == 0 {
		p.line("%s %d inputs are valid", p.colored("✓", text.FgGreen), in.Checked)
		return
	}
	for _, i := range in.Invalid {
		where := i.Test
		if where == "" {
			where = "every input"
		}
		p.line("%s input %s is not accepted by %s", p.colored("✗", text.FgRed), p.bold(where), i.Validator)
		p.block("    ", i.Message)
	}
}

func (p *printer) agreement(v Verification) {
	for _, s := range v.Submissions {
		switch {
		case s.Agrees == nil:
			p.line("%s %s: %s", p.colored("–", text.FgHiBlack), s.Path, s.Reason)
		case !*s.Agrees:
			p.line("%s %s", p.colored("✗", text.FgRed), p.bold(s.Path))
			p.block("    ", s.Reason)
			if s.Result != nil && s.Verdict == judge.CompileError && s.Result.Compile != nil {
				p.block("    ", s.Result.Compile.Diagnostics)
			}
		}
	}
	mark, color := "✓", text.FgGreen
	if !v.OK() {
		mark, color = "✗", text.FgRed
	}
	skipped := ""
	if v.Skipped > 0 {
		skipped = fmt.Sprintf(", %d skipped", v.Skipped)
	}
	p.line("%s%s", p.colored(fmt.Sprintf("%s %d of %d submissions agree", mark, v.Agree, v.Total), text.Bold, color), skipped)
}

// verifyJUnit writes a test suite with a case for each submission, and one for
// the inputs if they were checked.
func verifyJUnit(w io.Writer, v Verification) error {
	s := suite{
		Name: clean(v.Problem), Timestamp: v.When.UTC().Format("2006-01-02T15:04:05"),
		Properties: []property{{"time_limit_ns", fmt.Sprint(int64(v.Limits.CPU))}, {"memory_limit_bytes", fmt.Sprint(v.Limits.Memory)}},
	}
	total := time.Duration(0)
	add := func(c testcase) {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	for _, sub := range v.Submissions {
		took := time.Duration(0)
		if sub.Time != nil && *sub.Time != runner.Unmeasured {
			took = time.Duration(*sub.Time)
		}
		total += took
		c := testcase{Class: clean(v.Problem), Name: clean(sub.Path), Time: seconds(took)}
		p := &problem{Message: clean(sub.Reason), Type: sub.Verdict.String()}
		switch {
		case sub.Agrees == nil:
			c.Skipped = p
		case sub.Verdict == judge.JudgeError:
			c.Error = p
		case !*sub.Agrees:
			c.Failure = p
		}
		add(c)
	}
	if v.Inputs != nil {
		c := testcase{Class: clean(v.Problem), Name: "inputs", Time: seconds(0)}
		if len(v.Inputs.Invalid) > 0 {
			c.Failure = &problem{Message: fmt.Sprintf("%d inputs are not valid", len(v.Inputs.Invalid)), Type: "invalid_input"}
			for _, i := range v.Inputs.Invalid {
				c.Failure.Text += clean(fmt.Sprintf("%s, by %s: %s\n", i.Test, i.Validator, i.Message))
			}
		}
		add(c)
	}
	s.Time = seconds(total)
	return writeSuites(w, "runprog verify", s)
}

// writeSuites writes JUnit's XML.
func writeSuites(w io.Writer, name string, s suite) error {
	all := suites{Name: name, Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Skipped: s.Skipped, Time: s.Time, Suites: []suite{s}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
