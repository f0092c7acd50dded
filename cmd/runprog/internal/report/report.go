// Package report shows a judge's result: as text for a terminal, as one HTML
// page, as JUnit XML, as JSON.
//
// Its one idea: a report is a function of a [Report], which is data, to a
// stream. What is shown of a program's own words comes from the result, where it
// is cut and escaped already.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/runner"
)

// Report is what is to be shown.
type Report struct {
	// Name is what was judged, Tests where its tests are.
	Name, Tests string
	Result      *judge.Result
	// When it was judged.
	When time.Time
}

// formats is the vocabulary of formats: the name, the extensions of files, the function.
var formats = []struct {
	name       string
	extensions []string
	write      func(io.Writer, Report) error
}{
	{"text", []string{".txt", ".text"}, func(w io.Writer, r Report) error { return Text(w, r, Terminal{}) }},
	{"json", []string{".json"}, JSON},
	{"junit", []string{".xml"}, JUnit},
	{"html", []string{".html", ".htm"}, HTML},
}

// Formats lists the names of formats.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes a report in a format.
func Write(w io.Writer, format string, r Report) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(w, r)
		}
	}
	return fmt.Errorf("no format %q: there are %s", format, strings.Join(Formats(), ", "))
}

// FormatOf is the format of a file by its name's extension.
func FormatOf(file string) (string, error) {
	var all []string
	for _, f := range formats {
		all = append(all, f.extensions[0])
		for _, e := range f.extensions {
			if strings.EqualFold(path.Ext(file), e) {
				return f.name, nil
			}
		}
	}
	return "", fmt.Errorf("%s: the format is told by the extension: write one of %s", file, strings.Join(all, ", "))
}

// JSON writes the result's stable form, on one line.
func JSON(w io.Writer, r Report) error {
	text, err := json.Marshal(r.Result)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// counts says how many tests there are, and how many are accepted and skipped.
func counts(r *judge.Result) (all, accepted, skipped int) {
	for _, t := range r.Tests {
		switch t.Verdict {
		case judge.Accepted:
			accepted++
		case judge.Skipped:
			skipped++
		}
	}
	return len(r.Tests), accepted, skipped
}

// duration is as exact as people read.
func duration(d time.Duration) string {
	switch {
	case d == runner.Unmeasured:
		return "–"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// size is the same of bytes.
func size(n int64) string {
	const kib, mib, gib = 1 << 10, 1 << 20, 1 << 30
	switch {
	case n == runner.Unmeasured:
		return "–"
	case n < mib:
		return fmt.Sprintf("%.0f KiB", float64(n)/kib)
	case n < gib:
		return strings.Replace(fmt.Sprintf("%.1f MiB", float64(n)/mib), ".0 ", " ", 1)
	}
	return strings.Replace(fmt.Sprintf("%.1f GiB", float64(n)/gib), ".0 ", " ", 1)
}

// limit is a limit, where there is one.
func limit[T int64 | time.Duration](n T, text func(T) string) string {
	if n == runner.Unlimited {
		return "no limit"
	}
	return text(n)
}

// timeLimit and memoryLimit are those of the solution.
func timeLimit(r *judge.Result) string   { return limit(r.Limits.CPU, short) }
func memoryLimit(r *judge.Result) string { return limit(r.Limits.Memory, size) }

// short is a limit as it was given.
func short(d time.Duration) string { return d.String() }

// share is a part of a limit, from 0 to 1; a limit that there isn't gives 0.
func share(n, limit int64) float64 {
	if n <= 0 || limit <= 0 {
		return 0
	}
	return min(1, float64(n)/float64(limit))
}

// verdict is a verdict in words.
func verdict(v judge.Verdict) string { return strings.ReplaceAll(v.String(), "_", " ") }

// compiled says how the program was made.
func compiled(c *judge.Compile) string {
	if c == nil {
		return ""
	}
	text := c.Language
	if c.Toolchain != "" {
		text += " (" + c.Toolchain + ")"
	}
	switch {
	case c.Cached:
		return text + ", compiled before"
	case c.OK:
		return text + ", compiled in " + duration(c.Wall)
	}
	return text
}

// score is a score as people write it.
func score(f *float64) string {
	if f == nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.4f", *f), "0"), ".")
}

// note is what is to be said of a test beside its verdict.
func note(t *judge.TestResult) string {
	var parts []string
	if t.Reason != "" {
		parts = append(parts, t.Reason)
	}
	switch {
	case len(t.Reruns) > 0:
		var times []string
		for _, r := range t.Reruns {
			times = append(times, duration(r.CPU))
		}
		parts = append(parts, fmt.Sprintf("near the time limit, so run again: the other run took %s", strings.Join(times, ", ")))
	case t.NearLimit:
		parts = append(parts, "near the time limit: another run may come out differently")
	}
	return strings.Join(parts, "; ")
}
