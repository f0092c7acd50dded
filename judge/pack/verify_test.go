package pack

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// newJudge makes a judge whose compiled programs are kept for the next test.
func newJudge(t *testing.T) *judge.Judge {
	t.Helper()
	leakcheck.Check(t)
	sandbox, err := runner.New(runner.Options{BestEffort: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sandbox.Close()) })
	compiler, err := language.NewCompiler(language.CompilerOptions{
		Dir: filepath.Join(os.TempDir(), fmt.Sprintf("bailiff-test-programs-%d", os.Geteuid())),
	})
	require.NoError(t, err)
	j, err := judge.New(judge.Options{Sandbox: sandbox, Compiler: compiler, Jobs: 2, Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, j.Close()) })
	return j
}

func verify(t *testing.T, j *judge.Judge, dir string, o VerifyOptions) *Verification {
	t.Helper()
	p, err := Load(dir)
	require.NoError(t, err)
	v, err := Verify(t.Context(), j, p, o)
	require.NoError(t, err)
	return v
}

// Each submission of testdata gets the verdict that its folder promises, and
// together they get all verdicts there are.
func TestProblemsAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a hundred programs")
	}
	j := newJudge(t)
	dirs, err := os.ReadDir(problems)
	require.NoError(t, err)
	got, judged := map[judge.Verdict]bool{}, 0
	for _, dir := range dirs {
		v := verify(t, j, filepath.Join(problems, dir.Name()), VerifyOptions{})
		assert.Equal(t, v.Total, v.Agree, dir.Name())
		if v.Inputs != nil {
			assert.Empty(t, v.Inputs.Invalid, dir.Name())
		}
		for _, s := range v.Submissions {
			assert.True(t, s.Agrees == nil || *s.Agrees, "%s/%s: %s", dir.Name(), s.Path, s.Reason)
			if s.Agrees == nil {
				t.Logf("%s/%s: skipped: %s", dir.Name(), s.Path, s.Reason)
				continue
			}
			judged++
			got[s.Verdict] = true
		}
	}
	assert.Greater(t, judged, 50)
	for v := judge.Accepted; v < judge.JudgeError; v++ {
		assert.True(t, got[v] || v == judge.PresentationError && got[judge.PresentationError], "nobody got %s", v)
	}
}

const echoYAML = "name: echo\nlimits:\n  memory: 64\n"

// echo is a package with a problem that every language can do.
func echo(files map[string]string) map[string]string {
	all := map[string]string{
		"problem.yaml": echoYAML, ".timelimit": "1\n",
		"data/secret/1.in": "1\n", "data/secret/1.ans": "1\n", "data/secret/2.in": "2\n", "data/secret/2.ans": "2\n",
		"submissions/accepted/cat.sh": "cat\n",
	}
	for name, content := range files {
		all[name] = content
	}
	for name, content := range all {
		if content == "-" {
			delete(all, name)
		}
	}
	return all
}

func TestVerifyThatDisagrees(t *testing.T) {
	j := newJudge(t)
	events := 0
	v := verify(t, j, write(t, echo(map[string]string{
		"submissions/accepted/one.sh":            "echo 1\n",
		"submissions/wrong_answer/cat.sh":        "cat\n",
		"submissions/run_time_error/wrong.sh":    "exit 0\n",
		"submissions/accepted/no.xyz":            "",
		"submissions/compile_error/fine.sh":      "cat\n",
		"submissions/time_limit_exceeded/one.sh": "while :; do :; done\n",
		"input_validators/two.sh":                "read -r n; if [ \"$n\" = 2 ]; then exit 42; else echo not two >&2; exit 43; fi\n",
	})), VerifyOptions{Events: func(e VerifyEvent) {
		if e.Finished != nil {
			events++
			assert.Equal(t, events, e.Done)
		}
	}})
	assert.Equal(t, 7, v.Total)
	assert.Equal(t, 7, events)
	assert.Equal(t, 2, v.Agree)
	assert.False(t, v.OK())
	reasons := map[string]string{}
	for _, s := range v.Submissions {
		reasons[strings.TrimPrefix(s.Path, "submissions/")] = s.Reason
	}
	assert.Empty(t, reasons["accepted/cat.sh"])
	assert.Empty(t, reasons["time_limit_exceeded/one.sh"])
	assert.Contains(t, reasons["accepted/one.sh"], "expected accepted, got wrong_answer on secret/2")
	assert.Contains(t, reasons["wrong_answer/cat.sh"], "got accepted")
	assert.Contains(t, reasons["run_time_error/wrong.sh"], "got wrong_answer")
	assert.Contains(t, reasons["compile_error/fine.sh"], "got accepted")
	assert.Contains(t, reasons["accepted/no.xyz"], "no.xyz")
	require.Len(t, v.Inputs.Invalid, 1)
	assert.Equal(t, "secret/1", v.Inputs.Invalid[0].Test)
	assert.Contains(t, v.Inputs.Invalid[0].Message, "not two")

	text, err := json.Marshal(v)
	require.NoError(t, err)
	var keys struct {
		Submissions []map[string]any
	}
	all := map[string]any{}
	require.NoError(t, json.Unmarshal(text, &all))
	require.NoError(t, json.Unmarshal(text, &keys))
	for _, key := range []string{"problem", "limits", "submissions", "agree", "total", "skipped"} {
		assert.Contains(t, all, key)
	}
	for _, key := range []string{"path", "language", "expected", "verdict", "agrees", "time_ns", "memory_bytes"} {
		assert.Contains(t, keys.Submissions[0], key)
	}
	assert.Len(t, keys.Submissions[0], 7)
}

