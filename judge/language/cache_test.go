package language_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// prints is a C program that prints a number, and no other one's text.
func prints(n int) language.Source {
	return source("sol.c", fmt.Sprintf("#include <stdio.h>\nint main(void) { return puts(\"%d\") < 0; }\n", n))
}

func TestCacheIsByContent(t *testing.T) {
	b := newBench(t, language.CompilerOptions{})
	base := func() (string, language.Options, language.Source) { return "c", language.Options{}, prints(1) }
	id, options, src := base()
	_, c := b.compile(id, options, src)
	require.False(t, c.Cached)
	_, c = b.compile(id, options, src)
	require.True(t, c.Cached)
	_, c = b.compile("c17", options, src)
	assert.False(t, c.Cached, "another id")
	_, c = b.compile("c99", options, src)
	assert.False(t, c.Cached, "another standard")
	_, c = b.compile(id, language.Options{Flags: []string{"-O1"}}, src)
	assert.False(t, c.Cached, "other flags")
	_, c = b.compile(id, options, prints(2))
	assert.False(t, c.Cached, "other text")
	src.Name = "other.c"
	_, c = b.compile(id, options, src)
	assert.False(t, c.Cached, "another name")
	_, c = b.compile(id, options, src, source("x.h", ""))
	assert.False(t, c.Cached, "one more file")
}

// Warnings are of the sources, so they are there again.
func TestCachedDiagnostics(t *testing.T) {
	b := newBench(t, language.CompilerOptions{})
	src := source("sol.c", "#warning look here\nint main(void) { return 0; }\n")
	_, first := b.compile("c", language.Options{}, src)
	assert.Contains(t, first.Diagnostics, "sol.c:1:2: warning: #warning look here")
	_, second := b.compile("c", language.Options{}, src)
	assert.True(t, second.Cached)
	assert.Equal(t, first.Diagnostics, second.Diagnostics)
	assert.Equal(t, first.Command, second.Command)
}

func TestCacheFindsWhatIsBroken(t *testing.T) {
	for about, spoil := range map[string]func(entry string) error{
		"changed": func(entry string) error {
			file := filepath.Join(entry, "files", "main")
			text, err := os.ReadFile(file)
			if err == nil {
				text[len(text)/2] ^= 1
			}
			return errors.Join(err, os.Chmod(file, 0o755), os.WriteFile(file, text, 0o755), os.Chmod(file, 0o555))
		},
		"cut": func(entry string) error {
			file := filepath.Join(entry, "files", "main")
			return errors.Join(os.Chmod(file, 0o755), os.Truncate(file, 100), os.Chmod(file, 0o555))
		},
		"gone":         func(entry string) error { return os.Remove(filepath.Join(entry, "files", "main")) },
		"more":         func(entry string) error { return os.WriteFile(filepath.Join(entry, "files", "more"), nil, 0o444) },
		"without meta": func(entry string) error { return os.Remove(filepath.Join(entry, "meta.json")) },
		"half meta":    func(entry string) error { return os.Truncate(filepath.Join(entry, "meta.json"), 20) },
	} {
		t.Run(about, func(t *testing.T) {
			b := newBench(t, language.CompilerOptions{})
			program, _ := b.compile("c", language.Options{}, prints(1))
			require.NoError(t, program.Close())
			entry := filepath.Join(b.dir, "entries", b.entries()[0])
			require.NoError(t, spoil(entry))
			// Another process, that has not seen it before.
			again := newBench(t, language.CompilerOptions{Dir: b.dir})
			program, c := again.compile("c", language.Options{}, prints(1))
			require.NotNil(t, program)
			assert.False(t, c.Cached)
			_, out, _ := again.run(program, runner.Limits{}, "")
			assert.Equal(t, "1\n", out)
			_, c = again.compile("c", language.Options{}, prints(1))
			assert.True(t, c.Cached)
		})
	}
}

