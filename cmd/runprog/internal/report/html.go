package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/runner"
)

//go:embed page.html
var pageText string

// page is the template of HTML.
func page() (*template.Template, error) {
	return template.New("page").Funcs(template.FuncMap{
		"verdict": verdict, "duration": duration, "size": size, "score": score, "note": note, "compiled": compiled,
		"timeLimit": timeLimit, "memoryLimit": memoryLimit,
		"percent": func(n, limit int64) string { return fmt.Sprintf("%.2f%%", 100*share(n, limit)) },
		"ns":      func(d time.Duration) int64 { return int64(d) },
		"class":   class,
		"first":   func(s string) string { s, _, _ = strings.Cut(s, "\n"); return s },
		"by":      measuredBy,
	}).Parse(pageText)
}

// class is the style of a verdict.
func class(v judge.Verdict) string {
	switch v {
	case judge.Accepted:
		return "good"
	case judge.Skipped:
		return "skipped"
	case judge.TimeLimitExceeded, judge.MemoryLimitExceeded, judge.OutputLimitExceeded:
		return "limit"
	case judge.JudgeError:
		return "judge"
	}
	return "bad"
}

// measuredBy says what a run's figures were taken from.
func measuredBy(r *runner.Result) string {
	var parts []string
	for _, p := range []struct{ what, by string }{{"time", r.MeasuredBy.CPU}, {"memory", r.MeasuredBy.Memory}} {
		if p.by != "" {
			parts = append(parts, p.what+" by "+p.by)
		}
	}
	return strings.Join(parts, ", ")
}

// HTML writes one page that needs no other file: no script, no font, no image.
func HTML(w io.Writer, r Report) error {
	t, err := page()
	if err != nil {
		return err
	}
	all, accepted, skipped := counts(r.Result)
	return t.Execute(w, struct {
		Report
		R                      *judge.Result
		All, Accepted, Skipped int
		When                   string
	}{r, r.Result, all, accepted, skipped, r.When.Format("2006-01-02 15:04:05 MST")})
}
