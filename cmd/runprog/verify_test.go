package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// verifying is runprog verify of a package with the files given.
func verifying(t *testing.T, files map[string]string, args ...string) outcome {
	t.Helper()
	leakcheck.Check(t)
	dir := filepath.Join(t.TempDir(), "echo")
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return runprog(t, append([]string{"verify", "--best-effort", "--cache", filepath.Join(t.TempDir(), "cache"), dir}, args...)...)
}

// echo is a package whose submissions agree, but for those added.
func echo(more map[string]string) map[string]string {
	files := map[string]string{
		"problem.yaml": "name: Echo\n", ".timelimit": "1\n", "data/secret/1.in": "1\n", "data/secret/1.ans": "1\n",
		"submissions/accepted/cat.sh": "cat\n", "submissions/wrong_answer/nothing.sh": "exit 0\n",
	}
	for name, content := range more {
		files[name] = content
	}
	return files
}

func TestVerify(t *testing.T) {
	o := verifying(t, echo(map[string]string{"input_validators/any.sh": "exit 42\n"}))
	assert.Equal(t, 0, o.code, "%s%s", o.stdout, o.stderr)
	assert.Contains(t, o.stdout, "✓ 2 of 2 submissions agree")
	assert.Contains(t, o.stdout, "✓ 1 inputs are valid")
	assert.Contains(t, o.stdout, "submissions/accepted/cat.sh")
	assert.Empty(t, o.stderr)
}

func TestVerifyDisagreement(t *testing.T) {
	bad := echo(map[string]string{"submissions/accepted/dog.sh": "echo 2\n", "problem.yaml": "nmae: Echo\n"})
	o := verifying(t, bad)
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.stdout, "wrong answer, not accepted")
	assert.Contains(t, o.stdout, "✗ 2 of 3 submissions agree")
	assert.Contains(t, o.stderr, "warning: problem.yaml, line 1: unknown key nmae")

	o = verifying(t, bad, "--format", "json", "--language", "bash")
	assert.Equal(t, 1, o.code)
	var v struct {
		Problem               string
		Limits                map[string]int64
		Submissions           []map[string]any
		Agree, Total, Skipped int
	}
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &v), o.stdout)
	assert.Equal(t, "echo", v.Problem)
	assert.Equal(t, int64(1e9), v.Limits["cpu_ns"])
	assert.Equal(t, []int{2, 3, 0}, []int{v.Agree, v.Total, v.Skipped})
	dog := v.Submissions[1]
	assert.Equal(t, "submissions/accepted/dog.sh", dog["path"])
	assert.Equal(t, "bash", dog["language"])
	assert.Equal(t, []any{"accepted"}, dog["expected"])
	assert.Equal(t, "wrong_answer", dog["verdict"])
	assert.Equal(t, false, dog["agrees"])
	assert.Greater(t, dog["time_ns"], 0.0)

	o = verifying(t, bad, "--format", "junit")
	assert.Equal(t, 1, o.code)
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	require.NoError(t, xml.Unmarshal([]byte(o.stdout), &suites), o.stdout)
	assert.Equal(t, 3, suites.Tests)
	assert.Equal(t, 1, suites.Failures)
}

func TestVerifyInvalidInput(t *testing.T) {
	o := verifying(t, echo(map[string]string{"input_validators/none.sh": "echo 'too small' >&2; exit 43\n"}))
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.stdout, "input secret/1 is not accepted by input_validators/none.sh")
	assert.Contains(t, o.stdout, "too small")
}

func TestVerifyUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"verify"}, "name one folder"},
		{[]string{"verify", "a", "b"}, "name one folder"},
		{[]string{"verify", "nowhere"}, "nowhere"},
		{[]string{"verify", "."}, "no problem package"},
		{[]string{"verify", "--language", "c+", "."}, "--language"},
		{[]string{"verify", "--format", "html", "."}, "--format"},
		{[]string{"judge", "--transcript", "x", "--tests", ".", "a.c"}, "a.c"},
	} {
		o := runprog(t, test.args...)
		assert.Equal(t, 2, o.code, test.args)
		assert.Contains(t, o.stderr, test.want)
		assert.Empty(t, o.stdout)
	}
}

// What an interactor and a solution say to each other can be read afterwards.
func TestTranscript(t *testing.T) {
	interactor := "read -r secret <\"$1\"\nwhile read -r guess; do\n[ \"$guess\" = \"$secret\" ] && exit 42\necho no\ndone\nexit 43\n"
	files := map[string]string{
		"answer.sh": interactor, "tests/1.in": "3\n",
		"good.sh": "n=1; while echo $n && read -r answer; do n=$((n + 1)); done; exit 0\n", "bad.sh": "echo 7; read -r answer; exit 0\n",
	}
	o := judging(t, files, "--interactor", "answer.sh", "--transcript", "/dev/stderr", "good.sh")
	assert.Equal(t, 0, o.code, "%s%s", o.stdout, o.stderr)
	var said []string
	for line := range strings.Lines(o.stderr) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] != "test" {
			said = append(said, fields[0]+fields[2])
		}
	}
	assert.Equal(t, []string{">1", "<no", ">2", "<no", ">3"}, said[:5])
	assert.Contains(t, o.stderr, "test 1: accepted")

	o = judging(t, files, "--interactor", "answer.sh", "bad.sh")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.stdout, "the interactor rejected the solution")

	o = judging(t, files, "--transcript", "said.txt", "--tests", "tests", "--checker", "answer.sh", "bad.sh")
	assert.Equal(t, 2, o.code)
	assert.Contains(t, o.stderr, "--interactor FILE")
}