// A package without a time limit gets one from its accepted submissions.
func TestVerifyFindsTheTimeLimit(t *testing.T) {
	j := newJudge(t)
	files := echo(map[string]string{
		".timelimit":                             "-",
		"problem.yaml":                           "problem_format_version: 2023-07\nname: echo\nlimits:\n  time_multipliers:\n    ac_to_time_limit: 4\n  time_resolution: 0.2\n",
		"submissions/accepted/slow.c":            "#include <stdio.h>\n#include <time.h>\nint main(void) { int n; while (clock() < CLOCKS_PER_SEC / 10); if (scanf(\"%d\", &n) == 1) printf(\"%d\\n\", n); return 0; }\n",
		"submissions/time_limit_exceeded/one.sh": "while :; do :; done\n",
	})
	v := verify(t, j, write(t, files), VerifyOptions{})
	assert.True(t, v.OK(), "%+v", v)
	assert.GreaterOrEqual(t, v.Limits.CPU, 400*time.Millisecond)
	assert.Less(t, v.Limits.CPU, 10*time.Second)
	assert.Zero(t, v.Limits.CPU%(200*time.Millisecond))

	files["submissions/accepted/slow.c"], files["submissions/accepted/cat.sh"] = "int main(", "exit 1\n"
	p, err := Load(write(t, files))
	require.NoError(t, err)
	_, err = Verify(t.Context(), j, p, VerifyOptions{})
	assert.ErrorContains(t, err, "no accepted submission")
}

func TestVerifyOneLanguage(t *testing.T) {
	j := newJudge(t)
	v := verify(t, j, write(t, echo(map[string]string{"submissions/accepted/one.py": "print(input())\n"})), VerifyOptions{Languages: []string{"bash"}})
	require.Len(t, v.Submissions, 1)
	assert.Equal(t, "bash", v.Submissions[0].Language)
	assert.Nil(t, v.Inputs)
}

// Who has no toolchain is not to blame.
func TestVerifySkipsWhatIsNotHere(t *testing.T) {
	set, err := language.Builtin()
	require.NoError(t, err)
	finder := &language.Finder{}
	missing := ""
	for _, id := range []string{"swift", "kotlin", "ada", "scala", "prolog"} {
		l, err := set.Find(id)
		require.NoError(t, err)
		if _, err := finder.Find(t.Context(), l); err != nil {
			missing = l.Extensions[0]
			break
		}
	}
	if missing == "" {
		t.Skip("every toolchain is here")
	}
	v := verify(t, newJudge(t), write(t, echo(map[string]string{"submissions/accepted/a" + missing: "x"})), VerifyOptions{})
	assert.Equal(t, 1, v.Skipped)
	assert.Equal(t, 1, v.Total)
	assert.True(t, v.OK())
	assert.Equal(t, judge.Skipped, v.Submissions[0].Verdict)
	assert.Nil(t, v.Submissions[0].Agrees)
	assert.NotEmpty(t, v.Submissions[0].Reason)
}

func TestVerifyIsCancelled(t *testing.T) {
	j := newJudge(t)
	p, err := Load(write(t, echo(map[string]string{"submissions/accepted/wait.sh": "sleep 60\n"})))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Verify(ctx, j, p, VerifyOptions{Events: func(e VerifyEvent) {
		if e.Started != nil && strings.HasSuffix(e.Started.Path, "wait.sh") {
			cancel()
		}
	}})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestTimeLimit(t *testing.T) {
	for _, test := range []struct {
		timing  Timing
		slowest time.Duration
		want    time.Duration
	}{
		{Timing{2, time.Second}, time.Millisecond, time.Second},
		{Timing{2, time.Second}, 501 * time.Millisecond, 2 * time.Second},
		{Timing{5, time.Second}, 400 * time.Millisecond, 2 * time.Second},
		{Timing{2, 100 * time.Millisecond}, 120 * time.Millisecond, 300 * time.Millisecond},
	} {
		assert.Equal(t, test.want, test.timing.limit(test.slowest))
	}
}
