package checker

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

// Protocol is how a program checker is called and answers.
type Protocol uint8

// The protocols.
const (
	// Kattis is that of the ICPC and Kattis problem package format: arguments
	// input, answer, feedback directory; the output on stdin; exit 42 accepted,
	// 43 wrong answer. In the feedback directory judgemessage.txt and
	// teammessage.txt are messages, score.txt is the test's score, and
	// score_multiplier.txt a part, from 0 to 1, of what the test is worth.
	Kattis Protocol = iota
	// Testlib is that of testlib.h: arguments input, output, answer; a message
	// on stderr; exit 0 ok, 1 wrong answer, 2 presentation error, 4 dirt and 8
	// unexpected end of file (both presentation errors), 7 points, whose number
	// is in the message ("points 12.5 ..."), and 50 to 150 a part in percent,
	// as of _pc(0) to _pc(100) when compiled with TESTSYS. Compiled without,
	// _pc(1) exits as _wa does; then the message tells ("partially correct (1)").
	// Nothing of the points is a wrong answer.
	Testlib
)

var protocolNames = [...]string{Kattis: "kattis", Testlib: "testlib"}

// String returns the protocol's name.
func (p Protocol) String() string {
	if int(p) < len(protocolNames) {
		return protocolNames[p]
	}
	return fmt.Sprintf("protocol(%d)", uint8(p))
}

// MarshalText writes the protocol's name.
func (p Protocol) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a protocol's name.
func (p *Protocol) UnmarshalText(text []byte) error {
	for i, name := range protocolNames {
		if name == string(text) {
			*p = Protocol(i)
			return nil
		}
	}
	return fmt.Errorf("checker: no protocol %q: have %q", text, protocolNames)
}

// Where a program checker finds its files.
const (
	inputPath    = deskPath + "/input"
	answerPath   = deskPath + "/answer"
	outputPath   = deskPath + "/output"
	deskPath     = "/judge"
	feedbackPath = "/feedback"
	// noticePath is what an interactor of testlib's writes for a checker.
	noticePath = feedbackPath + "/" + noticeName
	noticeName = "output"
)

// arguments are what a program is called with.
func (p Protocol) arguments() []string {
	if p == Testlib {
		return []string{inputPath, outputPath, answerPath}
	}
	return []string{inputPath, answerPath, feedbackPath + "/"}
}

// answer is all that a program checker can answer by.
type answer struct {
	run *runner.Result
	// stderr and stdout are the beginnings of what it wrote.
	stderr, stdout []byte
	// feedback are the beginnings of the files that the protocol knows, by name.
	feedback map[string][]byte
}

// feedbackNames are the files that the protocol knows.
var feedbackNames = []string{"judgemessage.txt", "teammessage.txt", "score.txt", "score_multiplier.txt"}

// read makes a result of an answer. What is no answer is the checker's failure.
func (p Protocol) read(a answer) Result {
	r := Result{Run: a.run}
	exit, why := exited(a.run)
	switch {
	case why != "":
		r.Message = "the checker " + why
	case p == Testlib:
		r.testlib(exit, a)
	default:
		r.kattis(exit, a)
	}
	if r.Outcome == Failed && len(bytes.TrimSpace(a.stderr)) > 0 && p != Testlib {
		r.Message += "; its stderr: " + message(a.stderr)
	}
	if len(r.Message) > longestMessage {
		r.Message = strings.ToValidUTF8(r.Message[:longestMessage], "") + "…"
	}
	return r
}

// exited is the exit code of a program that ended by itself, or why it did not.
func exited(run *runner.Result) (code int, why string) {
	switch run.Status {
	case runner.OK, runner.RuntimeError, runner.MemoryLimit:
		if run.Signal == 0 && run.ExitCode >= 0 {
			// One that fails at its memory limit may have been refused memory.
			// But this one has said something.
			return run.ExitCode, ""
		}
	}
	switch run.Status {
	case runner.TimeLimit, runner.WallLimit:
		return 0, fmt.Sprintf("did not end: more than its %s of %s time", time.Duration(run.Limit.Value), run.Limit.Name)
	case runner.MemoryLimit, runner.OutputLimit:
		return 0, fmt.Sprintf("needed more than its limit on %s, %d bytes", run.Limit.Name, run.Limit.Value)
	case runner.ForbiddenAccess:
		return 0, "made a system call that its policy forbids: " + run.Violation.Syscall
	case runner.RuntimeError:
		return 0, "crashed: " + unix.SignalName(run.Signal)
	}
	return 0, "could not be run: " + run.Error
}

