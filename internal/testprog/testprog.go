// Package testprog turns the sources under testdata into programs that any user of the
// machine may run: what the tests put into sandboxes.
//
// Its one idea: a built program stands in a directory whose name says everything it was
// made from (source, compiler, flags), so that it is made once, found again by every
// later test process, and never stale. These directories are below the temporary
// directory, one set for each user, and others may search everything above them, since
// sandboxes run the programs under user ids of their own.
package testprog

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// cflags is how every program is compiled: statically, so that it runs in an empty root.
var cflags = []string{"-O2", "-static", "-pthread", "-Wall", "-Wextra", "-Werror"}

// flagsLine is how a source's opening comment begins the line with flags of its own.
const (
	flagsLine     = " * build: "
	flagsLinePlus = "// build: "
)

// Build compiles testdata/programs/NAME.c with the C compiler ($CC, cc or gcc),
// statically, and returns the absolute path of the program, which everyone may run. The
// flags come after the standard ones and the source's own.
//
// The test is skipped if the machine lacks a C compiler or its static C library, and
// fails if the source doesn't compile. Build is safe for concurrent use, also by several
// processes and users.
func Build(t testing.TB, name string, flags ...string) string {
	t.Helper()
	source := filepath.Join(testdata(t), "programs", name+".c")
	code, err := os.ReadFile(source)
	if err != nil {
		t.Fatalf("testprog: no such program: %v", err)
	}
	cc := compiler(t)
	args := slices.Concat(cflags, ownFlags(code), flags)
	built := artifact{
		name:    name,
		sources: []string{source, filepath.Join(filepath.Dir(source), "common.h")},
		tool:    cc,
		args:    args,
		build: func(dir string) *exec.Cmd {
			return exec.Command(cc, slices.Concat(args, []string{"-o", filepath.Join(dir, name), source})...)
		},
	}
	return filepath.Join(built.dir(t), name)
}

// Compile is Build for a source by its path below testdata/programs, in C or C++, with
// nothing but these flags and the source's own: linked as the compiler likes, so that it
// needs the machine's libraries.
func Compile(t testing.TB, path string, flags ...string) string {
	t.Helper()
	source := filepath.Join(testdata(t), "programs", path)
	code, err := os.ReadFile(source)
	if err != nil {
		t.Fatalf("testprog: no such program: %v", err)
	}
	tool := find(t, os.Getenv("CC"), "cc", "gcc")
	if filepath.Ext(path) == ".cpp" {
		tool = find(t, os.Getenv("CXX"), "c++", "g++")
	}
	base := filepath.Base(path)
	name := strings.TrimSuffix(base, filepath.Ext(base))
	args := slices.Concat(ownFlags(code), flags)
	built := artifact{
		name:    name,
		sources: []string{source},
		tool:    tool,
		args:    args,
		build: func(dir string) *exec.Cmd {
			cmd := exec.Command(tool, slices.Concat(args, []string{"-o", filepath.Join(dir, name), base})...)
			cmd.Dir = filepath.Dir(source) // a judge's compiler is given a name, not a path
			return cmd
		},
	}
	return filepath.Join(built.dir(t), name)
}

// Names lists the programs that Build knows, sorted.
func Names(t testing.TB) []string {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(testdata(t), "programs", "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("testprog: no programs found below %s: %v", testdata(t), err)
	}
	for i, source := range sources {
		sources[i] = strings.TrimSuffix(filepath.Base(source), ".c")
	}
	return sources
}

// Values reads what the programs report: lines "name=value". Other lines are ignored;
// of a repeated name the last value counts.
func Values(output string) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(output) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			values[name] = value
		}
	}
	return values
}

// testdata is the directory of the sources. A binary built with -trimpath doesn't know
// where it comes from, so it has to run somewhere in the module, as go test has it.
func testdata(t testing.TB) string {
	t.Helper()
	if _, file, _, _ := runtime.Caller(0); filepath.IsAbs(file) {
		return filepath.Join(filepath.Dir(file), "..", "..", "testdata")
	}
	start, err := os.Getwd()
	if err != nil {
		t.Fatalf("testprog: %v", err)
	}
	for dir := start; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata")
		}
	}
	t.Fatalf("testprog: no testdata above %s: run the test inside the module, or build it without -trimpath", start)
	return ""
}

// compiler is a C compiler that can link a static program.
func compiler(t testing.TB) string {
	t.Helper()
	cc := find(t, os.Getenv("CC"), "cc", "gcc")
	// A library that isn't there is answered with its bare name.
	library, err := exec.Command(cc, "-print-file-name=libc.a").Output()
	if err != nil || !filepath.IsAbs(strings.TrimSpace(string(library))) {
		t.Skipf("%s has no static C library: install libc6-dev, glibc-static or the like", cc)
	}
	return cc
}

// find is the first of these commands that is in $PATH; without any the test is skipped.
func find(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("none of %q is in $PATH: install one", names)
	return ""
}

// ownFlags are the flags that a source asks for itself.
func ownFlags(code []byte) []string {
	for line := range strings.Lines(string(code)) {
		for _, begin := range []string{flagsLine, flagsLinePlus} {
			if flags, ok := strings.CutPrefix(line, begin); ok {
				return strings.Fields(flags)
			}
		}
	}
	return nil
}

// artifact is what a command makes from sources.
type artifact struct {
	name    string
	sources []string // counted by their content
	tool    string   // counted by path, size and time: what it is made of is in many files
	args    []string // counted as they are
	build   func(dir string) *exec.Cmd
}
