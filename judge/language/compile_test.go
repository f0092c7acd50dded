package language_test

import (
	"strings"
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

// What is prepared for one source is there for the next, and changes nothing.
func TestPrepared(t *testing.T) {
	b := newBench(t, language.CompilerOptions{})
	text := "#include <bits/stdc++.h>\nint main() { std::vector<int> v(std::istream_iterator<int>(std::cin), {}); std::cout << std::accumulate(v.begin(), v.end(), 0) << std::endl; }\n"
	preparing := 0
	told := language.Options{Preparing: func() { preparing++ }}
	_, c := b.compile("cpp", told, source("plain.cpp", "#include <iostream>\nint main() { std::cout << 1; }\n"))
	require.Equal(t, language.OK, c.Status)
	assert.Len(t, b.entries(), 1, "nothing is prepared for who does not want it")
	assert.Zero(t, preparing)
	for i, id := range []string{"cpp", "cpp", "cpp11"} {
		program, c := b.compile(id, told, source("sol.cpp", text+strings.Repeat("\n", i)))
		require.NotNil(t, program, c.Diagnostics)
		assert.Empty(t, c.Diagnostics)
		_, out, _ := b.run(program, runner.Limits{}, "40 2")
		assert.Equal(t, "42\n", out)
		t.Logf("cpu %v memory %d MiB", c.Result.CPU, c.Result.Memory>>20)
	}
	// plain, three programs, and two headers, of C++20 and C++11.
	assert.Len(t, b.entries(), 6)
	assert.Equal(t, 2, preparing)
	// Other flags are no matter.
	program, c := b.compile("cpp", language.Options{Flags: []string{"-O0", "-DX"}}, source("sol.cpp", text))
	require.NotNil(t, program, c.Diagnostics)
}

func BenchmarkCached(b *testing.B) {
	set, err := language.Builtin()
	require.NoError(b, err)
	l, err := set.Find("c")
	require.NoError(b, err)
	sandbox, err := runner.New(runner.Options{})
	require.NoError(b, err)
	defer sandbox.Close()
	compiler, err := language.NewCompiler(language.CompilerOptions{Dir: b.TempDir(), Finder: &finder})
	require.NoError(b, err)
	sources := []language.Source{source("sol.c", "int main(void) { return 0; }")}
	for b.Loop() {
		program, _, err := compiler.Compile(b.Context(), sandbox, l, sources, language.Options{})
		require.NoError(b, err)
		require.NoError(b, program.Close())
	}
}
