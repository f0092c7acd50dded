package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

var update = flag.Bool("update", false, "write the golden files anew")

// base is a run that went well, measured by all that there can be.
func base() runner.Result {
	return runner.Result{
		Status: runner.OK,
		CPU:    123456 * time.Microsecond, User: 100 * time.Millisecond, System: 23456 * time.Microsecond,
		Wall: 130 * time.Millisecond, Setup: 420 * time.Microsecond,
		Memory: 3<<20 + 4096, RSS: 2 << 20, Output: 7, ProcessesPeak: 1, Instructions: runner.Unmeasured,
		MeasuredBy: runner.MeasuredBy{CPU: "cpu.stat", Memory: "memory.peak", RSS: "wait4", Processes: "pids.peak"},
		Mode:       "ns",
	}
}

func TestFormats(t *testing.T) {
	killed := func(r *runner.Result) { r.ExitCode, r.Signal = -1, unix.SIGKILL }
	for _, c := range []struct {
		name   string
		change func(*runner.Result)
	}{
		{"ok", func(*runner.Result) {}},
		{"unmeasured", func(r *runner.Result) {
			const none = runner.Unmeasured
			r.CPU, r.User, r.System, r.Memory, r.RSS, r.ProcessesPeak = none, none, none, none, none, none
			r.MeasuredBy = runner.MeasuredBy{}
		}},
		{"no_cgroup", func(r *runner.Result) {
			r.Memory, r.MeasuredBy.Memory = runner.Unmeasured, ""
		}},
		{"counted", func(r *runner.Result) {
			r.Instructions, r.MeasuredBy.Instructions, r.NearLimit = 1234567890, "perf_event_open", true
		}},
		{"not_counted", func(r *runner.Result) { r.InstructionsError = "perf_event_open: no such counter" }},
		{"exit_code", func(r *runner.Result) { r.Status, r.ExitCode = runner.RuntimeError, 3 }},
		{"signal", func(r *runner.Result) {
			r.Status, r.ExitCode, r.Signal = runner.RuntimeError, -1, unix.SIGSEGV
			r.Crash = &runner.Crash{
				Text: "segmentation fault: read of address 0x10 (null pointer) in main() at sol.c:7", Signal: unix.SIGSEGV, Address: 0x10, HasAddress: true,
				Access: "read", IP: 0x401000, Source: "sol.c:7", Function: "main()", Hint: "null pointer", Backtrace: []string{"main() at sol.c:7"},
			}
		}},
		{"file_size", func(r *runner.Result) {
			r.Status, r.ExitCode, r.Signal = runner.RuntimeError, -1, unix.SIGXFSZ
			r.Limit = &runner.Limit{Name: "file_size", Value: 1 << 20, MeasuredBy: "RLIMIT_FSIZE"}
		}},
		{"time_limit", func(r *runner.Result) {
			killed(r)
			r.Status, r.CPU = runner.TimeLimit, 1001*time.Millisecond
			r.Limit = &runner.Limit{Name: "cpu", Value: int64(time.Second), MeasuredBy: "cpu.stat"}
		}},
		{"wall_limit", func(r *runner.Result) {
			killed(r)
			r.Status, r.Wall = runner.WallLimit, 3*time.Second+time.Millisecond
			r.Limit = &runner.Limit{Name: "wall", Value: int64(3 * time.Second), MeasuredBy: "CLOCK_MONOTONIC"}
		}},
		{"memory_limit", func(r *runner.Result) {
			killed(r)
			r.Status, r.Memory = runner.MemoryLimit, 64<<20
			r.Limit = &runner.Limit{Name: "memory", Value: 64 << 20, MeasuredBy: "memory.peak"}
		}},
		{"memory_limit_refused", func(r *runner.Result) {
			r.Status, r.Memory, r.ExitCode = runner.MemoryLimit, 64<<20, 1
			r.Limit = &runner.Limit{Name: "memory", Value: 64 << 20, MeasuredBy: "memory.peak"}
		}},
		{"output_limit", func(r *runner.Result) {
			killed(r)
			r.Status, r.Output = runner.OutputLimit, 1<<20+1
			r.Limit = &runner.Limit{Name: "output", Value: 1 << 20, MeasuredBy: "pipe"}
		}},
		{"violation", func(r *runner.Result) {
			killed(r)
			r.Status = runner.ForbiddenAccess
			r.Violation = &runner.Violation{Syscall: "openat", Args: []string{"0xffffff9c", "0x4a2000", "0x0"}, Path: "/etc/shadow"}
		}},
		{"violation_unnamed", func(r *runner.Result) {
			r.Status, r.ExitCode, r.Signal = runner.ForbiddenAccess, -1, unix.SIGSYS
			r.Violation = &runner.Violation{}
		}},
		{"internal_error", func(r *runner.Result) {
			r.Status, r.Error, r.ExitCode = runner.InternalError, "runner: cgroup:\nno space left on device", -1
		}},
	} {
		for _, format := range formatNames() {
			t.Run(c.name+"/"+format, func(t *testing.T) {
				r := base()
				c.change(&r)
				got, err := render(format, &r)
				require.NoError(t, err)
				golden := filepath.Join("testdata", c.name+"."+format)
				if *update {
					require.NoError(t, os.MkdirAll("testdata", 0o777))
					require.NoError(t, os.WriteFile(golden, got, 0o666))
				}
				want, err := os.ReadFile(golden)
				require.NoError(t, err)
				assert.Equal(t, string(want), string(got))
			})
		}
	}
}

func TestFailureIsAResult(t *testing.T) {
	text, err := render("json", failure(assert.AnError))
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, "internal_error", got["status"])
	assert.Equal(t, assert.AnError.Error(), got["error"])
	assert.Nil(t, got["cpu_ns"])
	assert.Nil(t, got["memory_bytes"])
	assert.Nil(t, got["exit_code"])
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 1023: "1023 bytes", 1024: "1 KiB", 1025: "1.0 KiB (1025 bytes)",
		64 << 20: "64 MiB", 64<<20 + 1: "64.0 MiB (67108865 bytes)", 2 << 30: "2 GiB", 5<<29 + 1: "2.5 GiB (2684354561 bytes)",
	} {
		assert.Equal(t, want, size(n))
	}
}
