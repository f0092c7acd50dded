package judge_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// solve is a C program that reads two numbers and then does something.
func solve(statement string) string {
	return "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/ptrace.h>\n#include <unistd.h>\n" +
		"int main(void) { long a = 0, b = 0; if (scanf(\"%ld %ld\", &a, &b)) {} " + statement + " return 0; }\n"
}

const add = `printf("%ld\n", a + b);`

func TestVerdicts(t *testing.T) {
	j := newJudge(t, 2)
	p := &judge.Problem{
		Limits: runner.Limits{CPU: 200 * time.Millisecond, Wall: 5 * time.Second, Memory: 32 << 20, Output: 1 << 20},
		Root:   tests(t, [2]string{"1 2\n", "3\n"}, [2]string{"5 5\n", "10\n"}, [2]string{"-1 1\n", "0\n"}),
	}
	for _, test := range []struct {
		name, file, text string
		verdict          judge.Verdict
		tests            string
		reason           string // of the test that decides
	}{
		{"c", "a.c", solve(add), judge.Accepted, "accepted accepted accepted", ""},
		{"c++", "a.cpp", "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }\n", judge.Accepted, "accepted accepted accepted", ""},
		{"python", "a.py", "a, b = map(int, input().split())\nprint(a + b)\n", judge.Accepted, "accepted accepted accepted", ""},
		{"wrong on the second", "a.c", solve(`printf("%ld\n", a == b ? 0 : a + b);`), judge.WrongAnswer, "accepted wrong_answer skipped", `line 1, column 1: the tokens differ: "0", expected "10"`},
		{"nothing", "a.c", solve(``), judge.WrongAnswer, "wrong_answer skipped skipped", "the output ends early"},
		{"loop", "a.c", solve(`if (a == 5) for (;;) {} ` + add), judge.TimeLimitExceeded, "accepted time_limit_exceeded skipped", "more than its limit of"},
		{"sleep", "a.c", solve(`pause();`), judge.TimeLimitExceeded, "time_limit_exceeded skipped skipped", "did it wait for input"},
		{"memory", "a.c", solve(`for (;;) { char *p = malloc(1 << 20); if (p) memset(p, 1, 1 << 20); }`), judge.MemoryLimitExceeded, "memory_limit_exceeded skipped skipped", "more memory than its limit of 32 MiB"},
		{"output", "a.c", solve(`for (;;) puts("flood");`), judge.OutputLimitExceeded, "output_limit_exceeded skipped skipped", "more output than its limit"},
		{"exit code", "a.c", solve(add + `return 7;`), judge.RunTimeError, "run_time_error skipped skipped", "exit code 7"},
		{"signal", "a.c", solve(`abort();`), judge.RunTimeError, "run_time_error skipped skipped", "ended by SIGABRT"},
		{"forbidden", "a.c", solve(`ptrace(PTRACE_TRACEME, 0, 0, 0);` + add), judge.RunTimeError, "run_time_error skipped skipped", "the policy forbids: ptrace"},
		{"exception", "a.py", "raise ValueError('no')\n", judge.RunTimeError, "run_time_error skipped skipped", "exit code 1"},
		{"compile error", "a.c", "int main(void) { return x; }\n", judge.CompileError, "skipped skipped skipped", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := j.Judge(t.Context(), source(test.file, test.text), p, judge.How{})
			require.NoError(t, err)
			assert.Equal(t, test.verdict, r.Verdict, "%s", r.Error)
			assert.Equal(t, test.tests, strings.Join(verdicts(r), " "))
			assert.Nil(t, r.Score)
			i := slices.IndexFunc(r.Tests, func(t judge.TestResult) bool { return t.Verdict > judge.Accepted })
			if i >= 0 {
				assert.Contains(t, r.Tests[i].Reason, test.reason)
			}
			assert.Equal(t, test.verdict != judge.CompileError, r.Compile.OK)
		})
	}
}

