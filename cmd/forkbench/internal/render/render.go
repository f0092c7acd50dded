// Package render writes a report of package bench: for people, for programs,
// and as pictures.
package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// format is one way to print a report.
type format struct {
	name  string
	write func(io.Writer, *bench.Report) error
}

func formats() []format { return []format{{"text", forPeople}, {"json", asJSON}, {"go", goBench}} }

// Formats are the names that [Report] takes.
func Formats() (names []string) {
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// CheckFormat says whether there is such a format.
func CheckFormat(name string) error {
	names := Formats()
	if slices.Contains(names, name) {
		return nil
	}
	if like := nearest.Name(name, names); like != "" {
		return fmt.Errorf("no such format, did you mean %q?", like)
	}
	return fmt.Errorf("no such format, there are %s", strings.Join(names, ", "))
}

// Report writes a report in a format.
func Report(w io.Writer, name string, r *bench.Report) error {
	for _, f := range formats() {
		if f.name == name {
			return f.write(w, r)
		}
	}
	return CheckFormat(name)
}

func asJSON(w io.Writer, r *bench.Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// micros writes ns in µs, with three digits at least, "" for nil.
func micros(ns *int64) string {
	if ns == nil {
		return ""
	}
	µs := float64(*ns) / float64(time.Microsecond)
	switch {
	case µs < 10:
		return fmt.Sprintf("%.2f", µs)
	case µs < 100:
		return fmt.Sprintf("%.1f", µs)
	}
	return thousands(int64(µs + 0.5))
}

// floors writes a ratio, "" for nil.
func floors(ratio *float64) string {
	switch {
	case ratio == nil:
		return ""
	case *ratio < 0.1:
		return fmt.Sprintf("%.2g", *ratio)
	case *ratio < 10:
		return fmt.Sprintf("%.2f", *ratio)
	case *ratio < 100:
		return fmt.Sprintf("%.1f", *ratio)
	}
	return thousands(int64(*ratio + 0.5))
}

// thousands writes a number with commas.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
