package runner_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/runner"
)

// Real programs of seven languages run with default limits, but for the
// threads that their runtimes start.
func TestLanguages(t *testing.T) {
	for _, language := range testprog.Languages() {
		t.Run(language, func(t *testing.T) {
			command := testprog.BuildLanguage(t, language)
			s := open(t)
			dir := parent(command)
			result, out := run(t, s, runner.Spec{
				Args:   command,
				Root:   runner.SystemRoot().Bind(dir, dir, 0),
				Stdin:  strings.NewReader("40 2\n"),
				Limits: runner.Limits{Processes: 64},
			})
			assert.Equal(t, runner.OK, result.Status, "%+v %+v\n%s", result, result.Violation, out)
			assert.Equal(t, "42\n", out)
			t.Logf("cpu %v memory %d MiB processes %d", result.CPU, result.Memory>>20, result.ProcessesPeak)
		})
	}
}

// parent is the directory of what BuildLanguage has built: the first part of
// the command below a directory of its own.
func parent(command []string) string {
	for _, word := range command {
		if i := strings.Index(word, "/sum-"); i >= 0 {
			end := strings.IndexByte(word[i+1:], '/')
			if end < 0 {
				return word
			}
			return word[:i+1+end]
		}
	}
	return command[0]
}
