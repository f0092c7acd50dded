package checker_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// bench is where the programs of a test are run.
type bench struct {
	sandbox *runner.Sandbox
	desk    *checker.Desk
	files   checker.Files
}

func newBench(t testing.TB, output string) *bench {
	t.Helper()
	leakcheck.Check(t)
	sandbox, err := runner.New(runner.Options{BestEffort: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sandbox.Close()) })
	dir := t.TempDir()
	desk, err := checker.NewDesk(dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, desk.Close()) })
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), mode))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	// One that is linked, one that only its owner may read.
	b := &bench{sandbox, desk, checker.Files{Input: write("1.in", "the input\n", 0o644), Answer: write("1.ans", "the answer\n", 0o600)}}
	out, err := desk.Clear()
	require.NoError(t, err)
	_, err = out.Write([]byte(output))
	require.NoError(t, err)
	return b
}

// script is a checker in sh.
func script(protocol checker.Protocol, text string) *checker.Program {
	return &checker.Program{
		Protocol: protocol,
		Spec: runner.Spec{
			Args: []string{"/bin/sh", "-c", text, "check"}, Root: runner.SystemRoot(),
			Limits: runner.Limits{CPU: 200 * time.Millisecond, Wall: 20 * time.Second, Memory: 64 << 20, Output: 1 << 20, Processes: 8},
		},
	}
}

func (b *bench) check(t testing.TB, p *checker.Program, args ...string) checker.Result {
	t.Helper()
	result, err := p.Check(t.Context(), b.sandbox, b.desk, b.files, args, nil)
	require.NoError(t, err)
	return result
}

// number is a pointer to a number.
func number(f float64) *float64 { return &f }

func TestKattis(t *testing.T) {
	b := newBench(t, "the output\n")
	for _, test := range []struct {
		name, script    string
		outcome         checker.Outcome
		score, fraction *float64
		message, team   string // parts of them
	}{
		{"accepted", `exit 42`, checker.Accepted, nil, nil, "", ""},
		{"rejected", `exit 43`, checker.WrongAnswer, nil, nil, "", ""},
		{"files", `test "$(cat $1)" = "the input" && test "$(cat $2)" = "the answer" && test "$(cat)" = "the output" && exit 42`, checker.Accepted, nil, nil, "", ""},
		{"arguments", `test "$4 $5 $#" = "a b c 5" && exit 42`, checker.Accepted, nil, nil, "", ""},
		{"messages", `echo why > $3/judgemessage.txt; echo try > ${3}teammessage.txt; exit 43`, checker.WrongAnswer, nil, nil, "why", "try"},
		{"score", `echo 12.5 > $3/score.txt; exit 42`, checker.Accepted, number(12.5), nil, "", ""},
		{"multiplier", `printf 0.25 > $3/score_multiplier.txt; exit 42`, checker.Accepted, nil, number(0.25), "", ""},
		{"score of a wrong answer", `echo 12.5 > $3/score.txt; exit 43`, checker.WrongAnswer, nil, nil, "", ""},
		{"bad score", `echo many > $3/score.txt; exit 42`, checker.Failed, nil, nil, `"many\n" into score.txt`, ""},
		{"negative score", `echo -1 > $3/score.txt; exit 42`, checker.Failed, nil, nil, "no number from 0", ""},
		{"nan", `echo nan > $3/score.txt; exit 42`, checker.Failed, nil, nil, "score.txt", ""},
		{"multiplier above 1", `echo 1.5 > $3/score_multiplier.txt; exit 42`, checker.Failed, nil, nil, "no number from 0 to 1", ""},
		{"empty score", `: > $3/score.txt; exit 42`, checker.Failed, nil, nil, "score.txt", ""},
		{"exit 0", `echo what >&2; exit 0`, checker.Failed, nil, nil, "exited with 0, which is neither 42 (accepted) nor 43 (wrong answer); its stderr: what", ""},
		{"exit 1", `exit 1`, checker.Failed, nil, nil, "exited with 1", ""},
		{"crash", `kill -SEGV $$`, checker.Failed, nil, nil, "the checker crashed: SIGSEGV", ""},
		{"cpu", `while :; do :; done`, checker.Failed, nil, nil, "did not end: more than its 200ms of cpu time", ""},
		{"hang", `sleep 100`, checker.Failed, nil, nil, "did not end: more than its 1s of wall time", ""},
		{"flood", `yes`, checker.Failed, nil, nil, "limit on output", ""},
		{"no input is read", `exit 42`, checker.Accepted, nil, nil, "", ""},
		{"writes to the desk", `echo x > $1 || exit 42; exit 43`, checker.Accepted, nil, nil, "", ""},
		{"makes files on the desk", `echo x > /judge/new || exit 42; exit 43`, checker.Accepted, nil, nil, "", ""},
		{"link", `ln -s /etc/passwd $3/judgemessage.txt; exit 43`, checker.WrongAnswer, nil, nil, "", ""},
		{"pipe", `mkfifo $3/judgemessage.txt; exit 43`, checker.WrongAnswer, nil, nil, "", ""},
		{"directory", `mkdir $3/score.txt; exit 42`, checker.Accepted, nil, nil, "", ""},
		{"binary message", `printf 'a\000\033[2J\377\nb' > $3/judgemessage.txt; exit 43`, checker.WrongAnswer, nil, nil, `a\x00\x1b[2J\xff` + "\nb", ""},
		{"long message", `head -c 1000000 /dev/zero | tr '\0' x > $3/judgemessage.txt; exit 43`, checker.WrongAnswer, nil, nil, "xxx…", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := script(checker.Kattis, test.script)
			if test.name == "hang" {
				p.Spec.Limits.Wall = time.Second
			}
			r := b.check(t, p, "a", "b c")
			assert.Equal(t, test.outcome, r.Outcome, "%s", r.Message)
			assert.Equal(t, test.score, r.Score)
			assert.Equal(t, test.fraction, r.Fraction)
			assert.Contains(t, r.Message, test.message)
			if test.outcome != checker.Failed && test.message == "" {
				assert.Empty(t, r.Message)
			}
			assert.Equal(t, test.team, r.TeamMessage)
			assert.Less(t, len(r.Message), 5000)
			assert.NotNil(t, r.Run)
		})
	}
}

