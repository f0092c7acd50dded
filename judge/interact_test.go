package judge

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// openSandbox makes one for a test, which fails if anything of it stays.
func openSandbox(t testing.TB) *runner.Sandbox {
	t.Helper()
	leakcheck.Check(t)
	s, err := runner.New(runner.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// talker is a party that does what the words say (see testdata/programs/talk.c).
func talker(t testing.TB, words string) runner.Spec {
	return runner.Spec{
		Args:   append([]string{"/program"}, strings.Fields(words)...),
		Root:   runner.SystemRoot().Bind(testprog.Build(t, "talk"), "/program", 0),
		Limits: runner.Limits{CPU: 300 * time.Millisecond, Wall: 600 * time.Millisecond, Memory: 32 << 20, Output: 1 << 20},
	}
}

// kattisExit is what an exit code says in Kattis's protocol.
func kattisExit(r *runner.Result) checker.Result {
	switch r.ExitCode {
	case 42:
		return checker.Result{Outcome: checker.Accepted}
	case 43:
		return checker.Result{Outcome: checker.WrongAnswer}
	}
	return checker.Result{Outcome: checker.Failed, Message: fmt.Sprintf("exit code %d", r.ExitCode)}
}

// Who is to blame, with the judge between the two and without.
func TestBlame(t *testing.T) {
	for _, test := range []struct {
		name, solution, interactor string
		verdict                    Verdict
		blame                      string
	}{
		{"both well", "hear 1 say 2", "say 1 hear 2 drain exit 42", Accepted, ""},
		{"solution is wrong", "hear 1 say 3", "say 1 hear 3 exit 43", WrongAnswer, "solution"},
		{"much is said", "echo 200", "ask 200 mute drain exit 42", Accepted, ""},

		{"solution loops", "spin", "say 1 hear 2 exit 43", TimeLimitExceeded, "solution"},
		{"solution sleeps", "wait 0", "say 1 hear 2 exit 43", TimeLimitExceeded, "solution"},
		{"solution exits early, interactor rejects", "exit 0", "bold wait 50 say 1 drain exit 43", WrongAnswer, "solution"},
		{"solution exits early, interactor accepts", "exit 0", "drain exit 42", Accepted, ""},
		{"solution exits early, interactor dies of it", "exit 0", "wait 50 say 1 drain exit 43", WrongAnswer, "solution"},
		{"solution fails early, interactor rejects", "exit 3", "bold drain say 1 exit 43", RunTimeError, "solution"},
		{"solution crashes, interactor rejects", "hear 1 crash", "say 1 drain exit 43", RunTimeError, "solution"},
		{"solution crashes, interactor fails of it", "hear 1 crash", "say 1 hear 2 exit 43", RunTimeError, "solution"},
		{"solution crashes after it was rejected", "hear 1 drain crash", "say 1 exit 43", WrongAnswer, "solution"},
		{"solution fails for want of input after it was rejected", "hear 1 hear 2", "say 1 exit 43", WrongAnswer, "solution"},
		{"solution crashes after it was accepted", "hear 1 drain crash", "say 1 exit 42", RunTimeError, "solution"},
		{"solution loops after it was rejected", "hear 1 drain spin", "say 1 exit 43", WrongAnswer, "solution"},
		{"solution loops after it was accepted", "hear 1 drain spin", "say 1 exit 42", TimeLimitExceeded, "solution"},
		{"solution sleeps after it was accepted", "wait 0", "exit 42", TimeLimitExceeded, "solution"},
		{"solution grows", "grow", "say 1 drain exit 43", MemoryLimitExceeded, "solution"},

		{"solution closes stdin", "deaf wait 100 exit 0", "bold wait 50 say 1 drain exit 43", WrongAnswer, "solution"},
		{"solution closes stdin, interactor dies of it", "deaf wait 450 exit 0", "wait 250 say 1 wait 50 say 2 drain exit 42", WrongAnswer, "solution"},
		{"solution closes stdout", "mute hear 1 exit 0", "drain say 1 exit 43", WrongAnswer, "solution"},
		{"solution closes both and sleeps", "mute deaf wait 0", "drain exit 43", WrongAnswer, "solution"},
		{"interactor closes stdin, solution dies of it", "wait 50 say 1 say 2 say 3 exit 0", "deaf wait 100 exit 42", Accepted, ""},
		{"interactor closes stdout", "drain say 2", "say 1 mute hear 2 exit 42", Accepted, ""},
		{"interactor closes stdout, solution fails later", "hear 1 wait 150 crash", "say 1 mute drain exit 43", RunTimeError, "solution"},
		{"solution closes stdin, fails when it was rejected", "deaf wait 400 exit 3", "wait 100 exit 43", WrongAnswer, "solution"},
		{"interactor is gone, solution dies of it", "wait 50 say 1 wait 20 say 2 exit 0", "exit 42", Accepted, ""},
		{"interactor is gone, solution ignores it", "bold wait 50 say 1 say 2 exit 0", "exit 42", Accepted, ""},
		{"interactor rejects a flood", "bold flood 900", "exit 43", WrongAnswer, "solution"},

		{"solution never flushes", "mumble 2 hear 3 done 0", "hear 2 say 3 exit 42", TimeLimitExceeded, "solution"},
		{"interactor never flushes", "hear 1 say 2", "mumble 1 hear 2 done 42", TimeLimitExceeded, "solution"},
		{"both wait", "hear 1 say 2", "hear 2 say 1 exit 42", TimeLimitExceeded, "solution"},
		{"both wait, the interactor then rejects", "hear 1 say 2", "drain exit 43", TimeLimitExceeded, "solution"},
		{"solution floods, interactor listens too late", "flood 600 hear 1", "wait 1000 drain exit 43", TimeLimitExceeded, "solution"},

		{"interactor loops", "hear 1", "spin", JudgeError, "interactor"},
		{"interactor loops, solution is done", "exit 0", "spin", JudgeError, "interactor"},
		{"interactor sleeps", "hear 1", "wait 0", JudgeError, "interactor"},
		{"interactor crashes", "hear 1 say 2", "say 1 crash", JudgeError, "interactor"},
		{"interactor crashes at once", "drain", "crash", JudgeError, "interactor"},
		{"interactor grows", "drain", "grow", JudgeError, "interactor"},
		{"interactor exits with 0", "hear 1 say 2", "say 1 hear 2 drain exit 0", JudgeError, "interactor"},
		{"interactor exits with 1, solution fails of it", "hear 1 hear 2", "say 1 exit 1", JudgeError, "interactor"},
	} {
		for _, record := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/recorded=%v", test.name, record), func(t *testing.T) {
				s := openSandbox(t)
				it := interactive{sandbox: s, solution: talker(t, test.solution), interactor: talker(t, test.interactor), record: record, answer: kattisExit}
				// Longer than the solution's, as a judge has it.
				it.interactor.Limits.Wall = 1200 * time.Millisecond
				it.interactor.Limits.CPU = 400 * time.Millisecond
				begin := time.Now()
				got, err := it.run(context.Background())
				require.NoError(t, err)
				assert.Equal(t, test.verdict, got.verdict, "%s: %+v %+v", got.reason, got.solution, got.interaction.Interactor)
				assert.Equal(t, test.blame, got.interaction.Blame, got.reason)
				assert.Equal(t, test.blame == "", got.reason == "", got.reason)
				assert.Less(t, time.Since(begin), 5*time.Second, "the wall limit and a second, on a quiet machine")
				assert.Equal(t, record, got.interaction.Transcript != nil)
			})
		}
	}
}