func TestStderrIsShown(t *testing.T) {
	r, err := newJudge(t, 1).Judge(t.Context(), source("a.py", "raise ValueError('no \\x1b[2J')\n"), &judge.Problem{Root: tests(t, [2]string{"", ""})}, judge.How{})
	require.NoError(t, err)
	assert.Contains(t, r.Tests[0].Stderr, "ValueError: no �[2J")
}

func TestAllTestsAreRunIfAsked(t *testing.T) {
	p := &judge.Problem{Root: tests(t, [2]string{"1 2", "3"}, [2]string{"5 5", "10"}, [2]string{"1 1", "2"})}
	r, err := newJudge(t, 2).Judge(t.Context(), source("a.c", solve(`if (a == 1 && b == 2) abort(); printf("%ld", a);`)), p, judge.How{All: true})
	require.NoError(t, err)
	assert.Equal(t, judge.RunTimeError, r.Verdict, "the first in order")
	assert.Equal(t, []string{"run_time_error", "wrong_answer", "wrong_answer"}, verdicts(r))
}

// An interactor of testlib's notes down what it has heard, and a checker has the
// last word on that.
func TestTestlibInteractor(t *testing.T) {
	python := func(name, text string) judge.Program {
		return judge.Program{Name: name, Sources: []judge.Source{{Name: name, Content: []byte(text)}}}
	}
	check := python("check.py", "import sys\nsys.exit(0 if open(sys.argv[2]).read() == open(sys.argv[3]).read() else 1)\n")
	p := &judge.Problem{
		Root: tests(t, [2]string{"20\n", "heard 21\n"}, [2]string{"30\n", "heard 31\n"}),
		Interactor: &judge.Interactor{Protocol: checker.Testlib, Program: python("interactor.py",
			"import sys\nprint(open(sys.argv[1]).read().strip(), flush=True)\nn = input()\nif n == 'bad': sys.exit(1)\nprint('heard', n, file=open(sys.argv[2], 'w'))\n")},
		Checker: judge.Checker{Program: &check, Protocol: checker.Testlib},
	}
	j := newJudge(t, 1)
	for text, want := range map[string]string{
		"print(int(input()) + 1)\n":                        "accepted accepted",
		"n = int(input())\nprint(21 if n == 20 else 13)\n": "accepted wrong_answer",
		"print('bad')\n":                                   "wrong_answer skipped",
	} {
		r, err := j.Judge(t.Context(), source("a.py", text), p, judge.How{})
		require.NoError(t, err)
		assert.Equal(t, want, strings.Join(verdicts(r), " "), "%s: %s", text, r.Error)
	}
}

// Side by side or one after the other, the result is the same: what was run
// although it was not to be is forgotten.
func TestVerdictDoesNotDependOnJobs(t *testing.T) {
	var pairs [][2]string
	for range 12 {
		pairs = append(pairs, [2]string{"1 2", "3"})
	}
	pairs[2][0] = "0 60" // takes its time to go wrong, while others are long done
	pairs[7][0] = "9 9"
	p := &judge.Problem{Root: tests(t, pairs...)}
	s := source("a.c", solve(`if (!a) usleep(100000);`+add))
	var want []string
	leakcheck.Check(t)
	for _, jobs := range []int{1, 2, 5} {
		var events []string
		r, err := openJudge(t, jobs).Judge(t.Context(), s, p, judge.How{Events: func(e judge.Event) {
			if e.Kind == judge.TestFinished {
				events = append(events, e.TestResult.Verdict.String())
			}
		}})
		require.NoError(t, err)
		assert.Equal(t, judge.WrongAnswer, r.Verdict)
		if want == nil {
			want = verdicts(r)
			assert.Equal(t, "accepted accepted wrong_answer skipped", strings.Join(want[:4], " "))
		}
		assert.Equal(t, want, verdicts(r), "%d jobs", jobs)
		assert.Equal(t, want, events, "events say what the result says")
	}
}

