package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/notify"
	"github.com/bailiff-judge/bailiff/runner"
)

// open makes a sandbox for one test, and fails the test if anything of it stays.
func open(t testing.TB) *runner.Sandbox {
	t.Helper()
	leakcheck.Check(t)
	s, err := runner.New(runner.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// spec is how a program of testdata is run: "NAME ARG...".
func spec(t testing.TB, command string) runner.Spec {
	t.Helper()
	words := strings.Fields(command)
	return runner.Spec{
		Args: append([]string{"/program"}, words[1:]...),
		Root: runner.SystemRoot().Bind(testprog.Build(t, words[0]), "/program", 0),
	}
}

// run runs it and returns the result with what it wrote. It skips the test where
// the kernel is too old for mode notify, if that is asked for.
func run(t testing.TB, s *runner.Sandbox, sp runner.Spec) (*runner.Result, string) {
	t.Helper()
	var out bytes.Buffer
	if sp.Stdout == nil {
		sp.Stdout = &out
	}
	if sp.Stderr == nil {
		sp.Stderr = sp.Stdout
	}
	result, err := s.Run(context.Background(), sp)
	var tooOld *notify.UnsupportedError
	if sp.Mode == runner.Notify && errors.As(err, &tooOld) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return result, out.String()
}

const mib = 1 << 20

// Each status is earned, and narrowly missed.
func TestStatus(t *testing.T) {
	for _, test := range []struct {
		command string
		limits  runner.Limits
		status  runner.Status
		limit   string // the one that was hit
		signal  string
		code    int
	}{
		{command: "tiny", status: runner.OK},
		{command: "sum", status: runner.OK},
		{command: "exit 0", status: runner.OK},
		{command: "exit 1", status: runner.RuntimeError, code: 1},
		{command: "exit 137", status: runner.RuntimeError, code: 137},
		{command: "signal_raise abort", status: runner.RuntimeError, signal: "SIGABRT"},
		{command: "signal_raise 9", status: runner.RuntimeError, signal: "SIGKILL"},
		{command: "signal_raise 24", status: runner.RuntimeError, signal: "SIGXCPU"},
		{command: "signal_fault null_read", status: runner.RuntimeError, signal: "SIGSEGV"},
		{command: "signal_core", status: runner.RuntimeError, signal: "SIGABRT"},

		{command: "print 1000", limits: runner.Limits{Output: 1000}, status: runner.OK},
		{command: "print 1001", limits: runner.Limits{Output: 1000}, status: runner.OutputLimit, limit: "output"},
		{command: "print 300000 65536 both", limits: runner.Limits{Output: 299999}, status: runner.OutputLimit, limit: "output"},
		{command: "output_flood both", limits: runner.Limits{Output: 5 * mib}, status: runner.OutputLimit, limit: "output"},
		{command: "output_race 4 1000", limits: runner.Limits{Output: 3999, Processes: 5}, status: runner.OutputLimit, limit: "output"},
		{command: "output_race 4 1000", limits: runner.Limits{Output: 4000, Processes: 5}, status: runner.OK},
		{command: "output_splice vmsplice 5000", limits: runner.Limits{Output: 4999}, status: runner.OutputLimit, limit: "output"},
		{command: "output_splice sendfile 5000", limits: runner.Limits{Output: 5000}, status: runner.OK},

		{command: "memory_grow heap 0", limits: runner.Limits{Memory: 32 * mib}, status: runner.MemoryLimit, limit: "memory"},
		{command: "memory_grow mmap 132", limits: runner.Limits{Memory: 128 * mib}, status: runner.MemoryLimit, limit: "memory"},
		{command: "memory_grow mmap 127", limits: runner.Limits{Memory: 128 * mib}, status: runner.OK},
		{command: "memory_grow child 0", limits: runner.Limits{Memory: 32 * mib, Processes: 4}, status: runner.MemoryLimit, limit: "memory"},
		{command: "memory_grow children 64 4", limits: runner.Limits{Memory: 48 * mib, Processes: 8}, status: runner.MemoryLimit, limit: "memory"},
		{command: "memory_reserve 100000", limits: runner.Limits{Memory: 16 * mib}, status: runner.OK},
		{command: "memory_stack 0", limits: runner.Limits{Memory: 64 * mib, Stack: runner.Unlimited}, status: runner.MemoryLimit, limit: "memory"},
		{command: "memory_stack 0", limits: runner.Limits{Memory: 64 * mib, Stack: 8 * mib}, status: runner.RuntimeError, signal: "SIGSEGV"},
		{command: "memory_stack 7", limits: runner.Limits{Memory: 64 * mib, Stack: 8 * mib}, status: runner.OK},

		{command: "cpu_loop user", limits: runner.Limits{CPU: 100 * time.Millisecond}, status: runner.TimeLimit, limit: "cpu"},
		{command: "cpu_loop system", limits: runner.Limits{CPU: 100 * time.Millisecond}, status: runner.TimeLimit, limit: "cpu"},
		{command: "cpu_loop vfork", limits: runner.Limits{CPU: 100 * time.Millisecond, Processes: 2}, status: runner.TimeLimit, limit: "cpu"},
		{command: "cpu_sigxcpu ignore 0", limits: runner.Limits{CPU: 100 * time.Millisecond}, status: runner.TimeLimit, limit: "cpu"},
		{command: "cpu_sigxcpu block 0", limits: runner.Limits{CPU: 100 * time.Millisecond}, status: runner.TimeLimit, limit: "cpu"},
		{command: "cpu_orphan wait 0", limits: runner.Limits{CPU: 100 * time.Millisecond, Processes: 4}, status: runner.TimeLimit, limit: "cpu"},
		{command: "cpu_orphan exit 0", limits: runner.Limits{CPU: 100 * time.Millisecond, Processes: 4}, status: runner.OK},
		{command: "cpu_threads 4 60", limits: runner.Limits{CPU: 200 * time.Millisecond, Processes: 8}, status: runner.TimeLimit, limit: "cpu"},
		{command: "cpu_children 0 5", limits: runner.Limits{CPU: 100 * time.Millisecond, Processes: 2}, status: runner.TimeLimit, limit: "cpu"},
		{command: "spin 80", limits: runner.Limits{CPU: 100 * time.Millisecond}, status: runner.OK},
		{command: "process_bomb fork", limits: runner.Limits{CPU: 200 * time.Millisecond, Wall: 20 * time.Second, Processes: 16}, status: runner.TimeLimit, limit: "cpu"},

		{command: "wall_hang sleep", limits: runner.Limits{Wall: 100 * time.Millisecond}, status: runner.WallLimit, limit: "wall"},
		{command: "wall_hang pipe", limits: runner.Limits{Wall: 100 * time.Millisecond}, status: runner.WallLimit, limit: "wall"},
		{command: "wall_hang stop", limits: runner.Limits{Wall: 100 * time.Millisecond}, status: runner.WallLimit, limit: "wall"},
		{command: "sleep 80", limits: runner.Limits{Wall: 3 * time.Second}, status: runner.OK},

		{command: "output_file /tmp/big 0", limits: runner.Limits{FileSize: mib}, status: runner.RuntimeError, signal: "SIGXFSZ", limit: "file_size"},
		{command: "process_zombies 3", limits: runner.Limits{Processes: 4}, status: runner.OK},
		{command: "process_zombies 6", limits: runner.Limits{Processes: 4}, status: runner.RuntimeError, code: 71},
	} {
		t.Run(fmt.Sprintf("%s %v", test.command, test.limits), func(t *testing.T) {
			s := open(t)
			sp := spec(t, test.command)
			sp.Limits = test.limits
			if sp.Limits.Wall == 0 {
				sp.Limits.Wall = time.Minute // others may want the machine, too
			}
			result, out := run(t, s, sp)
			assert.Equal(t, test.status, result.Status, "%+v\n%.300s", result, out)
			if test.limit == "" {
				assert.Nil(t, result.Limit)
			} else if assert.NotNil(t, result.Limit) {
				assert.Equal(t, test.limit, result.Limit.Name)
				assert.NotEmpty(t, result.Limit.MeasuredBy)
			}
			if test.status == runner.OutputLimit {
				assert.Len(t, out, int(test.limits.Output), "cut exactly")
			}
			if test.status == runner.RuntimeError && test.signal == "" {
				assert.Equal(t, test.code, result.ExitCode)
			}
			if test.signal != "" {
				assert.Equal(t, test.signal, signalName(result))
			}
		})
	}
}