// In a recorded dialogue the judge is between, and so an output limit holds.
func TestRecordedOutputLimit(t *testing.T) {
	s := openSandbox(t)
	it := interactive{sandbox: s, solution: talker(t, "flood 0"), interactor: talker(t, "drain exit 43"), record: true, answer: kattisExit}
	got, err := it.run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, OutputLimitExceeded, got.verdict, got.reason)
	assert.Greater(t, got.solution.Output, int64(1<<20))
	said := 0
	for _, m := range got.interaction.Transcript {
		said += len(m.Text)
	}
	assert.Equal(t, 1<<20, said, "cut exactly")
}

// What an interactor says is held to its own limits, whoever listens.
func TestInteractorFloods(t *testing.T) {
	for _, record := range []bool{false, true} {
		s := openSandbox(t)
		it := interactive{sandbox: s, solution: talker(t, "drain"), interactor: talker(t, "flood 0"), record: record, answer: kattisExit}
		it.solution.Limits = runner.Limits{CPU: 5 * time.Second, Wall: 10 * time.Second}
		it.interactor.Limits.Wall = 3 * time.Second
		got, err := it.run(context.Background())
		require.NoError(t, err)
		assert.Equal(t, JudgeError, got.verdict, got.reason)
		assert.Equal(t, "interactor", got.interaction.Blame)
	}
}

