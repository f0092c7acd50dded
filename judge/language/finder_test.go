package language_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// script puts a shell script into a directory.
func script(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755))
}

// Whatever is first in $PATH, the real program is found behind it.
func TestFinderLooksBehindShims(t *testing.T) {
	set, err := builtin()
	require.NoError(t, err)
	python, err := set.Find("python3")
	require.NoError(t, err)
	want, err := new(language.Finder).Find(t.Context(), python)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	real := want.Tools["python"].Path

	for about, make := range map[string]func(dir string){
		"a script":        func(dir string) { script(t, dir, "python3", fmt.Sprintf("exec %q \"$@\"", real)) },
		"a broken script": func(dir string) { script(t, dir, "python3", "echo 'pyenv: python3: command not found' >&2; exit 127") },
		"a link":          func(dir string) { require.NoError(t, os.Symlink(real, filepath.Join(dir, "python3"))) },
		"a broken link":   func(dir string) { require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "python3"))) },
		"a directory":     func(dir string) { require.NoError(t, os.Mkdir(filepath.Join(dir, "python3"), 0o755)) },
		"no program": func(dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "python3"), []byte("x"), 0o644))
		},
	} {
		t.Run(about, func(t *testing.T) {
			dir := t.TempDir()
			make(dir)
			t.Setenv("PATH", dir+":"+filepath.Dir(real)+":"+os.Getenv("PATH"))
			got, err := new(language.Finder).Find(t.Context(), python)
			require.NoError(t, err)
			assert.Equal(t, want.Version, got.Version)
			assert.Equal(t, real, got.Tools["python"].Path)
		})
	}
}

func TestFinderTakesJavaHome(t *testing.T) {
	javac, err := exec.LookPath("javac")
	if err != nil {
		t.Skip(err)
	}
	javac, err = filepath.EvalSymlinks(javac)
	require.NoError(t, err)
	home := filepath.Join(t.TempDir(), "java")
	require.NoError(t, os.Symlink(filepath.Dir(filepath.Dir(javac)), home))
	t.Setenv("JAVA_HOME", home)
	t.Setenv("PATH", "/nonexistent")
	set, err := builtin()
	require.NoError(t, err)
	java, err := set.Find("java")
	require.NoError(t, err)
	chain, err := new(language.Finder).Find(t.Context(), java)
	require.NoError(t, err)
	assert.Equal(t, javac, chain.Tools["javac"].Path)
	assert.Equal(t, filepath.Dir(filepath.Dir(javac)), chain.Tools["java"].Prefix)
}

func TestMissing(t *testing.T) {
	page := filepath.Join(t.TempDir(), "x.toml")
	require.NoError(t, os.WriteFile(page, []byte("id = \"pascal\"\n[tools.fpc]\nnames = [\"no-such-fpc\", \"nor-this\"]\n"), 0o666))
	set, err := language.Load(page)
	require.NoError(t, err)
	pascal, err := set.Find("pascal")
	require.NoError(t, err)
	b := newBench(t, language.CompilerOptions{})
	program, compilation, err := b.compiler.Compile(t.Context(), b.sandbox, pascal, []language.Source{source("a.pas", "")}, language.Options{})
	assert.Nil(t, program)
	assert.Nil(t, compilation)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.EqualError(t, err, "language: Pascal (Free Pascal): no no-such-fpc or nor-this in $PATH: apt-get install fp-compiler")
}

// A program sees its toolchain and nothing else of the machine, whether it is
// run or being compiled.
func TestView(t *testing.T) {
	const list = `for my $d ('/', '/etc', '/usr', '/usr/bin', '/tmp', '/build', '/program', '/dev', '/home', '/root', '/var') {
	opendir(my $h, $d) or next; print STDERR "$d: ", join(' ', sort grep { !/^\.\.?$/ } readdir $h), "\n" }`
	b := newBench(t, language.CompilerOptions{})
	b.find("perl")
	const common = "/dev: fd full null random shm stderr stdin stdout urandom zero\n"

	_, c := b.compile("perl", language.Options{}, source("sol.pl", "BEGIN { "+list+" exit 1 }"))
	assert.Contains(t, c.Diagnostics, "\n/build: sol.pl\n/program: \n"+common)
	program, _ := b.compile("perl", language.Options{}, source("sol.pl", list))
	require.NotNil(t, program)
	_, _, messages := b.run(program, runner.Limits{}, "")
	assert.Contains(t, messages, "\n/tmp: \n/program: sol.pl\n"+common)
	for _, seen := range []string{c.Diagnostics, messages} {
		for line := range strings.Lines(seen) {
			dir, names, _ := strings.Cut(strings.TrimSpace(line), ": ")
			allowed := map[string]string{
				"/":        " bin build dev etc lib lib32 lib64 libx32 proc program tmp usr ",
				"/etc":     " alternatives group ld.so.cache passwd perl ",
				"/usr":     " bin lib lib32 lib64 libx32 share ",
				"/usr/bin": " perl ",
			}[dir]
			for _, name := range strings.Fields(names) {
				if allowed != "" {
					assert.Contains(t, allowed, " "+name+" ", "in %s", dir)
				}
			}
			assert.NotContains(t, []string{"/home", "/root", "/var"}, dir)
		}
	}
}