func TestTestlib(t *testing.T) {
	b := newBench(t, "the output\n")
	for _, test := range []struct {
		name, script    string
		outcome         checker.Outcome
		score, fraction *float64
		message         string
	}{
		{"ok", `echo ok fine >&2; exit 0`, checker.Accepted, nil, nil, "ok fine"},
		{"wrong", `echo wrong answer 1st differs >&2; exit 1`, checker.WrongAnswer, nil, nil, "wrong answer 1st differs"},
		{"format", `exit 2`, checker.PresentationError, nil, nil, ""},
		{"fail", `echo FAIL jury has no answer >&2; exit 3`, checker.Failed, nil, nil, "the judge's files are wrong: FAIL jury has no answer"},
		{"dirt", `exit 4`, checker.PresentationError, nil, nil, ""},
		{"end of file", `exit 8`, checker.PresentationError, nil, nil, ""},
		{"points", `echo points 12.5 not bad >&2; exit 7`, checker.Accepted, number(12.5), nil, "points 12.5 not bad"},
		{"points alone", `echo points 3 >&2; exit 7`, checker.Accepted, number(3), nil, "points 3"},
		{"points without", `exit 7`, checker.Failed, nil, nil, "does not say how many"},
		{"negative points", `echo points -3 >&2; exit 7`, checker.Failed, nil, nil, "does not say how many"},
		{"part", `echo 'partially correct (1) so so' >&2; exit 1`, checker.Accepted, nil, number(0.01), "partially correct (1) so so"},
		{"no points", `echo points 0 >&2; exit 7`, checker.WrongAnswer, number(0), nil, ""},
		{"no part", `exit 50`, checker.WrongAnswer, nil, number(0), ""},
		{"part of TESTSYS", `exit 80`, checker.Accepted, nil, number(0.3), ""},
		{"all of TESTSYS", `echo 'partially correct (100) ok' >&2; exit 150`, checker.Accepted, nil, number(1), ""},
		{"part that is none", `echo 'partially correct (1) so so' >&2; exit 3`, checker.Failed, nil, nil, ""},
		{"strange exit", `exit 42`, checker.Failed, nil, nil, "exited with 42, which is no exit code of testlib's"},
		{"message on stdout", `echo wrong; exit 1`, checker.WrongAnswer, nil, nil, "wrong"},
		{"files", `test "$(cat $1)" = "the input" && test "$(cat $2)" = "the output" && test "$(cat $3)" = "the answer" && test "$4 $5" = "a b c"`, checker.Accepted, nil, nil, ""},
		{"nothing on stdin", `test -z "$(cat)"`, checker.Accepted, nil, nil, ""},
		{"crash", `kill -ABRT $$`, checker.Failed, nil, nil, "the checker crashed: SIGABRT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := b.check(t, script(checker.Testlib, test.script), "a", "b c")
			assert.Equal(t, test.outcome, r.Outcome, "%s", r.Message)
			assert.Equal(t, test.score, r.Score)
			assert.Equal(t, test.fraction, r.Fraction)
			assert.Contains(t, r.Message, test.message)
		})
	}
}