func (r *Result) kattis(exit int, a answer) {
	r.Message, r.TeamMessage = message(a.feedback["judgemessage.txt"]), message(a.feedback["teammessage.txt"])
	const accepted, rejected = 42, 43
	switch exit {
	case accepted:
		r.Outcome = Accepted
		score := r.number(a, "score.txt", math.Inf(1))
		fraction := r.number(a, "score_multiplier.txt", 1)
		if r.Outcome == Accepted {
			r.Score, r.Fraction = score, fraction
		}
	case rejected:
		r.Outcome = WrongAnswer
	default:
		r.fail(fmt.Sprintf("the checker exited with %d, which is neither 42 (accepted) nor 43 (wrong answer)", exit))
	}
}

// number reads a file of the feedback directory that holds one number, from 0 to most.
func (r *Result) number(a answer, name string, most float64) *float64 {
	text, there := a.feedback[name]
	if !there {
		return nil
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 || f > most {
		r.fail(fmt.Sprintf("the checker wrote \"%s\" into %s, which is no number from 0 to %v", cut(text, shown), name, most))
		return nil
	}
	return &f
}

// fail makes a failure of a result, and keeps what the checker said.
func (r *Result) fail(why string) {
	if r.Message != "" {
		why += ": " + r.Message
	}
	r.Outcome, r.Message = Failed, why
}

// The exit codes of testlib.h as it is compiled without any macro, but for the
// last, which is with TESTSYS.
const (
	testlibOK = iota
	testlibWrong
	testlibPresentation
	testlibFail
	testlibDirt
	testlibPoints  = 7
	testlibEOF     = 8
	testlibPercent = 50
)

func (r *Result) testlib(exit int, a answer) {
	said := a.stderr
	if len(bytes.TrimSpace(said)) == 0 {
		said = a.stdout
	}
	r.Message = message(said)
	if percent, ok := between(r.Message, "partially correct (", ")"); ok && percent >= 0 && percent <= 100 &&
		(exit == int(percent) || exit == int(percent)+testlibPercent) {
		r.part(percent)
		return
	}
	switch {
	case exit == testlibOK:
		r.Outcome = Accepted
	case exit == testlibWrong:
		r.Outcome = WrongAnswer
	case exit == testlibPresentation, exit == testlibDirt, exit == testlibEOF:
		r.Outcome = PresentationError
	case exit == testlibFail:
		r.fail("the checker says that the judge's files are wrong")
	case exit == testlibPoints:
		points, ok := between(r.Message, "points ", " ")
		if !ok || points < 0 {
			r.fail("the checker gives points, but does not say how many")
			return
		}
		r.Outcome, r.Score = Accepted, &points
		if points == 0 {
			r.Outcome = WrongAnswer
		}
	case exit >= testlibPercent && exit <= testlibPercent+100:
		r.part(float64(exit - testlibPercent))
	default:
		r.fail(fmt.Sprintf("the checker exited with %d, which is no exit code of testlib's", exit))
	}
}

func (r *Result) part(percent float64) {
	fraction := percent / 100
	r.Outcome, r.Fraction = Accepted, &fraction
	if fraction == 0 {
		r.Outcome = WrongAnswer
	}
}

// between reads the number that follows a prefix, up to an end or the text's.
func between(text, prefix, end string) (float64, bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, end)
	f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// longestMessage is how much of a message is kept.
const longestMessage = 4 << 10

// message is a text by a program that nobody trusts as it can be shown: valid
// UTF-8, without what moves a terminal's cursor, not too long.
func message(text []byte) string {
	text = bytes.TrimSpace(text)
	var lines []string
	size := 0
	for line := range bytes.SplitSeq(text, newline) {
		line := escape(bytes.ReplaceAll(bytes.TrimRight(line, "\r"), []byte("\t"), []byte(" ")))
		if size += len(line) + 1; size > longestMessage {
			line = strings.ToValidUTF8(line[:max(0, len(line)-(size-longestMessage))], "")
			return strings.Join(append(lines, line), "\n") + "…"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
