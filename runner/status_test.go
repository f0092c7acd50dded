package runner

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func exited(code int) unix.WaitStatus             { return unix.WaitStatus(code << 8) }
func killedBy(signal unix.Signal) unix.WaitStatus { return unix.WaitStatus(signal) }

func TestVerdict(t *testing.T) {
	limits := Limits{CPU: time.Second, Wall: 2 * time.Second, Memory: 64 << 20, Output: 1000, FileSize: 1 << 20}
	open := Limits{CPU: Unlimited, Wall: Unlimited, Memory: Unlimited, Output: Unlimited, FileSize: Unlimited}
	by := MeasuredBy{CPU: "cpu.stat", Memory: "memory.peak"}
	fine := evidence{limits: limits, by: by, cpu: time.Millisecond, wall: time.Millisecond, memoryPeak: 1 << 20}
	for _, test := range []struct {
		name   string
		change func(*evidence)
		status Status
		limit  string
	}{
		{"nothing", func(e *evidence) {}, OK, ""},
		{"exit 1", func(e *evidence) { e.end = exited(1) }, RuntimeError, ""},
		{"exit 255", func(e *evidence) { e.end = exited(255) }, RuntimeError, ""},
		{"its own SIGKILL", func(e *evidence) { e.end = killedBy(unix.SIGKILL) }, RuntimeError, ""},
		{"its own SIGXCPU", func(e *evidence) { e.end = killedBy(unix.SIGXCPU) }, RuntimeError, ""},
		{"SIGXFSZ", func(e *evidence) { e.end = killedBy(unix.SIGXFSZ) }, RuntimeError, "file_size"},
		{"CPU at the limit", func(e *evidence) { e.cpu = time.Second }, OK, ""},
		{"CPU over it", func(e *evidence) { e.cpu++; e.cpu = time.Second + 1 }, TimeLimit, "cpu"},
		{"CPU over it, killed", func(e *evidence) { e.cpu, e.end = time.Second+1, killedBy(unix.SIGKILL) }, TimeLimit, "cpu"},
		{"CPU and wall over", func(e *evidence) { e.cpu, e.wall = time.Second+1, time.Minute }, TimeLimit, "cpu"},
		{"wall at the limit", func(e *evidence) { e.wall = 2 * time.Second }, OK, ""},
		{"wall over", func(e *evidence) { e.wall, e.end = 2*time.Second+1, killedBy(unix.SIGKILL) }, WallLimit, "wall"},
		{"output over", func(e *evidence) { e.outputOver, e.end = true, killedBy(unix.SIGKILL) }, OutputLimit, "output"},
		{"output over, exit 0", func(e *evidence) { e.outputOver = true }, OutputLimit, "output"},
		{"output and wall over", func(e *evidence) { e.outputOver, e.wall = true, time.Minute }, WallLimit, "wall"},
		{"OOM in a child, exit 0", func(e *evidence) { e.oomKills = 1 }, MemoryLimit, "memory"},
		{"OOM and CPU over", func(e *evidence) { e.oomKills, e.cpu = 1, time.Minute }, MemoryLimit, "memory"},
		{"seen over the limit", func(e *evidence) { e.memoryOver, e.end = true, killedBy(unix.SIGKILL) }, MemoryLimit, "memory"},
		{"peak at the limit, exit 0", func(e *evidence) { e.memoryPeak = 64 << 20 }, OK, ""},
		{"peak at the limit, exit 1", func(e *evidence) { e.memoryPeak, e.end = 64<<20, exited(1) }, MemoryLimit, "memory"},
		{"peak just below, crash", func(e *evidence) { e.memoryPeak, e.end = 64<<20-nearly, killedBy(unix.SIGSEGV) }, MemoryLimit, "memory"},
		{"peak below, crash", func(e *evidence) { e.memoryPeak, e.end = 64<<20-nearly-1, killedBy(unix.SIGSEGV) }, RuntimeError, ""},
		{"peak at the limit, CPU over", func(e *evidence) { e.memoryPeak, e.cpu, e.end = 64<<20, time.Minute, killedBy(unix.SIGKILL) }, TimeLimit, "cpu"},
		{"violation", func(e *evidence) { e.violation, e.end = &Violation{}, killedBy(unix.SIGKILL) }, ForbiddenAccess, ""},
		{"violation and OOM", func(e *evidence) { e.violation, e.oomKills = &Violation{}, 1 }, ForbiddenAccess, ""},
		{"the runner failed", func(e *evidence) { e.failed, e.violation, e.oomKills = errors.New("x"), &Violation{}, 1 }, InternalError, ""},
		{"no limits, much of all", func(e *evidence) { e.limits, e.cpu, e.wall, e.memoryPeak = open, time.Hour, time.Hour, 1<<40 }, OK, ""},
		{"no limits, exit 1", func(e *evidence) { e.limits, e.memoryPeak, e.end = open, 1<<40, exited(1) }, RuntimeError, ""},
		{"memory unmeasured, exit 1", func(e *evidence) { e.memoryPeak, e.end = Unmeasured, exited(1) }, RuntimeError, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := fine
			test.change(&e)
			status, limit := verdict(e)
			assert.Equal(t, test.status.String(), status.String())
			if test.limit == "" {
				assert.Nil(t, limit)
			} else if assert.NotNil(t, limit) {
				assert.Equal(t, test.limit, limit.Name)
				assert.NotEmpty(t, limit.MeasuredBy)
			}
		})
	}
}

