package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/bailiff-judge/bailiff/cmd/runprog/internal/report"
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

func run(cpu time.Duration, memory int64) *runner.Result {
	return &runner.Result{Status: runner.OK, CPU: cpu, User: cpu, Wall: cpu, Memory: memory, RSS: -1, ProcessesPeak: 1, MeasuredBy: runner.MeasuredBy{CPU: "cpu.stat"}}
}

// mixed has one test of each kind that is shown in a way of its own.
func mixed(scored bool) report.Report {
	score := func(f float64) *float64 { return &f }
	r := &judge.Result{
		Version: 1, Verdict: judge.WrongAnswer, CPU: time.Second, Wall: time.Second, Memory: 64 << 20,
		Compile: &judge.Compile{OK: true, Language: "cpp", Toolchain: "g++ 12.2", Wall: 512 * time.Millisecond, Diagnostics: "warning: <unused>"},
		Limits:  judge.Limits{CPU: time.Second, Wall: 4 * time.Second, Memory: 64 << 20, Output: 64 << 20},
		Tests: []judge.TestResult{
			{Name: "1", Verdict: judge.Accepted, Result: run(12*time.Millisecond, 3<<20), Checker: &checker.Result{Outcome: checker.Accepted}},
			{Name: "2", Verdict: judge.WrongAnswer, Result: run(1200*time.Microsecond, 300<<10), Reason: "line 2, column 3: the tokens differ",
				Checker: &checker.Result{Outcome: checker.WrongAnswer, Message: "line 2, column 3: the tokens differ", Mismatch: &checker.Mismatch{
					Reason: "the tokens differ",
					Output: checker.Place{Line: 2, Column: 3, Found: "x<y", Before: "3 ", After: " 5"},
					Answer: checker.Place{Line: 2, Column: 3, End: true, Before: "3 "},
				}}},
			{Name: "3", Verdict: judge.TimeLimitExceeded, Result: run(time.Second, 64<<20), Reason: "1.02s of CPU time", NearLimit: true, Reruns: []*runner.Result{run(1030*time.Millisecond, 1)}},
			{Name: "4", Verdict: judge.RunTimeError, Result: run(0, -1), Reason: "exit code 1", Stderr: "Traceback\nValueError: ]]> & <script>\x1b"},
			{Name: "5", Verdict: judge.Skipped}, {Name: "6", Verdict: judge.Skipped}, {Name: "7", Verdict: judge.Skipped},
		},
	}
	if scored {
		r.Score = score(12.5)
		r.Tests[0].Score, r.Tests[1].Score = score(12.5), score(0)
		r.Groups = []judge.GroupResult{{Name: "secret", Verdict: judge.WrongAnswer, Score: score(12.5)}}
	}
	return report.Report{Name: "sol <&>.cpp", Tests: "data", Result: r, When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// golden compares with a file in testdata. To make it anew, run the tests with
// REPORT_GOLDEN=write, and read what has changed.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("REPORT_GOLDEN") == "write" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestText(t *testing.T) {
	for name, r := range map[string]report.Report{"mixed.txt": mixed(false), "scored.txt": mixed(true)} {
		var b bytes.Buffer
		require.NoError(t, report.Text(&b, r, report.Terminal{}))
		assert.NotContains(t, b.String(), "\x1b[", "no colours where there is no terminal")
		golden(t, name, b.String())
	}
	var b bytes.Buffer
	require.NoError(t, report.Text(&b, mixed(false), report.Terminal{Color: true, Width: 80}))
	assert.Contains(t, b.String(), "\x1b[")
}

func TestTextOfACompileError(t *testing.T) {
	r := report.Report{Name: "a.c", Result: &judge.Result{Verdict: judge.CompileError, CPU: -1, Memory: -1, Compile: &judge.Compile{
		Language: "c", Reason: "the compiler ended with 1", Diagnostics: "a.c:1: error\n",
	}, Tests: []judge.TestResult{{Name: "1"}}}}
	var b bytes.Buffer
	require.NoError(t, report.Text(&b, r, report.Terminal{}))
	golden(t, "compile_error.txt", b.String())
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, report.Write(&b, "json", mixed(true)))
	var got struct {
		Verdict string
		Score   float64
		Tests   []struct{ Verdict string }
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &got))
	assert.Equal(t, "wrong_answer", got.Verdict)
	assert.Equal(t, 12.5, got.Score)
	assert.Equal(t, "skipped", got.Tests[6].Verdict)
	assert.Equal(t, 1, strings.Count(b.String(), "\n"))
}

func TestJUnit(t *testing.T) {
	r := mixed(true)
	r.Result.Tests = append(r.Result.Tests, judge.TestResult{Name: "8", Verdict: judge.JudgeError, Reason: "the checker \x00\xff crashed"})
	var b bytes.Buffer
	require.NoError(t, report.Write(&b, "junit", r))
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Time    string `xml:"time,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Type    string `xml:"type,attr"`
				} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
				Stderr  string    `xml:"system-err"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(b.Bytes(), &got))
	assert.Equal(t, []int{9, 3, 1, 3}, []int{got.Tests, got.Failures, got.Errors, got.Skipped})
	require.Len(t, got.Suites, 1)
	assert.Equal(t, "sol <&>.cpp", got.Suites[0].Name)
	cases := got.Suites[0].Cases
	require.Len(t, cases, 9)
	assert.Equal(t, "compile", cases[0].Name)
	assert.Nil(t, cases[1].Failure)
	assert.Equal(t, "0.012000", cases[1].Time)
	assert.Equal(t, "line 2, column 3: the tokens differ", cases[2].Failure.Message)
	assert.Equal(t, "wrong_answer", cases[2].Failure.Type)
	assert.Equal(t, "Traceback\nValueError: ]]> & <script>?", cases[4].Stderr)
	assert.NotNil(t, cases[5].Skipped)
	assert.NotNil(t, cases[8].Error)
}

// The page needs nothing from elsewhere, and nothing that a program wrote
// becomes a part of it.
func TestHTML(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, report.Write(&b, "html", mixed(true)))
	page := b.String()
	var open []string
	text := ""
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			assert.Empty(t, open, "elements that are not closed")
			for _, want := range []string{"wrong answer", "sol <&>.cpp", "12.5", "x<y", "(the end)", "run again", "ValueError: ]]> & <script>", "warning: <unused>", "skipped", "secret"} {
				assert.Contains(t, text, want)
			}
			return
		case html.TextToken:
			text += z.Token().Data
		case html.StartTagToken:
			token := z.Token()
			for _, a := range token.Attr {
				assert.NotContains(t, []string{"src", "href", "onclick"}, a.Key)
			}
			assert.NotContains(t, []string{"script", "link", "img", "iframe"}, token.Data)
			if token.Data != "meta" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			require.NotEmpty(t, open, "</%s>", name)
			require.Equal(t, open[len(open)-1], name)
			open = open[:len(open)-1]
		}
	}
}

func TestFormats(t *testing.T) {
	for file, want := range map[string]string{"a.html": "html", "b/a.HTM": "html", "a.xml": "junit", "a.json": "json", "a.txt": "text"} {
		got, err := report.FormatOf(file)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := report.FormatOf("a.pdf")
	assert.ErrorContains(t, err, "a.pdf: the format is told by the extension: write one of .txt, .json, .xml, .html")
	assert.ErrorContains(t, report.Write(nil, "pdf", report.Report{}), `no format "pdf"`)
}