func TestInteractionIsCancelled(t *testing.T) {
	s := openSandbox(t)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	solution := talker(t, "wait 0")
	solution.Limits.Wall = time.Minute
	interactor := solution
	begin := time.Now()
	_, err := interactive{sandbox: s, solution: solution, interactor: interactor, answer: kattisExit}.run(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Less(t, time.Since(begin), 5*time.Second)
}

// A party that can't be started leaves nobody waiting.
func TestInteractionWithoutInteractor(t *testing.T) {
	for _, record := range []bool{false, true} {
		s := openSandbox(t)
		solution, interactor := talker(t, "hear 1"), talker(t, "")
		solution.Limits.Wall = time.Minute
		interactor.Args = []string{"/none"}
		begin := time.Now()
		_, err := interactive{sandbox: s, solution: solution, interactor: interactor, record: record, answer: kattisExit}.run(context.Background())
		assert.ErrorContains(t, err, "interactor")
		assert.Less(t, time.Since(begin), 5*time.Second)
	}
}

func TestTranscript(t *testing.T) {
	s := openSandbox(t)
	it := interactive{sandbox: s, solution: talker(t, "hear 1 say a hear 2"), interactor: talker(t, "say 1 hear a say 2 drain exit 42"), record: true, answer: kattisExit}
	got, err := it.run(context.Background())
	require.NoError(t, err)
	require.Equal(t, Accepted, got.verdict, got.reason)
	var text bytes.Buffer
	require.NoError(t, WriteTranscript(&text, got.interaction.Transcript))
	var lines []string
	for line := range strings.Lines(text.String()) {
		fields := strings.Fields(line)
		require.Len(t, fields, 3, line)
		assert.Regexp(t, `^\d+\.\d{6}$`, fields[1])
		lines = append(lines, fields[0]+fields[2])
	}
	assert.Equal(t, []string{"<1", ">a", "<2"}, lines)
}

func TestWriteTranscript(t *testing.T) {
	for _, test := range []struct {
		name     string
		messages []Message
		want     string
	}{
		{"nothing", nil, ""},
		{"lines in one piece", []Message{{At: time.Second, From: "solution", Text: "a\nb\n"}}, ">  1.000000 a\n>  1.000000 b\n"},
		{"a line in pieces has the time of its first", []Message{
			{At: time.Second, From: "solution", Text: "a"}, {At: 2 * time.Second, From: "solution", Text: "b\nc\n"},
		}, ">  1.000000 ab\n>  2.000000 c\n"},
		{"interrupted", []Message{
			{From: "solution", Text: "a"}, {From: "interactor", Text: "x\n"}, {From: "solution", Text: "b\n"},
		}, ">  0.000000 a\\\n<  0.000000 x\n>  0.000000 b\n"},
		{"never ended", []Message{{From: "solution", Text: "a"}, {From: "solution", End: true}}, ">  0.000000 a\\\n"},
		{"unprintable", []Message{{From: "interactor", Text: "\x1b[1m\"\xff\n"}}, "<  0.000000 \\x1b[1m\"\\xff\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text bytes.Buffer
			require.NoError(t, WriteTranscript(&text, test.messages))
			assert.Equal(t, test.want, text.String())
		})
	}
}

// A manager and several processes of a solution, which talk by other
// descriptors than the standard ones.
func TestDialogueOfMany(t *testing.T) {
	s := openSandbox(t)
	sh := func(name, script string) Party {
		return Party{name, runner.Spec{Args: []string{"/bin/sh", "-c", script}, Limits: runner.Limits{Processes: 4}}}
	}
	d := Dialogue{
		Parties: []Party{
			sh("manager", `echo 20; echo 22 >&3; read a; read b <&4; read end; read end <&4; test $((a + b)) = 44`),
			sh("first", `read x; echo $((x + 1))`),
			sh("second", `read x; echo $((x + 1))`),
		},
		Links: []Link{{0, 1, 1, 0}, {1, 1, 0, 0}, {0, 3, 2, 0}, {2, 1, 0, 4}},
	}
	for _, d.Record = range []bool{false, true} {
		c, err := d.Run(context.Background(), s)
		require.NoError(t, err)
		for i, r := range c.Results {
			assert.Equal(t, runner.OK, r.Status, "%s %+v", d.Parties[i].Name, r)
		}
		assert.True(t, c.EndedBefore(1, 0))
		assert.False(t, c.EndedBefore(0, 2))
		assert.Equal(t, "inotify", c.OrderBy)
	}
}

func TestDialogueThatCantBe(t *testing.T) {
	s := openSandbox(t)
	two := []Party{{"a", runner.Spec{}}, {"b", runner.Spec{}}}
	for _, links := range [][]Link{
		{{0, 1, 2, 0}}, {{0, 2, 1, 0}}, {{0, 1, 1, 0}, {0, 1, 1, 3}}, {{0, 5, 1, 0}}, {{0, -1, 1, 0}},
	} {
		d := Dialogue{Parties: two, Links: links}
		_, err := d.Run(context.Background(), s)
		assert.Error(t, err, "%v", links)
	}
}