// What one call leaves, the next does not find.
func TestFeedbackIsOfOneCall(t *testing.T) {
	b := newBench(t, "")
	p := script(checker.Kattis, `test -z "$(ls -A $3)" || exit 1; echo 5 > $3/score.txt; echo m > $3/judgemessage.txt; exit 42`)
	for range 3 {
		assert.Equal(t, checker.Accepted, b.check(t, p).Outcome)
	}
	r := b.check(t, script(checker.Kattis, `exit 42`))
	assert.Nil(t, r.Score)
	assert.Empty(t, r.Message)
}

func TestProgramThatIsNotThere(t *testing.T) {
	b := newBench(t, "")
	p := script(checker.Kattis, "")
	p.Spec.Args = []string{"/no/such/checker"}
	r := b.check(t, p)
	assert.Equal(t, checker.Failed, r.Outcome)
	assert.Contains(t, r.Message, "could not be run")
	assert.Contains(t, r.Message, "/no/such/checker")
}

func TestFilesThatAreNotThere(t *testing.T) {
	b := newBench(t, "")
	b.files.Answer = "/no/such/answer"
	r := b.check(t, script(checker.Kattis, "exit 42"))
	assert.Equal(t, checker.Failed, r.Outcome)
	assert.Contains(t, r.Message, "/no/such/answer")
	b.files = checker.Files{}
	assert.Equal(t, checker.Accepted, b.check(t, script(checker.Kattis, `test -f $1 -a ! -s $1 -a -f $2 -a ! -s $2 && exit 42`)).Outcome)
}

func TestCancelledCheckIsNoResult(t *testing.T) {
	b := newBench(t, "")
	p := script(checker.Kattis, "sleep 100")
	p.Spec.Limits = runner.Limits{CPU: runner.Unlimited, Wall: runner.Unlimited, Processes: 8}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := p.Check(ctx, b.sandbox, b.desk, b.files, nil, nil)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(begin), 5*time.Second)
}

// FuzzAnswer gives the protocols whatever a checker can answer by.
func FuzzAnswer(f *testing.F) {
	f.Add(byte(0), int16(42), "", "", "x", "", "0.5")
	f.Add(byte(0), int16(42), "", "", "12.5", "", "0.5")
	f.Add(byte(1), int16(7), "points 1e400 x", "", "", "", "")
	f.Add(byte(1), int16(1), "partially correct (1) x", "", "", "", "")
	f.Add(byte(1), int16(50), "partially correct (", "\xff\x00", "", "", "")
	f.Fuzz(func(t *testing.T, protocol byte, exit int16, stderr, judge, score, team, multiplier string) {
		r := checker.Read(checker.Protocol(protocol%2), &runner.Result{Status: runner.RuntimeError, ExitCode: int(exit) & 0xff}, stderr, map[string]string{
			"judgemessage.txt": judge, "teammessage.txt": team, "score.txt": score, "score_multiplier.txt": multiplier,
		})
		_, err := r.Outcome.MarshalText()
		assert.NoError(t, err)
		for _, text := range []string{r.Message, r.TeamMessage} {
			assert.True(t, strings.ToValidUTF8(text, "") == text && !strings.ContainsAny(text, "\x00\x1b\r"))
			assert.Less(t, len(text), 4200)
		}
		for _, n := range []*float64{r.Score, r.Fraction} {
			if n != nil {
				assert.Equal(t, *n == 0 && protocol%2 == 1, r.Outcome != checker.Accepted)
				assert.True(t, *n >= 0 && !math.IsInf(*n, 0), "%v", *n)
			}
		}
		if r.Fraction != nil {
			assert.LessOrEqual(t, *r.Fraction, 1.0)
		}
		if r.Outcome == checker.Failed {
			assert.NotEmpty(t, r.Message)
		}
	})
}
