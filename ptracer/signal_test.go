package ptracer_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

func TestFatalSignals(t *testing.T) {
	for args, want := range map[string]unix.Signal{
		"signal_fault null_write":     unix.SIGSEGV,
		"signal_fault stack_overflow": unix.SIGSEGV,
		"signal_fault divide":         unix.SIGFPE,
		"signal_fault illegal":        unix.SIGILL,
		"signal_fault trap":           unix.SIGTRAP,
		"signal_fault double_free":    unix.SIGABRT,
		"signal_raise 15":             unix.SIGTERM,
		"signal_raise 34":             34,
		"signal_raise 15 handled":     0,
		"signal_raise 17":             0, // SIGCHLD
		"signal_raise 9":              unix.SIGKILL,
		"trace_hostile signals 20":    0,
	} {
		t.Run(args, func(t *testing.T) {
			leakcheck.Check(t)
			var seen []ptracer.Signal
			words := strings.Fields(args)
			got := run(t, program{name: words[0], args: words[1:]}, ptracer.Options{OnFatalSignal: func(s ptracer.Signal) { seen = append(seen, s) }})
			require.NoError(t, got.err)
			if want == 0 {
				assert.True(t, got.State.Status.Exited())
				assert.Empty(t, seen)
				return
			}
			assert.Equal(t, want, got.State.Status.Signal())
			if want == unix.SIGKILL {
				assert.Empty(t, seen, "nothing comes before it")
				return
			}
			require.Len(t, seen, 1)
			assert.Equal(t, want, seen[0].Signal)
			assert.Equal(t, seen[0].PID, seen[0].TID)
			assert.True(t, seen[0].Program)
			assert.Equal(t, uint32(want), binary.NativeEndian.Uint32(seen[0].Info[:]))
		})
	}
}

func TestFatalSignalOfAChild(t *testing.T) {
	leakcheck.Check(t)
	var seen []ptracer.Signal
	got := shell(t, testprog.Build(t, "signal_fault")+" null_write; exit 5", ptracer.Options{OnFatalSignal: func(s ptracer.Signal) { seen = append(seen, s) }})
	got.exited(t, 5)
	require.Len(t, seen, 1)
	assert.Equal(t, unix.SIGSEGV, seen[0].Signal)
	assert.False(t, seen[0].Program)
}

// A signal can be seen of a program that runs already.
func TestAttach(t *testing.T) {
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "spawn"), Args: []string{"spawn", "threads", "8", "100000"}})
	require.NoError(t, err)
	process, err := runner.Start(forkexec.Inputs{})
	require.NoError(t, err)
	tracer := ptracer.New()
	defer tracer.Close()
	var seen []ptracer.Signal
	require.Eventually(t, func() bool {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", process.PID))
		return err == nil && len(tasks) == 9
	}, 10*time.Second, time.Millisecond)
	traced, err := tracer.Attach(process, ptracer.Options{OnFatalSignal: func(s ptracer.Signal) { seen = append(seen, s) }})
	require.NoError(t, err)
	require.NoError(t, process.Signal(unix.SIGQUIT))
	result, err := traced.Wait()
	require.NoError(t, err)
	assert.Equal(t, unix.SIGQUIT, result.State.Status.Signal())
	require.Len(t, seen, 1)
	assert.Equal(t, process.PID, seen[0].PID)
	assert.Equal(t, 9, result.TasksPeak)
}

func TestAttachIsForSignals(t *testing.T) {
	tracer := ptracer.New()
	defer tracer.Close()
	_, err := tracer.Attach(nil, ptracer.Options{Handler: supervisor.HandlerFunc(nil)})
	assert.ErrorContains(t, err, "use Start")
}

func TestStartFails(t *testing.T) {
	leakcheck.Check(t)
	tracer := ptracer.New()
	defer tracer.Close()
	begin := func(config forkexec.Config) error {
		runner, err := forkexec.Prepare(config)
		require.NoError(t, err)
		traced, err := tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
			inputs := forkexec.Inputs{}
			if config.Sync {
				inputs.Sync = sync
			}
			return runner.Start(inputs)
		}, ptracer.Options{})
		if err == nil {
			_, err = traced.Wait()
		}
		return err
	}
	for range 20 {
		assert.ErrorIs(t, begin(forkexec.Config{Path: "/no/such/program", Sync: true}), unix.ENOENT)
		assert.ErrorIs(t, begin(forkexec.Config{Path: "/no/such/program"}), unix.ENOENT)
		assert.ErrorContains(t, begin(forkexec.Config{Path: testprog.Build(t, "exit")}), "set forkexec.Config.Sync")
		assert.NoError(t, begin(forkexec.Config{Path: testprog.Build(t, "exit"), Sync: true}))
	}
}

func TestAttachFails(t *testing.T) {
	leakcheck.Check(t)
	one, another := ptracer.New(), ptracer.New()
	defer one.Close()
	defer another.Close()
	traced := start(t, one, program{name: "sleep", args: []string{"100000"}}, ptracer.Options{})
	_, err := another.Attach(traced.Process, ptracer.Options{})
	assert.ErrorIs(t, err, unix.EPERM, "it has a tracer")
	require.NoError(t, traced.Process.Kill())
	_, err = traced.Wait()
	require.NoError(t, err)
}

// The tracer shares a CPU with what it stops often, and nobody is left bound to it.
func TestAffinityIsUndone(t *testing.T) {
	leakcheck.Check(t)
	var cpus unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &cpus))
	if cpus.Count() < 2 {
		t.Skip("there is one CPU")
	}
	var during, after []int
	calls := 0
	tracer := ptracer.New()
	defer tracer.Close()
	count := func(pid int) int {
		var set unix.CPUSet
		assert.NoError(t, unix.SchedGetaffinity(pid, &set))
		return set.Count()
	}
	p := program{name: "trace_open", args: []string{"5000"}, ask: []string{"openat", "exit_group"}}
	for range 2 {
		calls = 0
		got := runBy(t, tracer, p.prepare(t), ptracer.Options{Handler: supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
			if calls++; calls == 1 {
				after = append(after, count(0))
			}
			if calls == 1000 {
				during = append(during, count(0), count(c.TID))
			}
			return supervisor.Answer{}
		})})
		got.exited(t, 0)
	}
	assert.Equal(t, []int{1, 1, 1, 1}, during)
	assert.Equal(t, []int{cpus.Count(), cpus.Count()}, after)
}

// A start that has to be tried again is one run.
func TestStartThatIsTriedAgain(t *testing.T) {
	leakcheck.Check(t)
	code, err := os.ReadFile(testprog.Build(t, "exit"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "exit")
	require.NoError(t, os.WriteFile(path, code, 0o755))
	writer, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	time.AfterFunc(20*time.Millisecond, func() { writer.Close() })
	got := run(t, program{path: path, name: "exit", args: []string{"3"}}, ptracer.Options{})
	got.exited(t, 3)
}
