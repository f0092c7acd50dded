package runner_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

var watchers = []runner.Mode{runner.Ptrace, runner.Notify}

// filePolicy lets a program see nothing but its own libraries.
func filePolicy(t testing.TB, denied string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("files", []byte(`
extends: permissive
files:
  denied: `+denied+`
  allow:
    - {access: [read, execute, stat], paths: [/usr/**, /lib/**, /lib64/**, /program, /etc/ld.so.cache, "/proc/self/**"]}
    - {access: [read, write, create, stat], paths: [/tmp/**]}
`))
	require.NoError(t, err)
	return p
}

// With somebody who is asked, each status is what it is without.
func TestWatchedStatus(t *testing.T) {
	for _, mode := range watchers {
		for _, test := range []struct {
			command string
			limits  runner.Limits
			status  runner.Status
		}{
			{command: "tiny", status: runner.OK},
			{command: "exit 3", status: runner.RuntimeError},
			{command: "signal_raise abort", status: runner.RuntimeError},
			{command: "signal_raise 9", status: runner.RuntimeError},
			{command: "cpu_loop user", limits: runner.Limits{CPU: 100 * time.Millisecond}, status: runner.TimeLimit},
			{command: "cpu_threads 4 0", limits: runner.Limits{CPU: 100 * time.Millisecond, Processes: 8}, status: runner.TimeLimit},
			{command: "wall_hang stop", limits: runner.Limits{Wall: 100 * time.Millisecond}, status: runner.WallLimit},
			{command: "memory_grow child 0", limits: runner.Limits{Memory: 32 * mib, Processes: 4}, status: runner.MemoryLimit},
			{command: "output_flood both", limits: runner.Limits{Output: mib}, status: runner.OutputLimit},
			{command: "process_daemon hop", limits: runner.Limits{Processes: 8}, status: runner.OK},
			{command: "process_exec exec 20", limits: runner.Limits{Processes: 8}, status: runner.OK},
			{command: "spawn threads 30 1", limits: runner.Limits{Processes: 64}, status: runner.OK},
		} {
			t.Run(string(mode)+" "+test.command, func(t *testing.T) {
				s := open(t)
				sp := spec(t, test.command)
				sp.Policy, sp.Mode, sp.Limits = filePolicy(t, "EACCES"), mode, test.limits
				result, out := run(t, s, sp)
				assert.Equal(t, test.status, result.Status, "%+v\n%.300s", result, out)
				assert.Equal(t, mode, result.Mode)
			})
		}
	}
}

// A file that a policy denies is refused, or ends the run, by its name.
func TestDeniedFile(t *testing.T) {
	for _, mode := range append(watchers, runner.Auto) {
		t.Run(string(mode), func(t *testing.T) {
			s := open(t)
			sp := spec(t, "escape_files /etc/passwd")
			sp.Policy, sp.Mode = filePolicy(t, "EACCES"), mode
			result, out := run(t, s, sp)
			assert.Equal(t, runner.OK, result.Status, "%+v", result)
			assert.Equal(t, "EACCES", testprog.Values(out)["read[/etc/passwd]"], out)

			sp.Policy = filePolicy(t, "kill")
			result, _ = run(t, s, sp)
			assert.Equal(t, runner.ForbiddenAccess, result.Status, "%+v", result)
			if assert.NotNil(t, result.Violation) {
				assert.NotEmpty(t, result.Violation.Path)
				assert.NotEmpty(t, result.Violation.Rule)
				assert.Contains(t, []string{"openat", "open"}, result.Violation.Syscall)
			}
		})
	}
}

func TestHandlerIsAsked(t *testing.T) {
	p, err := policy.Parse("asks", []byte("extends: permissive\nrules:\n  - {do: ask, calls: [getppid]}\n"))
	require.NoError(t, err)
	number, known := seccomp.Number("getppid")
	require.True(t, known)
	for _, mode := range watchers {
		s := open(t)
		sp := spec(t, fmt.Sprint("syscall ", number))
		sp.Policy, sp.Mode = p, mode
		sp.Handler = supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
			return supervisor.Answer{Kind: supervisor.Fake, Value: 4711}
		})
		result, out := run(t, s, sp)
		assert.Equal(t, runner.OK, result.Status, "%+v", result)
		assert.Equal(t, "4711", testprog.Values(out)["returned"], mode)
	}
}

func TestTraceIsWritten(t *testing.T) {
	s := open(t)
	var log bytes.Buffer
	sp := spec(t, "exit 3")
	sp.Trace = &log
	result, _ := run(t, s, sp)
	assert.Equal(t, runner.Ptrace, result.Mode)
	assert.Contains(t, log.String(), "exit_group(3)")
	sp.Mode = runner.Pool
	_, err := s.Run(t.Context(), sp)
	assert.ErrorContains(t, err, "use ptrace")
}

// A crash is explained in every mode.
func TestCrashIsExplained(t *testing.T) {
	for _, mode := range []runner.Mode{runner.Auto, runner.NS, runner.Ptrace, runner.Notify} {
		s := open(t)
		sp := spec(t, "signal_fault null_write")
		sp.Mode, sp.Crash = mode, true
		result, _ := run(t, s, sp)
		require.Equal(t, runner.RuntimeError, result.Status, "%+v", result)
		require.NotNil(t, result.Crash, mode)
		assert.Equal(t, "write", result.Crash.Access)
		assert.Contains(t, result.Crash.Text, "null pointer")
	}
}