func TestEvents(t *testing.T) {
	p := &judge.Problem{Root: tests(t, [2]string{"1 2", "3"}, [2]string{"5 5", "11"}, [2]string{"1 1", "2"})}
	var events []string
	_, err := newJudge(t, 1).Judge(t.Context(), source("a.c", solve(add)), p, judge.How{Events: func(e judge.Event) {
		text := e.Kind.String()
		assert.Same(t, p, e.Problem)
		switch e.Kind {
		case judge.Compiled:
			assert.True(t, e.Compile.OK)
		case judge.TestStarted:
			text += " " + p.Root.Tests[e.Test].Name
		case judge.TestFinished:
			text += " " + e.TestResult.Name + " " + e.TestResult.Verdict.String()
		case judge.Done:
			text += " " + e.Result.Verdict.String()
		}
		events = append(events, text)
	}})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"compiling", "compiled",
		"test_started 1", "test_finished 1 accepted",
		"test_started 2", "test_finished 2 wrong_answer", "test_finished 3 skipped",
		"done wrong_answer",
	}, events)
}

func TestNothingIsCompiledTwice(t *testing.T) {
	j := newJudge(t, 1)
	p := &judge.Problem{
		Root:    tests(t, [2]string{"1 2", "3"}),
		Checker: judge.Checker{Program: &judge.Program{Name: "check.py", Sources: []judge.Source{{Name: "check.py", Content: []byte("import sys\nsys.exit(42)\n# " + t.Name() + time.Now().String())}}}},
	}
	s := source("a.c", solve(add)+"// "+time.Now().String())
	for i := range 3 {
		r, err := j.Judge(t.Context(), s, p, judge.How{})
		require.NoError(t, err)
		assert.Equal(t, judge.Accepted, r.Verdict, r.Error)
		assert.Equal(t, i > 0, r.Compile.Cached)
	}
}

// A run that is over its limit by a little is run again, and the faster counts.
func TestNearTheLimit(t *testing.T) {
	j := newJudge(t, 1)
	// It spins to its own CPU clock, for as long as its input says: 110 ms or,
	// in every run, 102.
	text := "#include <stdio.h>\n#include <time.h>\nint main(void) { long ms = 0; if (scanf(\"%ld\", &ms)) {} struct timespec t;\n" +
		"do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms); puts(\"done\"); }\n"
	p := &judge.Problem{
		Limits: runner.Limits{CPU: 100 * time.Millisecond, Wall: 10 * time.Second},
		Root:   tests(t, [2]string{"150", "done"}, [2]string{"102", "done"}, [2]string{"50", "done"}, [2]string{"2000", "done"}),
	}
	r, err := j.Judge(t.Context(), source("a.c", text), p, judge.How{All: true, Margin: 0.2})
	require.NoError(t, err)
	assert.Equal(t, []string{"time_limit_exceeded", "time_limit_exceeded", "accepted", "time_limit_exceeded"}, verdicts(r))
	for i, reruns := range []int{0, 1, 0, 0} {
		assert.Len(t, r.Tests[i].Reruns, reruns, "test %d", i+1)
		assert.Equal(t, reruns == 1, r.Tests[i].NearLimit, "test %d", i+1)
	}
	for _, i := range []int{0, 1, 3} {
		run := r.Tests[i].Result
		assert.Equal(t, runner.TimeLimit, run.Status)
		assert.Equal(t, "cpu", run.Limit.Name)
		assert.Equal(t, int64(100*time.Millisecond), run.Limit.Value)
	}
	assert.LessOrEqual(t, r.Tests[1].Result.CPU, r.Tests[1].Reruns[0].CPU)

	r, err = j.Judge(t.Context(), source("a.c", text), p, judge.How{All: true, Margin: -1})
	require.NoError(t, err)
	assert.Equal(t, []string{"time_limit_exceeded", "time_limit_exceeded", "accepted", "time_limit_exceeded"}, verdicts(r))
	assert.Empty(t, r.Tests[1].Reruns)
}

