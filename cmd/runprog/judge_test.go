package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// languages is a folder with submissions, and their tests beside them.
const languagesDir = "../../testdata/languages"

// judging is runprog judge, best effort, in a directory with the files given.
func judging(t *testing.T, files map[string]string, args ...string) outcome {
	t.Helper()
	leakcheck.Check(t)
	cmd := command(t, append([]string{"judge", "--best-effort", "--cache", filepath.Join(os.TempDir(), "bailiff-test-runprog-"+strings.ReplaceAll(t.Name(), "/", "-"))}, args...)...)
	t.Cleanup(func() {
		assert.NoError(t, os.RemoveAll(filepath.Join(os.TempDir(), "bailiff-test-runprog-"+strings.ReplaceAll(t.Name(), "/", "-"))))
	})
	for name, content := range files {
		path := filepath.Join(cmd.Dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return end(t, cmd)
}

// doubled is a problem: print what you read, twice as large.
func doubled(more map[string]string) map[string]string {
	files := map[string]string{
		"tests/1.in": "1\n", "tests/1.ans": "2\n", "tests/2.in": "21\n", "tests/2.ans": "42\n", "tests/10.in": "0\n", "tests/10.ans": "0\n",
		"good.c": "#include <stdio.h>\nint main(void) { int n; if (scanf(\"%d\", &n) != 1) return 1; printf(\"%d\\n\", 2 * n); return 0; }\n",
		"bad.c":  "#include <stdio.h>\nint main(void) { int n; if (scanf(\"%d\", &n) != 1) return 1; printf(\"%d\\n\", 2 + n - n / 21); return 0; }\n",
	}
	for name, content := range more {
		files[name] = content
	}
	return files
}

func TestJudgeRealSubmissions(t *testing.T) {
	for _, name := range []string{"sum.c", "sum.cpp", "sum.py"} {
		source, err := filepath.Abs(filepath.Join(languagesDir, name))
		require.NoError(t, err)
		o := judging(t, nil, source)
		assert.Equal(t, 0, o.code, "%s%s", o.stdout, o.stderr)
		assert.Contains(t, o.stdout, "✓ accepted")
		assert.Contains(t, o.stdout, "6 of 6 tests accepted")
		assert.Empty(t, o.stderr, "no progress where there is no terminal")
	}
}

// A submission in a problem package is judged by the package.
func TestJudgeByPackage(t *testing.T) {
	problem, err := filepath.Abs("../../testdata/problems/hypotenuse")
	require.NoError(t, err)
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{filepath.Join(problem, "submissions/accepted/hypot.c")}, 0, "✓ accepted"},
		{[]string{filepath.Join(problem, "submissions/wrong_answer/float.c")}, 1, "✗ wrong answer"},
		{[]string{"--problem", problem, filepath.Join(languagesDir, "sum.c")}, 1, "of 192 MiB"},
		{[]string{"--memory", "100M", filepath.Join(problem, "submissions/accepted/hypot.c")}, 0, "of 100 MiB"},
		{[]string{"--checker", "exact", filepath.Join(problem, "submissions/accepted/hypot.c")}, 1, "✗ wrong answer"},
	} {
		for i, arg := range test.args {
			if strings.HasPrefix(arg, "..") {
				test.args[i], err = filepath.Abs(arg)
				require.NoError(t, err)
			}
		}
		o := judging(t, nil, test.args...)
		assert.Equal(t, test.code, o.code, "%s%s", o.stdout, o.stderr)
		assert.Contains(t, o.stdout, test.says)
	}
}

