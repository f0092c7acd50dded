package judge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// newJudge makes a judge whose compiled programs are kept for the next test.
func newJudge(t testing.TB, jobs int) *judge.Judge {
	t.Helper()
	leakcheck.Check(t)
	return openJudge(t, jobs)
}

// openJudge is newJudge for a test that has several.
func openJudge(t testing.TB, jobs int) *judge.Judge {
	t.Helper()
	sandbox, err := runner.New(runner.Options{BestEffort: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sandbox.Close()) })
	compiler, err := language.NewCompiler(language.CompilerOptions{
		Dir: filepath.Join(os.TempDir(), fmt.Sprintf("bailiff-test-programs-%d", os.Geteuid())),
	})
	require.NoError(t, err)
	j, err := judge.New(judge.Options{Sandbox: sandbox, Compiler: compiler, Jobs: jobs, Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, j.Close()) })
	return j
}

// source is a submission of one file.
func source(name, text string) judge.Submission {
	return judge.Submission{Name: name, Sources: []judge.Source{{Name: name, Content: []byte(text)}}}
}

// tests makes the files of a group's tests: input and answer of each.
func tests(t testing.TB, pairs ...[2]string) judge.Group {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	var g judge.Group
	for i, pair := range pairs {
		test := &judge.Test{Name: fmt.Sprint(i + 1), Input: filepath.Join(dir, fmt.Sprintf("%d.in", i+1)), Answer: filepath.Join(dir, fmt.Sprintf("%d.ans", i+1))}
		require.NoError(t, os.WriteFile(test.Input, []byte(pair[0]), 0o644))
		require.NoError(t, os.WriteFile(test.Answer, []byte(pair[1]), 0o644))
		g.Tests = append(g.Tests, test)
	}
	return g
}

// verdicts are those of the tests, in order.
func verdicts(r *judge.Result) (list []string) {
	for _, t := range r.Tests {
		list = append(list, t.Verdict.String())
	}
	return list
}