func TestJudgeErrors(t *testing.T) {
	j := newJudge(t, 2)
	good := source("a.c", solve(add))
	program := func(text string) judge.Checker {
		return judge.Checker{Program: &judge.Program{
			Name: "check.c", Sources: []judge.Source{{Name: "check.c", Content: []byte(text)}},
			Limits: runner.Limits{CPU: 200 * time.Millisecond, Wall: time.Second},
		}}
	}
	for _, test := range []struct {
		name    string
		checker judge.Checker
		change  func(*judge.Problem)
		error   string
	}{
		{"checker does not compile", program("int main(void) { return x; }"), nil, "the checker check.c does not compile"},
		{"checker crashes", program("int main(void) { __builtin_trap(); }"), nil, "test 1: the checker crashed: SIGILL"},
		{"checker hangs", program("int main(void) { for (;;) {} }"), nil, "test 1: the checker did not end"},
		{"checker exits oddly", program("int main(void) { return 0; }"), nil, "test 1: the checker exited with 0"},
		{"no input", judge.Checker{}, func(p *judge.Problem) { p.Root.Tests[0].Input = "/no/such/input" }, "/no/such/input: no such file"},
		{"no answer", judge.Checker{}, func(p *judge.Problem) { p.Root.Tests[0].Answer = "/no/such/answer" }, "/no/such/answer: no such file"},
		{"bad flags", judge.Checker{Compare: checker.Tokens{}}, func(p *judge.Problem) { p.Root.Tests[0].CheckerArgs = []string{"float"} }, `no flag "float"`},
		{"score out of range", program("#include <stdio.h>\n#include <string.h>\nint main(int c, char **v) { char n[99]; (void)c; strcat(strcpy(n, v[3]), \"score.txt\"); FILE *f = fopen(n, \"w\"); fputs(\"7\", f); fclose(f); return 42; }"),
			func(p *judge.Problem) { p.Scored, p.Root.Scoring.Most = true, new(float64) }, "the score 7 of the problem is outside its range"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &judge.Problem{Root: tests(t, [2]string{"1 2", "3"}), Checker: test.checker}
			if test.change != nil {
				test.change(p)
			}
			r, err := j.Judge(t.Context(), good, p, judge.How{})
			require.NoError(t, err)
			assert.Equal(t, judge.JudgeError, r.Verdict)
			assert.Contains(t, r.Error, test.error)
		})
	}
}

func TestErrors(t *testing.T) {
	j := newJudge(t, 1)
	p := &judge.Problem{Root: tests(t, [2]string{"1 2", "3"})}
	_, err := j.Judge(t.Context(), source("a.xyz", ""), p, judge.How{})
	assert.ErrorAs(t, err, new(*language.DetectError))
	_, err = j.Judge(t.Context(), judge.Submission{Language: "cobal", Sources: []judge.Source{{Name: "a"}}}, p, judge.How{})
	assert.ErrorAs(t, err, new(*language.UnknownError))
	_, err = j.Judge(t.Context(), source("a.c", solve(add)), &judge.Problem{}, judge.How{})
	assert.ErrorContains(t, err, "has no tests")
	_, err = judge.New(judge.Options{Jobs: -1})
	assert.ErrorIs(t, err, os.ErrInvalid)
	_, err = judge.New(judge.Options{Dir: "/no/such/place"})
	assert.ErrorContains(t, err, "no place for files")
}

func TestClosedJudge(t *testing.T) {
	j := newJudge(t, 1)
	require.NoError(t, j.Close())
	require.NoError(t, j.Close())
	_, err := j.Judge(t.Context(), judge.Submission{}, &judge.Problem{}, judge.How{})
	assert.ErrorContains(t, err, "closed")
}

