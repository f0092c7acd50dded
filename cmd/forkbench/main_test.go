package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/rows"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// asCommand makes the test binary forkbench.
const asCommand = "FORKBENCH_TEST_COMMAND"

func TestMain(m *testing.M) {
	// A parent of another size is started by the command's own name.
	if os.Getenv(asCommand) != "" || len(os.Args) > 1 && os.Args[1] == serveName {
		os.Exit(execute())
	}
	os.Exit(m.Run())
}

// temporary is a directory that sandboxed users may search, and in which
// nothing may be left in the end.
func temporary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "test-of-forkbench-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { assert.NoError(t, os.Remove(dir), "something is left in it") })
	return dir
}

// command is forkbench as a process of its own.
func command(ctx context.Context, temp string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd = exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "TMPDIR="+temp)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// forkbench runs the command to its end, and returns its exit status.
func forkbench(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd, out, said := command(ctx, temporary(t), args...)
	_ = cmd.Run() // the status says more
	require.NoError(t, ctx.Err())
	return cmd.ProcessState.ExitCode(), out.String(), said.String()
}

// The run that CI makes: every row, for a short time.
func TestSmoke(t *testing.T) {
	leakcheck.Check(t)
	dir := t.TempDir()
	html, picture := filepath.Join(dir, "report.html"), filepath.Join(dir, "picture.svg")
	status, stdout, stderr := forkbench(t, "--duration", "1s", "--format", "json", "--html", html, "--picture", picture)
	require.Equal(t, exitOK, status, stderr)
	assert.Empty(t, stderr, "no progress where there is no terminal")
	var report bench.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	for _, row := range report.Rows {
		if row.Unavailable != nil {
			assert.Zero(t, row.Samples, row.ID())
			assert.NotEmpty(t, row.Unavailable.Reason, row.ID())
			continue
		}
		require.NotNil(t, row.P50, row.ID())
		assert.Positive(t, *row.P50, row.ID())
		assert.Positive(t, *row.Floors, row.ID())
		assert.GreaterOrEqual(t, row.Samples, report.Rounds, "%s: in every round", row.ID())
	}
	for _, path := range []string{html, picture} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Positive(t, info.Size())
	}
}

func TestOnly(t *testing.T) {
	leakcheck.Check(t)
	status, stdout, stderr := forkbench(t, "--duration", "50ms", "--only", "^seccomp/tree$", "--format", "go")
	require.Equal(t, exitOK, status, stderr)
	names := map[string]bool{}
	for line := range strings.Lines(stdout) {
		if name, _, ok := strings.Cut(line, "\t"); ok {
			names[name[:strings.LastIndex(name, "-")]] = true
		}
	}
	assert.Equal(t, map[string]bool{"BenchmarkForkbench/start/floor": true, "BenchmarkForkbench/seccomp/tree": true}, names)
}

func TestList(t *testing.T) {
	status, stdout, stderr := forkbench(t, "--list")
	require.Equal(t, exitOK, status, stderr)
	for _, id := range []string{rows.Floor, "namespace/net", "seccomp/linear", "cgroup/join", "run/cold", "parent/plain fork, 1 GiB", "peer/bubblewrap"} {
		assert.Contains(t, stdout, id+" ")
	}
	_, stdout, _ = forkbench(t, "--list", "--only", "cgroup/")
	assert.NotContains(t, stdout, "seccomp")
}

func TestOutputToFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.txt")
	status, stdout, stderr := forkbench(t, "--duration", "20ms", "--only", "start/floor$", "-o", path)
	require.Equal(t, exitOK, status, stderr)
	assert.Empty(t, stdout)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(text), "floors")

	status, stdout, stderr = forkbench(t, "--duration", "20ms", "--only", "start/floor$", "--html", "/nonexistent/report.html")
	assert.Equal(t, exitFailure, status)
	assert.Contains(t, stderr, "/nonexistent/report.html")
	assert.Contains(t, stdout, "floors", "what was measured is printed all the same")
}

// Mistakes are found at once, and the message says how to mend them.
func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--format", "jsno"}, `did you mean "json"?`},
		{[]string{"--formt", "json"}, "did you mean --format?"},
		{[]string{"--duration", "soon"}, "--duration"},
		{[]string{"--duration", "-1s"}, "more than 0"},
		{[]string{"--only", "("}, "--only"},
		{[]string{"--only", "start/flor"}, `did you mean "start/floor"?`},
		{[]string{"--only", "nonsense"}, "--list"},
		{[]string{"--picture", "x.gif"}, ".svg or .png"},
		{[]string{"floor"}, "--only floor"},
		{[]string{"--html"}, "needs a value"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			status, stdout, stderr := forkbench(t, test.args...)
			assert.Equal(t, exitFailure, status)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, test.want)
			assert.True(t, strings.HasPrefix(stderr, "forkbench: "), stderr)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line")
		})
	}
}

// Who interrupts gets a report of what was measured until then.
func TestInterrupt(t *testing.T) {
	leakcheck.Check(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	temp := temporary(t)
	cmd, stdout, stderr := command(ctx, temp, "--duration", "1h", "--only", "^start/|^parent/forkexec, 256", "--format", "json")
	require.NoError(t, cmd.Start())
	// Not before it measures: the program is there then.
	require.Eventually(t, func() bool {
		left, _ := filepath.Glob(filepath.Join(temp, "forkbench-*", "tiny"))
		return len(left) > 0
	}, time.Minute, 5*time.Millisecond)
	time.Sleep(time.Second)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, cmd.Wait(), stderr)
	var report bench.Report
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &report))
	assert.Contains(t, fmt.Sprint(report.Warnings), "interrupted")
	for _, row := range report.Rows {
		assert.True(t, row.Samples > 0 || row.Unavailable != nil, row.ID())
	}
}
