package pack

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
)

func TestGlob(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"accepted", "accepted", true}, {"accepted", "accepted/a.py", false}, {"accepted/*", "accepted/a.py", true},
		{"*", "a/b", false}, {"*.{py,cpp}", "a.cpp", true}, {"*.{py,cpp}", "a.c", false}, {"{a,b{c,d}}/x", "bd/x", true},
		{"{a,}b", "b", true}, {"{ab", "{ab", true}, {"[ab]", "a", false}, {"[ab]", "[ab]", true}, {"a?", "ab", false}, {"secret/*-easy", "secret/1-easy", true},
	} {
		assert.Equal(t, test.want, matches(test.pattern, test.name), "%s %s", test.pattern, test.name)
	}
}

// result is one whose tests got these verdicts: a is accepted, and so on.
func result(verdicts string) *judge.Result {
	r := &judge.Result{Verdict: judge.Accepted, Compile: &judge.Compile{OK: true}}
	for i, c := range verdicts {
		v := map[rune]judge.Verdict{'a': judge.Accepted, 'w': judge.WrongAnswer, 't': judge.TimeLimitExceeded, 'r': judge.RunTimeError, 'm': judge.MemoryLimitExceeded, 's': judge.Skipped}[c]
		name := []string{"sample/1", "secret/a/1", "secret/a/2", "secret/b/1"}[i]
		r.Tests = append(r.Tests, judge.TestResult{Name: name, Verdict: v, Checker: &checker.Result{Message: "line " + name}})
		if v > judge.Accepted && r.Verdict == judge.Accepted {
			r.Verdict = v
		}
	}
	return r
}

func TestFolders(t *testing.T) {
	for _, test := range []struct{ folder, result, agrees string }{
		{"accepted", "aaaa", "yes"}, {"accepted", "awss", "no"},
		{"wrong_answer", "aw", "yes"}, {"wrong_answer", "at", "no"}, {"wrong_answer", "aaaa", "no"},
		{"time_limit_exceeded", "t", "yes"}, {"run_time_error", "r", "yes"}, {"run_time_error", "m", "yes"}, {"run_time_error", "w", "no"},
		{"memory_limit_exceeded", "m", "yes"}, {"memory_limit_exceeded", "r", "no"},
		{"rejected", "aw", "yes"}, {"rejected", "aa", "no"}, {"brute_force", "at", "yes"}, {"brute_force", "aw", "no"},
	} {
		e := Expectation{Verdicts: verdictsNamed[test.folder]}
		why := e.Disagrees(&judge.Problem{}, result(test.result))
		assert.Equal(t, test.agrees == "yes", why == "", "%s %s: %s", test.folder, test.result, why)
	}
	e := Expectation{Verdicts: anyBad}
	assert.NotEmpty(t, e.Disagrees(&judge.Problem{}, &judge.Result{Verdict: judge.JudgeError, Error: "x"}))
}

func TestPartial(t *testing.T) {
	e := Expectation{Verdicts: good, Partial: true}
	p := &judge.Problem{Scored: true}
	p.Root.Scoring.Most = ptr(100)
	for score, agrees := range map[float64]bool{0: true, 99: true, 100: false} {
		r := result("aa")
		r.Score = &score
		assert.Equal(t, agrees, e.Disagrees(p, r) == "")
	}
}

func TestTags(t *testing.T) {
	for text, want := range map[string][]judge.Verdict{
		"// @EXPECTED_RESULTS@: CORRECT":                   {judge.Accepted},
		"/* @EXPECTED_RESULTS@: WRONG-ANSWER */":           wrong,
		"# @EXPECTED_RESULTS@:TIMELIMIT , run-error\nx":    {judge.TimeLimitExceeded, judge.RunTimeError, judge.MemoryLimitExceeded, judge.OutputLimitExceeded},
		"-- @EXPECTED_RESULTS@: COMPILER-ERROR":            {judge.CompileError},
		"@EXPECTED_RESULTS@: MEMORY_LIMIT,OUTPUT-LIMIT,--": {judge.MemoryLimitExceeded, judge.OutputLimitExceeded},
		"@EXPECTED_RESULTS@":                               nil,
		"":                                                 nil,
	} {
		l := &loader{pkg: &Package{Problem: &judge.Problem{}}}
		assert.Equal(t, want, l.tagged("x", []judge.Source{{Content: []byte(text)}}), text)
	}
}