func TestJudgeVerdicts(t *testing.T) {
	for _, test := range []struct {
		name string
		more map[string]string
		args string
		code int
		says []string
	}{
		{"accepted", nil, "good.c", 0, []string{"✓ accepted", "3 of 3 tests"}},
		{"wrong answer", nil, "bad.c", 1, []string{"✗ wrong answer", "test 1", `"3", expected "2"`, "2 not run"}},
		{"all", nil, "--all bad.c", 1, []string{"0 of 3 tests accepted"}},
		{"compile error", map[string]string{"no.c": "int main(void) { return x; }"}, "no.c", 1, []string{"✗ compile error", "no.c:1", "undeclared"}},
		{"tests elsewhere", map[string]string{"more/a.in": "5", "more/a.out": "10"}, "--tests more good.c", 0, []string{"1 of 1 tests"}},
		{"limits", map[string]string{"loop.c": "int main(void) { for (;;) {} }"}, "--cpu 100ms loop.c", 1, []string{"time limit exceeded", "of 100ms"}},
		{"exact", map[string]string{"tests/1.ans": "2"}, "--checker exact good.c", 1, []string{"wrong answer"}},
		{"floats", map[string]string{"tests/1.ans": "2.0000001"}, "--checker floats:1e-6 good.c", 0, []string{"accepted"}},
		{"checker of one's own", map[string]string{"check.py": "import sys\nsys.exit(42 if int(sys.stdin.read()) == 2 * int(open(sys.argv[1]).read()) else 43)\n", "tests/3.in": "3"},
			"--checker check.py good.c", 0, []string{"4 of 4 tests"}},
		{"testlib's protocol", map[string]string{"check.py": "# as testlib.h does\nimport sys\nsys.exit(0 if open(sys.argv[2]).read() == open(sys.argv[3]).read() else 1)\n"},
			"--checker check.py good.c", 0, []string{"accepted"}},
		{"checker fails", map[string]string{"check.py": "import sys\nsys.exit(1)\n"}, "--checker check.py good.c", 2, []string{"judge error", "exited with 1"}},
		{"several sources", map[string]string{"main.c": "int twice(int);\n#include <stdio.h>\nint main(void) { int n; if (scanf(\"%d\", &n) != 1) return 1; printf(\"%d\\n\", twice(n)); return 0; }", "twice.c": "int twice(int n) { return 2 * n; }"},
			"main.c twice.c", 0, []string{"accepted"}},
		{"language by name", map[string]string{"noname": "print(2 * int(input()))\n"}, "--language python3 noname", 0, []string{"accepted"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := judging(t, doubled(test.more), split(test.args)...)
			assert.Equal(t, test.code, o.code, "%s%s", o.stdout, o.stderr)
			for _, s := range test.says {
				assert.Contains(t, o.stdout, s)
			}
		})
	}
}

func TestJudgeMistakes(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		args  string
		says  []string
	}{
		{"no source", nil, "", []string{"no source", "runprog judge sol.cpp"}},
		{"missing source", nil, "nothing.c", []string{"nothing.c", "no such file"}},
		{"folder", doubled(nil), "tests", []string{"tests is a folder", "--tests"}},
		{"no tests", map[string]string{"a.c": ""}, "a.c", []string{"no tests beside a.c", "--tests FOLDER"}},
		{"empty folder", map[string]string{"a.c": "", "t/readme": ""}, "--tests t a.c", []string{"no tests in t", "1.in and 1.ans"}},
		{"missing folder", doubled(nil), "--tests nowhere good.c", []string{"nowhere", "no such file"}},
		{"file for a folder", doubled(nil), "--tests good.c good.c", []string{"it is a file"}},
		{"package and tests", doubled(nil), "--problem . --tests tests good.c", []string{"name one of the two"}},
		{"no package", doubled(nil), "--problem tests good.c", []string{"no problem package"}},
		{"unknown checker", doubled(nil), "--checker token good.c", []string{"--checker token", `did you mean "tokens"`}},
		{"missing checker", doubled(nil), "--checker chk.cpp good.c", []string{"--checker chk.cpp", "does not exist"}},
		{"bad tolerance", doubled(nil), "--checker floats:x good.c", []string{`no option "x"`}},
		{"unknown language", doubled(nil), "--language cc good.c", []string{`no language "cc"`}},
		{"no language", map[string]string{"a.xyz": "", "tests/1.in": "", "tests/1.ans": ""}, "a.xyz", []string{`"a.xyz" is of no language`}},
		{"bad limit", doubled(nil), "--cpu 0 good.c", []string{`--cpu "0"`, "zero"}},
		{"bad jobs", doubled(nil), "--jobs -1 good.c", []string{"-1 jobs"}},
		{"bad margin", doubled(nil), "--margin 101 good.c", []string{"percentage"}},
		{"bad format", doubled(nil), "--format yaml good.c", []string{"text, json, junit, html"}},
		{"bad report", doubled(nil), "--report r.pdf good.c", []string{"--report r.pdf", ".html"}},
		{"report nowhere", doubled(nil), "--report no/r.html good.c", []string{"--report no/r.html", "no such file"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := judging(t, test.files, split(test.args)...)
			assert.Equal(t, 2, o.code, "%s%s", o.stdout, o.stderr)
			assert.Empty(t, o.stdout)
			for _, s := range test.says {
				assert.Contains(t, o.stderr, s)
			}
			assert.Equal(t, 1, strings.Count(strings.TrimSpace(o.stderr), "\n")+1, "one line: %s", o.stderr)
		})
	}
}

