package pack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A package may come from anybody: whatever it holds, it is refused with the
// name of what is at fault, and soon.
func TestHostilePackages(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(t *testing.T, dir string)
		want string
	}{
		"link out of it": {func(t *testing.T, dir string) {
			require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "data/secret/2.in")))
		}, `"data/secret/2.in" is a symbolic link to nothing in the package`},
		"link up": {func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), nil, 0o600))
			require.NoError(t, os.Symlink("../../../secret", filepath.Join(dir, "submissions/accepted/b.py")))
		}, "submissions/accepted/b.py"},
		"link to a directory": {func(t *testing.T, dir string) {
			require.NoError(t, os.Symlink(".", filepath.Join(dir, "data/secret/loop")))
		}, "is a symbolic link to a directory"},
		"link to itself": {func(t *testing.T, dir string) {
			require.NoError(t, os.Symlink("a", filepath.Join(dir, "a")))
		}, `"a" is a symbolic link`},
		"pipe": {func(t *testing.T, dir string) {
			require.NoError(t, unix.Mkfifo(filepath.Join(dir, "data/secret/2.in"), 0o644))
		}, `"data/secret/2.in" is neither file nor directory`},
		"pipe as settings": {func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "problem.yaml")))
			require.NoError(t, unix.Mkfifo(filepath.Join(dir, "problem.yaml"), 0o644))
		}, `"problem.yaml" is neither`},
		"device": {func(t *testing.T, dir string) {
			if err := unix.Mknod(filepath.Join(dir, "data/secret/2.in"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))); err != nil {
				t.Skipf("no device can be made: %v", err)
			}
		}, `"data/secret/2.in" is neither`},
		"deep": {func(t *testing.T, dir string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, strings.Repeat("d/", 200)), 0o755))
		}, "more than 24 deep"},
		"large test": {func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, "data/secret/1.in"), 10<<30))
		}, "data/secret/1.in: has 10737418240 bytes"},
		"large settings": {func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, "problem.yaml"), 10<<30))
		}, "problem.yaml: is larger"},
		"large source": {func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, "submissions/accepted/a.py"), 10<<30))
		}, "submissions/accepted/a.py: is larger"},
		"a bomb": {func(t *testing.T, dir string) {
			bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
			for c := 'b'; c < 'z'; c++ {
				bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1)
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, "problem.yaml"), []byte(bomb), 0o644))
		}, "problem.yaml: line 1: anchors and aliases"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, with(nil))
			test.do(t, dir)
			begin := time.Now()
			_, err := Load(dir)
			assert.ErrorContains(t, err, test.want)
			assert.Less(t, time.Since(begin), 20*time.Second)
		})
	}
}

func TestManyFiles(t *testing.T) {
	dir := write(t, map[string]string{"a": "", "b/c": "", "b/d": "", "b/.e": ""})
	tree, err := openTree(dir, 5)
	require.NoError(t, err)
	require.NoError(t, tree.close())
	_, err = openTree(dir, 4)
	assert.ErrorContains(t, err, "too many files, here in ")
}

// Links within a package are good.
func TestLinksWithin(t *testing.T) {
	dir := write(t, with(nil))
	require.NoError(t, os.Symlink("../secret/1.in", filepath.Join(dir, "data/secret/2.in")))
	require.NoError(t, os.Symlink("1.ans", filepath.Join(dir, "data/secret/2.ans")))
	p, err := Load(dir)
	require.NoError(t, err)
	assert.Len(t, p.Problem.Root.AllTests(), 2)
	assert.Empty(t, p.Problem.Warnings)
}

func TestLoadNothing(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err = Load(file)
	assert.ErrorContains(t, err, "not a directory")
}

// What settings say, whatever it is, never makes Load fail otherwise than by an
// error.
func FuzzLoad(f *testing.F) {
	f.Add("name: x\ntype: scoring\nlimits: {time_limit: 1}\n", "grader_flags: min\nrange: 0 1\n", "accepted:\n  permitted: [AC]\n", "timelimit = 1\n")
	f.Add("problem_format_version: 2023-07\ntype: [scoring]\n", "scoring: {score: 3, aggregation: min, require_pass: [a]}\nargs: [x]\n", "'*':\n  secret:\n    score: [1, 2]\n", "")
	f.Add("validation: custom interactive\nvalidator_flags: [1]\n", "output_validator_flags: {name: a, flags: b}\n", "", "\"=\"\n")
	// One folder for all: most of what a package is made of stays.
	dir := filepath.Join(f.TempDir(), "package")
	put := func(t testing.TB, name, content string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	for _, name := range []string{"data/secret/1.in", "data/secret/1.ans", "data/secret/a/1.in", "data/secret/a/1.ans", "data/sample/1.in", "data/sample/1.ans", "output_validators/v.py", "submissions/accepted/a.py"} {
		put(f, name, "")
	}
	f.Fuzz(func(t *testing.T, problem, group, submissions, ini string) {
		put(t, "problem.yaml", problem)
		put(t, "domjudge-problem.ini", ini)
		put(t, submissionsFile, submissions)
		for _, name := range []string{"data/testdata.yaml", "data/test_group.yaml", "data/secret/a/test_group.yaml", "data/secret/1.yaml"} {
			put(t, name, group)
		}
		p, err := Load(dir)
		if err == nil && len(p.Problem.Root.AllTests()) == 0 {
			t.Error("no tests and no error")
		}
	})
}

func FuzzINI(f *testing.F) {
	f.Add([]byte("a = 'b'\n; c\n[d]\ne=\"f\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, _ := parseINI(data)
		for key := range values {
			if key == "" || strings.ContainsAny(key, "=\n") {
				t.Errorf("key %q", key)
			}
		}
	})
}