// What has begun stops, wherever it is, and leaves nothing (leakcheck).
func TestCancel(t *testing.T) {
	j := newJudge(t, 2)
	var pairs [][2]string
	for range 6 {
		pairs = append(pairs, [2]string{"1 2", "3"})
	}
	slow := judge.Checker{Program: &judge.Program{Name: "c.py", Sources: []judge.Source{{Name: "c.py", Content: []byte("import time\ntime.sleep(60)\n")}}}}
	for _, test := range []struct {
		name, text string
		checker    judge.Checker
		when       judge.EventKind
	}{
		{"solution", solve(`for (;;) {}`), judge.Checker{}, judge.TestStarted},
		{"sleeping solution", solve(`pause();`), judge.Checker{}, judge.TestStarted},
		{"checker", solve(add), slow, judge.TestStarted},
		{"compiler", "#include <stdio.h>\n" + strings.Repeat("int x;", 3) + "\n// " + time.Now().String() + "\nint main(void) { return 0; }\n", judge.Checker{}, judge.Compiling},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p := &judge.Problem{Root: tests(t, pairs...), Checker: test.checker, Limits: runner.Limits{CPU: time.Minute}}
			var cancelled atomic.Int64
			r, err := j.Judge(ctx, source("a.c", test.text), p, judge.How{Events: func(e judge.Event) {
				if e.Kind == test.when && cancelled.Load() == 0 {
					cancelled.Store(1)
					time.AfterFunc(50*time.Millisecond, func() { cancelled.Store(time.Now().UnixNano()); cancel() })
				}
			}})
			took := time.Since(time.Unix(0, cancelled.Load()))
			assert.ErrorIs(t, err, context.Canceled)
			assert.Less(t, took, 5*time.Second)
			t.Logf("stopped %s after the cancel", took)
			if r != nil {
				assert.Equal(t, judge.JudgeError, r.Verdict)
				assert.NotEmpty(t, r.Error)
			}
		})
	}
}

func TestKilledJudgeIsSweptUp(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "bailiff-judge-123")
	require.NoError(t, os.MkdirAll(filepath.Join(dead, "desk1"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dead, "desk1", "output"), nil, 0o600))
	first, err := judge.New(judge.Options{Dir: dir, Jobs: 1})
	require.NoError(t, err)
	defer first.Close()
	assert.NoDirExists(t, dead)
	alive, err := filepath.Glob(filepath.Join(dir, "bailiff-judge-*"))
	require.NoError(t, err)
	require.Len(t, alive, 1)
	second, err := judge.New(judge.Options{Dir: dir, Jobs: 1})
	require.NoError(t, err)
	defer second.Close()
	assert.DirExists(t, alive[0], "it is another judge's, who lives")
}

func TestResultJSON(t *testing.T) {
	p := &judge.Problem{Root: tests(t, [2]string{"1 2", "3"}, [2]string{"1 2", "4"}, [2]string{"1 2", "3"})}
	r, err := newJudge(t, 1).Judge(t.Context(), source("a.c", solve(add)), p, judge.How{})
	require.NoError(t, err)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, "wrong_answer", got["verdict"])
	assert.Contains(t, got, "score")
	assert.Nil(t, got["score"])
	assert.Equal(t, float64(1), got["version"])
	assert.Equal(t, true, got["compile"].(map[string]any)["ok"])
	list := got["tests"].([]any)
	second := list[1].(map[string]any)
	assert.Equal(t, "2", second["name"])
	assert.Equal(t, "wrong_answer", second["verdict"])
	assert.Equal(t, "ok", second["result"].(map[string]any)["status"])
	mismatch := second["checker"].(map[string]any)["mismatch"].(map[string]any)
	assert.Equal(t, "3", mismatch["output"].(map[string]any)["found"])
	third := list[2].(map[string]any)
	assert.Equal(t, "skipped", third["verdict"])
	assert.Nil(t, third["result"])
}