func TestJudgeWarnings(t *testing.T) {
	o := judging(t, doubled(map[string]string{"tests/7.in": "", "tests/1.out": "3"}), "good.c")
	assert.Equal(t, 0, o.code)
	assert.Contains(t, o.stderr, "warning: 7.in has no answer: it is left out\n")
	assert.Contains(t, o.stderr, "warning: 1.ans and 1.out are answers of one test, and differ: 1.ans is taken\n")
}

func TestJudgeReports(t *testing.T) {
	dir := t.TempDir()
	page, xml := filepath.Join(dir, "r.html"), filepath.Join(dir, "r.xml")
	o := judging(t, doubled(nil), "--format", "json", "--report", page, "--report", xml, "bad.c")
	assert.Equal(t, 1, o.code, o.stderr)
	var result struct{ Verdict string }
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &result))
	assert.Equal(t, "wrong_answer", result.Verdict)
	for path, begin := range map[string]string{page: "<!DOCTYPE html>", xml: "<?xml"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.True(t, bytes.HasPrefix(text, []byte(begin)))
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 2, "nothing unfinished is left")
}

// A second judging of the same source does not compile.
func TestJudgeCompilesOnce(t *testing.T) {
	leakcheck.Check(t)
	cache := t.TempDir()
	source, err := filepath.Abs(filepath.Join(languagesDir, "sum.c"))
	require.NoError(t, err)
	for _, want := range []string{"compiled in ", "compiled before"} {
		o := runprog(t, "judge", "--best-effort", "--cache", cache, source)
		assert.Equal(t, 0, o.code, o.stderr)
		assert.Contains(t, o.stdout, want)
	}
}

func TestJudgeIsInterrupted(t *testing.T) {
	leakcheck.Check(t)
	for _, signal := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP} {
		cmd := command(t, "judge", "--best-effort", "--cache", t.TempDir(), "--cpu", "60s", "--report", "r.html", "sleep.sh")
		for name, content := range map[string]string{"sleep.sh": "echo ready >&2; while :; do :; done\n", "tests/1.in": "", "tests/1.ans": ""} {
			path := filepath.Join(cmd.Dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		}
		cmd.Args = append(cmd.Args, "--language", "bash")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		require.NoError(t, cmd.Start())
		time.Sleep(500 * time.Millisecond)
		begin := time.Now()
		require.NoError(t, cmd.Process.Signal(signal))
		_ = cmd.Wait()
		t.Logf("%s: ended after %s", unix.SignalName(signal), time.Since(begin))
		assert.Less(t, time.Since(begin), 5*time.Second)
		assert.Equal(t, 2, cmd.ProcessState.ExitCode())
		assert.Contains(t, stderr.String(), "interrupted: everything was stopped")
		left, err := os.ReadDir(cmd.Dir)
		require.NoError(t, err)
		assert.Len(t, left, 2, "no half a report")
	}
}