// rulesOf are those of a submission, by what submissions.yaml says.
func rulesOf(t *testing.T, yaml, path string) *Expectation {
	t.Helper()
	p, err := Load(write(t, with(scored("../submissions/submissions.yaml", yaml, "../submissions/"+path, ""))))
	require.NoError(t, err)
	for _, s := range p.Submissions {
		if s.Path == "submissions/"+path {
			return &s.Expected
		}
	}
	require.Fail(t, "not loaded")
	return nil
}

func TestRules(t *testing.T) {
	for _, test := range []struct{ yaml, path, result, want string }{
		{"", "wrong_answer/a.py", "aw", ""},
		{"wrong_answer/a.py:\n  secret/a:\n    permitted: [AC]\n", "wrong_answer/a.py", "aaaw", ""},
		{"wrong_answer/a.py:\n  secret/a:\n    permitted: [AC]\n", "wrong_answer/a.py", "awaa", "not permitted on secret/a/1"},
		{"wrong_answer/a.py:\n  secret/a:\n    permitted: [AC]\n", "wrong_answer/a.py", "aaaa", "no test got wrong_answer"},
		{"wrong_answer/a.py:\n  secret/a:\n    permitted: [AC]\n", "wrong_answer/a.py", "aaat", "time_limit_exceeded is not permitted"},
		{"wrong_answer:\n  permitted: [AC, WA, TLE]\n  required: [TLE]\n", "wrong_answer/a.py", "awat", ""},
		{"wrong_answer:\n  permitted: [AC, WA, TLE]\n  required: [TLE]\n", "wrong_answer/a.py", "awaw", "no test got time_limit_exceeded"},
		{"'*/a.*':\n  required: [RTE]\n", "mixed/a.py", "mwtt", ""},
		{"'*/a.*':\n  required: [RTE]\n", "mixed/a.py", "wwtt", "no test got run_time_error or"},
		{"mixed/a.py:\n  message: secret/b\n", "mixed/a.py", "awww", ""},
		{"mixed/a.py:\n  message: elsewhere\n", "mixed/a.py", "awww", `said "elsewhere"`},
		{"mixed/a.py:\n  secret/c:\n    permitted: [AC]\n", "mixed/a.py", "aaaa", "there are no tests in secret/c"},
		{"mixed/a.py:\n  score: [10, 20]\n", "mixed/a.py", "aaaa", ""},
		{"mixed/a.py:\n  score: 30\n", "mixed/a.py", "aaaa", "the score is 15, not from 30 to 30"},
		{"mixed/a.py:\n  secret/a:\n    score: 5\n", "mixed/a.py", "aaaa", ""},
		{"mixed/a.py:\n  secret/a:\n    score: 6\n", "mixed/a.py", "aaaa", "the score in secret/a is 5"},
	} {
		e := rulesOf(t, test.yaml, test.path)
		r := result(test.result)
		r.Score, r.Groups = ptr(15), []judge.GroupResult{{Name: "secret/a", Score: ptr(5)}}
		why := e.Disagrees(&judge.Problem{}, r)
		if test.want == "" {
			assert.Empty(t, why, "%s", test.yaml)
		} else {
			assert.Contains(t, why, test.want, "%s", test.yaml)
		}
		assert.Equal(t, test.yaml != "", e.NeedsAll())
	}
	e := rulesOf(t, "mixed/a.py:\n  language: cpp17\n  permitted: [AC]\n", "mixed/a.py")
	assert.Equal(t, []string{"accepted"}, e.Names())
	assert.NotEmpty(t, e.Disagrees(&judge.Problem{}, &judge.Result{Verdict: judge.CompileError}))
}

func FuzzGlob(f *testing.F) {
	f.Add("{a,b{c,d}}/*.py", "a/x.py")
	f.Add("{{{{,},},},}", "")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		matches(pattern, name)
		if n := len(expand(pattern)); n > maxPatterns {
			t.Errorf("%d patterns", n)
		}
	})
}
