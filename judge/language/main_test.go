package language_test

import (
	"bytes"
	"errors"
	"os"
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

// finder is shared: where tools are does not change while tests run.
var finder language.Finder

// bench is what a test compiles and runs with.
type bench struct {
	*testing.T
	set      *language.Set
	sandbox  *runner.Sandbox
	compiler *language.Compiler
	dir      string
}

// sharedDir is made when it is first asked for, and removed by TestMain.
var sharedDir struct {
	sync.Mutex
	name string
}

// shared is a cache for tests that don't mind what is in it: some toolchains
// take long to be prepared.
func shared(t *testing.T) string {
	t.Helper()
	sharedDir.Lock()
	defer sharedDir.Unlock()
	if sharedDir.name == "" {
		dir, err := os.MkdirTemp("", "language-test-")
		require.NoError(t, err)
		sharedDir.name = dir
	}
	return filepath.Join(sharedDir.name, "cache")
}

func TestMain(m *testing.M) {
	if os.Getenv(victim) != "" {
		beKilled()
	}
	code := m.Run()
	if sharedDir.name != "" {
		if err := os.RemoveAll(sharedDir.name); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

var builtin = sync.OnceValues(language.Builtin)

// newBench makes one with a cache of its own, or in dir.
func newBench(t *testing.T, options language.CompilerOptions) *bench {
	t.Helper()
	leakcheck.Check(t)
	set, err := builtin()
	require.NoError(t, err)
	sandbox, err := runner.New(runner.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sandbox.Close()) })
	if options.Dir == "" {
		options.Dir = filepath.Join(t.TempDir(), "cache")
	}
	options.Finder = &finder
	compiler, err := language.NewCompiler(options)
	require.NoError(t, err)
	return &bench{T: t, set: set, sandbox: sandbox, compiler: compiler, dir: options.Dir}
}

// find is a language; the test is skipped if its toolchain isn't here.
func (b *bench) find(id string) *language.Language {
	b.Helper()
	l, err := b.set.Find(id)
	require.NoError(b, err)
	_, err = b.compiler.Find(b.Context(), l)
	if errors.Is(err, errors.ErrUnsupported) {
		b.Skip(err)
	}
	require.NoError(b, err)
	return l
}

// compile compiles; what comes out of it is closed when the test ends.
func (b *bench) compile(id string, options language.Options, sources ...language.Source) (*language.Program, *language.Compilation) {
	b.Helper()
	begin := time.Now()
	program, compilation, err := b.compiler.Compile(b.Context(), b.sandbox, b.find(id), sources, options)
	require.NoError(b, err)
	b.Logf("%s: %v %q after %v, cached %t", id, compilation.Status, compilation.Reason, time.Since(begin).Round(time.Millisecond), compilation.Cached)
	if program != nil {
		b.Cleanup(func() { assert.NoError(b, program.Close()) })
	}
	assert.Equal(b, compilation.Status == language.OK, program != nil)
	return program, compilation
}

// run runs a program and returns what it writes.
func (b *bench) run(program *language.Program, limits runner.Limits, input string) (*runner.Result, string, string) {
	b.Helper()
	spec := program.Spec(limits)
	var stdout, stderr bytes.Buffer
	spec.Stdin, spec.Stdout, spec.Stderr = strings.NewReader(input), &stdout, &stderr
	result, err := b.sandbox.Run(b.Context(), spec)
	require.NoError(b, err)
	return result, stdout.String(), stderr.String()
}

func source(name, content string) language.Source {
	return language.Source{Name: name, Content: []byte(content)}
}

// file is a source of testdata.
func file(t testing.TB, path string) language.Source {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../testdata/languages", path))
	require.NoError(t, err)
	return language.Source{Name: filepath.Base(path), Content: content}
}
