package testprog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// language says how the sum program of one language is made and run. In make and run,
// {source} is the source, {dir} the directory of what is made, {runtime} the interpreter.
type language struct {
	name     string
	source   string   // below testdata/languages
	tools    []string // what makes it: the first of these that is there
	make     string   // the tool's arguments
	runtimes []string // what runs it: the first that every user may run
	run      string
}

var languages = []language{
	{"c", "sum.c", []string{"cc", "gcc"}, "-O2 -o {dir}/sum {source}", nil, "{dir}/sum"},
	{"c++", "sum.cpp", []string{"c++", "g++"}, "-O2 -o {dir}/sum {source}", nil, "{dir}/sum"},
	{"go", "sum.go", []string{"go"}, "build -buildvcs=false -o {dir}/sum {source}", nil, "{dir}/sum"},
	{"java", "Main.java", []string{"javac"}, "-d {dir} {source}", []string{"java"}, "{runtime} -cp {dir} Main"},
	{"node", "sum.js", []string{"cp"}, "{source} {dir}", []string{"node", "nodejs"}, "{runtime} {dir}/sum.js"},
	{"python", "sum.py", []string{"cp"}, "{source} {dir}", []string{"python3"}, "{runtime} {dir}/sum.py"},
	{"rust", "sum.rs", []string{"rustc"}, "-O -o {dir}/sum {source}", nil, "{dir}/sum"},
}

// Languages lists the languages that BuildLanguage knows, sorted.
func Languages() []string {
	var names []string
	for _, l := range languages {
		names = append(names, l.name)
	}
	return names
}

// BuildLanguage makes the sum program of a language, as a contestant's would be: it
// prints the sum of the integers on stdin, or hello if there are none. The command it
// returns can be run by every user; its paths are absolute and free of symbolic links,
// but the runtime's own files may be links to elsewhere (Java's settings to /etc).
//
// The test is skipped if the machine lacks the toolchain. Like Build it is safe for
// concurrent use.
func BuildLanguage(t testing.TB, name string) []string {
	t.Helper()
	for _, l := range languages {
		if l.name == name {
			return l.command(t)
		}
	}
	t.Fatalf("testprog: no language %q: have %q", name, Languages())
	return nil
}

func (l language) command(t testing.TB) []string {
	t.Helper()
	source := filepath.Join(testdata(t), "languages", l.source)
	tool := find(t, l.tools...)
	runtime := ""
	if len(l.runtimes) > 0 {
		var err error
		if runtime, err = findOpen(filepath.SplitList(os.Getenv("PATH")), l.runtimes); err != nil {
			t.Skip(err)
		}
	}
	fill := func(template, dir string) []string {
		return strings.Fields(strings.NewReplacer("{source}", source, "{dir}", dir, "{runtime}", runtime).Replace(template))
	}
	built := artifact{
		name:    "sum-" + l.name,
		sources: []string{source},
		tool:    tool,
		args:    []string{l.make},
		build: func(dir string) *exec.Cmd {
			cmd := exec.Command(tool, fill(l.make, dir)...)
			cmd.Dir = filepath.Dir(source) // for Go, a directory inside the module
			return cmd
		},
	}
	return fill(l.run, built.dir(t))
}

// findOpen is the first of the commands that is there for every user, free of symbolic
// links. One in a home directory, for instance, isn't.
func findOpen(dirs, names []string) (string, error) {
	for _, name := range names {
		for _, dir := range dirs {
			path, err := filepath.EvalSymlinks(filepath.Join(dir, name))
			if err != nil || !filepath.IsAbs(path) {
				continue
			}
			info, err := os.Stat(path)
			if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o005 == 0o005 && reachable(filepath.Dir(path)) == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("none of %q is in $PATH where every user may run it: install one", names)
}