func TestStatusText(t *testing.T) {
	for s := range numStatuses {
		text, err := s.MarshalText()
		require.NoError(t, err)
		var back Status
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, s, back)
	}
	assert.ErrorContains(t, new(Status).UnmarshalText([]byte("fine")), `no status "fine"`)
}

func TestLimits(t *testing.T) {
	l, err := Limits{}.complete()
	require.NoError(t, err)
	assert.Equal(t, DefaultLimits(), l)

	l, err = Limits{CPU: 10 * time.Second, Memory: Unlimited}.complete()
	require.NoError(t, err)
	assert.Equal(t, 31*time.Second, l.Wall, "follows the CPU limit")
	assert.EqualValues(t, Unlimited, l.Memory)

	l, err = Limits{CPU: 1<<63 - 1}.complete()
	require.NoError(t, err)
	assert.EqualValues(t, Unlimited, l.Wall)

	for _, bad := range []Limits{{CPU: 1}, {CPU: -5}, {Wall: -2}, {Memory: 4096}, {Memory: -7}, {Output: -2}, {Stack: 1}, {Processes: -2}, {FileSize: -3}, {OpenFiles: 3}} {
		_, err := bad.complete()
		assert.ErrorContains(t, err, "runner: limit ", "%+v", bad)
	}
}

// What there is no evidence of is null, and names are stable.
func TestResultJSON(t *testing.T) {
	data, err := json.Marshal(&Result{Status: TimeLimit, ExitCode: Unmeasured, Signal: unix.SIGKILL, Memory: Unmeasured, RSS: Unmeasured,
		ProcessesPeak: Unmeasured, Instructions: Unmeasured, CPU: 5, Limit: &Limit{"cpu", 4, "cpu.stat"}, Mode: "ns"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"version":1,"status":"time_limit","error":null,"exit_code":null,"signal":"SIGKILL","cpu_ns":5,"user_ns":0,"system_ns":0,
		"wall_ns":0,"setup_ns":0,"memory_bytes":null,"rss_bytes":null,"output_bytes":0,"processes_peak":null,
		"instructions":null,"near_limit":false,"limit":{"name":"cpu","value":4,"measured_by":"cpu.stat"},"violation":null,"crash":null,
		"measured_by":{"cpu":"","memory":"","rss":"","processes":""},"mode":"ns"}`, string(data))

	data, err = json.Marshal(&Result{Violation: &Violation{Syscall: "ptrace", Args: []string{"0x0"}}})
	require.NoError(t, err)
	assert.Contains(t, string(data), `"violation":{"syscall":"ptrace","args":["0x0"],"path":null,"rule":null}`)

	data, err = json.Marshal(&Result{Instructions: Unmeasured, InstructionsError: "perf_event_open: no such counter", NearLimit: true})
	require.NoError(t, err)
	assert.Contains(t, string(data), `"instructions":null,"instructions_error":"perf_event_open: no such counter","near_limit":true`)
}

// Where the kernel measures no peak, a kill for memory is told by what counts kills.
func TestMemoryLimitNamesWhatToldSo(t *testing.T) {
	e := evidence{limits: Limits{CPU: Unlimited, Wall: Unlimited, Memory: 64 << 20, Output: Unlimited}, oomKills: 1, memoryPeak: Unmeasured, killedBy: "memory.events"}
	_, limit := verdict(e)
	require.NotNil(t, limit)
	assert.Equal(t, "memory.events", limit.MeasuredBy)
	e.by.Memory = "memory.peak"
	_, limit = verdict(e)
	assert.Equal(t, "memory.peak", limit.MeasuredBy)
}