// What was not used for longest makes room; what is in use stays.
func TestCacheIsBounded(t *testing.T) {
	b := newBench(t, language.CompilerOptions{MaxBytes: 4 << 20}) // a static program has 700 KiB
	held, _ := b.compile("c", language.Options{}, prints(0))
	for n := range 9 {
		program, c := b.compile("c", language.Options{}, prints(n+1))
		require.False(t, c.Cached)
		require.NoError(t, program.Close())
		time.Sleep(5 * time.Millisecond) // times of files are as fine as the kernel's tick
	}
	assert.Less(t, len(b.entries()), 8)
	assert.Greater(t, len(b.entries()), 1)
	_, out, _ := b.run(held, runner.Limits{}, "")
	assert.Equal(t, "0\n", out)
	_, c := b.compile("c", language.Options{}, prints(9))
	assert.True(t, c.Cached, "the newest")
	_, c = b.compile("c", language.Options{}, prints(1))
	assert.False(t, c.Cached, "the oldest")
	left, err := os.ReadDir(filepath.Join(b.dir, "work"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// Who wants the same program at the same time gets it from one compiler.
func TestCompileAtOnce(t *testing.T) {
	b := newBench(t, language.CompilerOptions{})
	l := b.find("c")
	other, err := language.NewCompiler(language.CompilerOptions{Dir: b.dir, Finder: &finder})
	require.NoError(t, err)
	var mutex sync.Mutex
	var group sync.WaitGroup
	compiled := map[*language.Compiler]int{}
	for i := range 16 {
		compiler := []*language.Compiler{b.compiler, other}[i%2]
		group.Go(func() {
			program, c, err := compiler.Compile(t.Context(), b.sandbox, l, []language.Source{prints(1)}, language.Options{})
			if assert.NoError(t, err) && assert.NotNil(t, program) {
				mutex.Lock()
				defer mutex.Unlock()
				if !c.Cached {
					compiled[compiler]++
				}
				assert.NoError(t, program.Close())
			}
		})
	}
	group.Wait()
	assert.LessOrEqual(t, compiled[b.compiler], 1)
	assert.LessOrEqual(t, compiled[other], 1)
	assert.Len(t, b.entries(), 1)
}

func TestCancelledCompile(t *testing.T) {
	b := newBench(t, language.CompilerOptions{})
	l := b.find("cpp")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	program, _, err := b.compiler.Compile(ctx, b.sandbox, l, []language.Source{
		source("sol.cpp", "template<int N, int M> struct S { S<N - 1, 2 * M> a; S<N - 1, 2 * M + 1> b; };\ntemplate<int M> struct S<0, M> {};\nint main() { S<28, 0> s; return sizeof s > 0; }"),
	}, language.Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Nil(t, program)
	left, err := os.ReadDir(filepath.Join(b.dir, "work"))
	require.NoError(t, err)
	assert.Empty(t, left)
	assert.Empty(t, b.entries())
	// The finder has not taken the end of that context for an absent tool.
	_, c := b.compile("cpp", language.Options{}, source("sol.cpp", "int main() {}"))
	assert.Equal(t, language.OK, c.Status)
}

// victim is set in the environment of a process that compiles until it is
// killed: its value is the cache's directory.
const victim = "BAILIFF_TEST_COMPILE_IN"

func beKilled() {
	set, err := language.Builtin()
	if err != nil {
		panic(err)
	}
	l, err := set.Find("c")
	if err != nil {
		panic(err)
	}
	sandbox, err := runner.New(runner.Options{})
	if err != nil {
		panic(err)
	}
	compiler, err := language.NewCompiler(language.CompilerOptions{Dir: os.Getenv(victim), MaxBytes: 3 << 20})
	if err != nil {
		panic(err)
	}
	for n := 0; ; n = (n + 1) % 8 {
		program, c, err := compiler.Compile(context.Background(), sandbox, l, []language.Source{prints(n)}, language.Options{})
		if err != nil {
			panic(err)
		}
		if program == nil {
			panic(c.Diagnostics)
		}
		program.Close()
		fmt.Println(n)
	}
}

// Processes that are killed at any moment leave a cache that the next can use.
func TestKilledCompilers(t *testing.T) {
	b := newBench(t, language.CompilerOptions{})
	b.find("c")
	leakcheck.Check(t, leakcheck.Orphans()) // what they were running is reaped by us
	self, err := os.Executable()
	require.NoError(t, err)
	for round := range 6 {
		var victims []*exec.Cmd
		for range 2 {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), victim+"="+b.dir)
			cmd.Stderr = os.Stderr
			require.NoError(t, cmd.Start())
			victims = append(victims, cmd)
		}
		time.Sleep(time.Duration(300+137*round) * time.Millisecond)
		for _, cmd := range victims {
			require.NoError(t, cmd.Process.Kill())
			require.ErrorContains(t, cmd.Wait(), "killed")
		}
	}
	again := newBench(t, language.CompilerOptions{Dir: b.dir})
	left, err := os.ReadDir(filepath.Join(b.dir, "work"))
	require.NoError(t, err)
	assert.Empty(t, left)
	t.Logf("%d entries", len(again.entries()))
	for n := range 8 {
		program, _ := again.compile("c", language.Options{}, prints(n))
		_, out, _ := again.run(program, runner.Limits{}, "")
		assert.Equal(t, fmt.Sprintf("%d\n", n), out)
	}
}

func TestNewCompilerErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := language.NewCompiler(language.CompilerOptions{Dir: file})
	assert.ErrorContains(t, err, file)
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	_, err = language.NewCompiler(language.CompilerOptions{})
	assert.ErrorContains(t, err, "name a directory")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err = language.NewCompiler(language.CompilerOptions{})
	require.NoError(t, err)
	assert.DirExists(t, filepath.Join(os.Getenv("XDG_CACHE_HOME"), "bailiff", "entries"))
}

// Names of files are the author's in all that is said, and never more than names.
func TestNames(t *testing.T) {
	b := newBench(t, language.CompilerOptions{})
	for _, name := range []string{
		"sol.cpp", "my solution.cpp", "-o.cpp", "--help.cpp", "@x.cpp", "a\"b'c.cpp", "$(touch x).cpp", "ü.cpp", "/etc/passwd", "../../sol.cpp",
		"a/b/c.cpp", "x\\y.cpp", "%s%n.cpp", "*.cpp",
	} {
		program, c := b.compile("cpp", language.Options{}, source(name, "int main() { return x; }"))
		assert.Nil(t, program, name)
		assert.True(t, strings.HasPrefix(c.Diagnostics, name+": In function"), "%q: %s", name, c.Diagnostics)
		b.harmless(c)
		program, c = b.compile("cpp", language.Options{}, source(name, "int main() { return 0; }"))
		assert.NotNil(t, program, "%q: %s", name, c.Diagnostics)
	}
}

func TestSeveralSources(t *testing.T) {
	for _, test := range []struct {
		id      string
		sources []language.Source
	}{
		{"c", []language.Source{source("lib/my util.h", "int twice(int);"), source("lib/util.c", "#include \"my util.h\"\nint twice(int x) { return 2 * x; }"),
			source("main.c", "#include <stdio.h>\n#include \"lib/my util.h\"\nint main(void) { printf(\"%d\\n\", twice(21)); }")}},
		{"python3", []language.Source{source("util.py", "def twice(x): return 2 * x"), source("main.py", "import util\nprint(util.twice(21))")}},
		{"java", []language.Source{source("b.java", "public class Util { static int twice(int x) { return 2 * x; } }"),
			source("a.java", "public class Start { public static void main(String[] a) { System.out.println(Util.twice(21)); } }")}},
		{"ocaml", []language.Source{source("util.ml", "let twice x = 2 * x"), source("main.ml", "let () = Printf.printf \"%d\\n\" (Util.twice 21)")}},
		{"haskell", []language.Source{source("Util.hs", "module Util where\ntwice x = 2 * x"), source("main.hs", "import Util\nmain = print (twice 21)")}},
	} {
		t.Run(test.id, func(t *testing.T) {
			b := newBench(t, language.CompilerOptions{})
			program, c := b.compile(test.id, language.Options{}, test.sources...)
			require.NotNil(t, program, c.Diagnostics)
			_, out, messages := b.run(program, runner.Limits{}, "")
			assert.Equal(t, "42\n", out, messages)
		})
	}
}
