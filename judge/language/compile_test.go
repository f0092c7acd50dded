package language_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

func TestCompileAndRun(t *testing.T) {
	for id, name := range map[string]string{"c": "sum.c", "cpp": "sum.cpp", "python3": "sum.py"} {
		t.Run(id, func(t *testing.T) {
			b := newBench(t, language.CompilerOptions{})
			program, first := b.compile(id, language.Options{}, file(t, name))
			require.NotNil(t, program, "%s", first.Diagnostics)
			assert.False(t, first.Cached)
			assert.NotNil(t, first.Result)
			result, out, messages := b.run(program, runner.Limits{}, "40 2\n")
			assert.Equal(t, runner.OK, result.Status, "%+v %+v\n%s", result, result.Violation, messages)
			assert.Equal(t, "42\n", out)

			_, second := b.compile(id, language.Options{}, file(t, name))
			assert.True(t, second.Cached)
			assert.Nil(t, second.Result)
		})
	}
}
