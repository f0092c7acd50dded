package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/runner"
)

// The elements of JUnit's XML, as CI servers read it.
type (
	suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Time     string   `xml:"time,attr"`
		Suites   []suite  `xml:"testsuite"`
	}
	suite struct {
		Name       string     `xml:"name,attr"`
		Tests      int        `xml:"tests,attr"`
		Failures   int        `xml:"failures,attr"`
		Errors     int        `xml:"errors,attr"`
		Skipped    int        `xml:"skipped,attr"`
		Time       string     `xml:"time,attr"`
		Timestamp  string     `xml:"timestamp,attr"`
		Properties []property `xml:"properties>property"`
		Cases      []testcase `xml:"testcase"`
	}
	property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	testcase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Time    string   `xml:"time,attr"`
		Failure *problem `xml:"failure"`
		Error   *problem `xml:"error"`
		Skipped *problem `xml:"skipped"`
		Stderr  *string  `xml:"system-err"`
	}
	problem struct {
		Message string `xml:"message,attr,omitempty"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a test suite with a case for compiling and one for each test.
// What is the contestant's fault is a failure, what is the judge's an error.
func JUnit(w io.Writer, r Report) error {
	res := r.Result
	s := suite{Name: clean(r.Name), Timestamp: r.When.UTC().Format("2006-01-02T15:04:05"), Properties: []property{{"verdict", res.Verdict.String()}}}
	if res.Score != nil {
		s.Properties = append(s.Properties, property{"score", score(res.Score)})
	}
	total := time.Duration(0)
	add := func(name string, took time.Duration, v judge.Verdict, message, details, stderr string) {
		c := testcase{Class: clean(r.Name), Name: clean(name), Time: seconds(took)}
		p := &problem{Message: clean(message), Type: v.String(), Text: clean(details)}
		switch v {
		case judge.Accepted:
		case judge.Skipped:
			c.Skipped = &problem{}
			s.Skipped++
		case judge.JudgeError:
			c.Error = p
			s.Errors++
		default:
			c.Failure = p
			s.Failures++
		}
		if stderr != "" {
			stderr = clean(stderr)
			c.Stderr = &stderr
		}
		total += took
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	if c := res.Compile; c != nil {
		v := judge.Accepted
		if !c.OK {
			v = judge.CompileError
		}
		add("compile", c.Wall, v, c.Reason, c.Diagnostics, "")
	}
	if res.Verdict == judge.JudgeError {
		add("judge", 0, judge.JudgeError, res.Error, "", "")
	}
	for i := range res.Tests {
		t := &res.Tests[i]
		took := time.Duration(0)
		if t.Result != nil && t.Result.CPU != runner.Unmeasured {
			took = t.Result.CPU
		}
		details := ""
		if t.Checker != nil {
			details = t.Checker.Message
		}
		add("test "+t.Name, took, t.Verdict, note(t), details, t.Stderr)
	}
	s.Time = seconds(total)
	return writeSuites(w, "runprog judge", s)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

// clean leaves out what XML 1.0 has no way to say.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= ' ' && r != utf8.RuneError && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(s, "?"))
}
