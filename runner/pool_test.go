package runner_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
)

// openPool makes a sandbox whose runs can use slots; where they can't, the test
// is skipped for the reason that a run says.
func openPool(t testing.TB, o runner.PoolOptions) *runner.Sandbox {
	t.Helper()
	leakcheck.Check(t)
	s, err := runner.New(runner.Options{Pool: o})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	sp := spec(t, "tiny")
	sp.Mode = runner.Pool
	if _, err := s.Explain(sp); err != nil && strings.Contains(err.Error(), "mode pool") {
		t.Skip(err)
	}
	return s
}

// together is a view with several programs of testdata, each at its name.
func together(t testing.TB, names ...string) *mount.Tree {
	t.Helper()
	view := runner.SystemRoot()
	for _, name := range names {
		view.Bind(testprog.Build(t, name), "/"+name, 0)
	}
	return view
}

// warm is how one of them is run in a slot: "NAME ARG...".
func warm(view *mount.Tree, command string) runner.Spec {
	words := strings.Fields(command)
	return runner.Spec{Args: append([]string{"/" + words[0]}, words[1:]...), Root: view, Mode: runner.Pool}
}

// used says that the last run was in a slot that an earlier one has used.
func used(t testing.TB, s *runner.Sandbox, before runner.Stats) {
	t.Helper()
	after := s.Stats()
	assert.Equal(t, before.Hits+1, after.Hits, "not the same slot: %v", after)
	assert.Equal(t, before.Misses, after.Misses)
}

// Nothing that counts up in a sandbox counts for the next program in the slot.
func TestPlantAndFind(t *testing.T) {
	for _, policy := range []string{"default", "permissive"} {
		for _, loopback := range []bool{false, true} {
			s := openPool(t, runner.PoolOptions{})
			view := together(t, "residue").Mqueue("/dev/mqueue")
			look := func(command string) string {
				sp := warm(view, command)
				sp.Policy, sp.Loopback, sp.Limits.Processes = named(t, policy), loopback, 32
				before := s.Stats()
				result, out := run(t, s, sp)
				require.Equal(t, runner.OK, result.Status, "%+v\n%s", result, out)
				assert.Equal(t, runner.Pool, result.Mode)
				if before.Idle > 0 {
					used(t, s, before)
				}
				return out
			}
			fresh := look("residue find")
			// One slot, so that each run is in the one before it.
			for range 3 {
				look("residue plant")
				assert.Equal(t, fresh, look("residue find"), "%s, loopback %t", policy, loopback)
			}
			assert.Equal(t, "2", testprog.Values(fresh)["pid"])
			assert.Equal(t, "3", testprog.Values(fresh)["child"])
		}
	}
}

// The same in a sandbox of the run's own: a slot is no different.
func TestSlotIsAsNew(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "residue", "whoami")
	for _, command := range []string{"residue find", "whoami"} {
		outputs := map[runner.Mode]string{}
		for _, mode := range []runner.Mode{runner.NS, runner.Pool} {
			sp := warm(view, command)
			sp.Mode, sp.Limits.Processes = mode, 4
			result, out := run(t, s, sp)
			assert.Equal(t, runner.OK, result.Status, "%+v", result)
			assert.Equal(t, mode, result.Mode)
			outputs[mode] = out
		}
		assert.Equal(t, comparable(outputs[runner.NS]), comparable(outputs[runner.Pool]), command)
	}
}

// comparable leaves out what differs from one new sandbox to the next, and the
// bounding set: what is in it means nothing to a program that can gain nothing.
func comparable(output string) string {
	var kept []string
	for line := range strings.Lines(output) {
		name, _, _ := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(name, "mount["), strings.HasPrefix(name, "ns_"), strings.Contains(line, "=pipe:["), name == "cap_bounding":
		default:
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// A child that a program gives the judge could be reaped by nobody else, and
// until then no pid 1 ends.
func TestChildOfTheJudge(t *testing.T) {
	for _, mode := range []runner.Mode{runner.NS, runner.Auto} {
		s := open(t)
		sp := spec(t, "process_parent 3")
		sp.Mode, sp.Policy, sp.Limits.Processes = mode, named(t, "permissive"), 8
		for range 3 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				result, out := run(t, s, sp)
				assert.Equal(t, runner.OK, result.Status, "%+v", result)
				assert.Equal(t, "clone=EPERM\nclone=EPERM\nclone=EPERM\n", out)
			}()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Fatal("the judge waits for ever")
			}
		}
	}
}

// Pid 1 that is killed from outside costs a run at most, and tells so.
func TestKilledStub(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "tiny", "wall_hang", "signal_raise")
	_, _ = run(t, s, warm(view, "tiny"))
	for _, pid := range killStubs(t) {
		require.Eventually(t, func() bool {
			stat, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
			return strings.Contains(string(stat), ") Z ")
		}, 10*time.Second, time.Millisecond)
	}
	before := s.Stats()
	result, _ := run(t, s, warm(view, "tiny"))
	assert.Equal(t, runner.OK, result.Status, "%+v", result)
	after := s.Stats()
	assert.Equal(t, before.Discarded["broken"]+1, after.Discarded["broken"], "idle and dead")
	assert.Equal(t, before.Misses+1, after.Misses)

	// While a program runs.
	sp := warm(view, "wall_hang sleep")
	sp.Started = func() { killStubs(t) }
	result, err := s.Run(context.Background(), sp)
	assert.ErrorContains(t, err, "pid 1 of the sandbox was killed")
	assert.Equal(t, runner.InternalError, result.Status)
	// The program's own SIGKILL is its own.
	result, _ = run(t, s, warm(view, "signal_raise 9"))
	assert.Equal(t, runner.RuntimeError, result.Status, "%+v", result)
	result, _ = run(t, s, warm(view, "tiny"))
	assert.Equal(t, runner.OK, result.Status)
}

// killStubs kills every pid 1 that this process has started.
func killStubs(t testing.TB) (killed []int) {
	t.Helper()
	for _, pid := range descendants(os.Getpid()) {
		if name, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm")); string(name) == "bailiff-init\n" || strings.HasPrefix(string(name), "memfd") {
			require.NoError(t, unix.Kill(pid, unix.SIGKILL))
			killed = append(killed, pid)
		}
	}
	require.NotEmpty(t, killed)
	return killed
}

// A program that is killed from outside at any moment leaves a slot that is clean.
func TestKilledProgram(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "print", "residue")
	_, want := run(t, s, func() runner.Spec { sp := warm(view, "residue find"); sp.Limits.Processes = 2; return sp }())
	for delay := time.Duration(0); delay < 3*time.Millisecond; delay += 100 * time.Microsecond {
		sp := warm(view, "print 100000")
		sp.Started = func() {
			time.Sleep(delay)
			for _, pid := range descendants(os.Getpid()) {
				if name, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm")); string(name) == "print\n" {
					_ = unix.Kill(pid, unix.SIGKILL)
				}
			}
		}
		result, _ := run(t, s, sp)
		assert.Contains(t, []runner.Status{runner.OK, runner.RuntimeError}, result.Status, "%+v", result)
		find := warm(view, "residue find")
		find.Limits.Processes = 2
		result, out := run(t, s, find)
		require.Equal(t, runner.OK, result.Status)
		require.Equal(t, want, out)
	}
}

// What a view shows is what is there now, also when a file was replaced.
func TestReplacedFile(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	dir := t.TempDir()
	for up := dir; up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
		require.NoError(t, os.Chmod(up, 0o755))
	}
	path := filepath.Join(dir, "program")
	put := func(name string) {
		data, err := os.ReadFile(testprog.Build(t, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path+".new", data, 0o755))
		require.NoError(t, os.Rename(path+".new", path))
	}
	put("tiny")
	view := runner.SystemRoot().Bind(path, "/program", 0)
	sp := runner.Spec{Args: []string{"/program", "3"}, Root: view, Mode: runner.Pool}
	result, _ := run(t, s, sp)
	assert.Equal(t, runner.OK, result.Status)
	put("exit")
	result, _ = run(t, s, sp)
	assert.Equal(t, 3, result.ExitCode, "the old program was run")
	assert.Equal(t, int64(1), s.Stats().Discarded["outdated"])
	require.NoError(t, os.Remove(path))
	_, err := s.Run(context.Background(), sp)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// Limits are a run's own, in the same slot.
func TestLimitsOfOneSlot(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "memory_grow", "process_zombies", "print", "touch")
	for range 3 {
		for _, test := range []struct {
			command string
			limits  runner.Limits
			status  runner.Status
		}{
			{"memory_grow mmap 60", runner.Limits{Memory: 64 * mib}, runner.OK},
			{"memory_grow mmap 20", runner.Limits{Memory: 16 * mib}, runner.MemoryLimit},
			{"memory_grow mmap 10", runner.Limits{Memory: 16 * mib}, runner.OK},
			{"process_zombies 3", runner.Limits{Processes: 4}, runner.OK},
			{"process_zombies 6", runner.Limits{Processes: 4}, runner.RuntimeError},
			{"process_zombies 6", runner.Limits{Processes: 16}, runner.OK},
			{"print 10", runner.Limits{Output: 9}, runner.OutputLimit},
			{"print 10", runner.Limits{Output: 10}, runner.OK},
		} {
			sp := warm(view, test.command)
			sp.Limits = test.limits
			result, _ := run(t, s, sp)
			assert.Equal(t, test.status, result.Status, "%s %+v", test.command, result)
		}
	}
	sp := warm(view, "touch 1")
	run(t, s, sp)
	result, _ := run(t, s, sp)
	assert.InDelta(t, 1.5*mib, result.Memory, mib, "no more than its own")
}

// One slot serves one after the other; one more stands ready; what is not used
// goes again.
func TestPoolSize(t *testing.T) {
	s := openPool(t, runner.PoolOptions{IdleTime: 200 * time.Millisecond})
	view := together(t, "tiny")
	for range 20 {
		run(t, s, warm(view, "tiny"))
	}
	stats := s.Stats()
	assert.LessOrEqual(t, stats.Made, int64(4), "%v", stats)
	assert.GreaterOrEqual(t, stats.Hits, int64(19), "%v", stats)
	assert.Zero(t, stats.InUse)
	var again runner.Stats
	require.NoError(t, json.Unmarshal([]byte(stats.String()), &again))
	assert.Equal(t, stats, again)
	require.Eventually(t, func() bool { return s.Stats().Idle == 0 }, 10*time.Second, 10*time.Millisecond)
	assert.Positive(t, s.Stats().Discarded["idle"])

	small := openPool(t, runner.PoolOptions{MaxIdle: 2})
	for _, dir := range []string{"/a", "/b", "/c", "/d"} {
		run(t, small, warm(together(t, "tiny").Dir(dir, 0o755, 0, 0), "tiny"))
	}
	assert.LessOrEqual(t, small.Stats().Idle, 2)
	assert.Positive(t, small.Stats().Discarded["excess"])
}

// Views that mean the same share their slots, though a caller makes each anew.
func TestEqualViews(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	run(t, s, warm(together(t, "tiny"), "tiny"))
	before := s.Stats()
	run(t, s, warm(together(t, "tiny"), "tiny"))
	used(t, s, before)
}

func TestModes(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	sp := warm(together(t, "tiny"), "tiny")
	for _, test := range []struct{ mode, want runner.Mode }{
		{"", runner.NS}, // a view that is used once needs no slot
		{"", runner.Pool}, {runner.Auto, runner.Pool}, {runner.Pool, runner.Pool}, {runner.NS, runner.NS},
	} {
		sp.Mode = test.mode
		result, _ := run(t, s, sp)
		assert.Equal(t, test.want, result.Mode)
	}
	sp.Mode = "swimming"
	_, err := s.Run(context.Background(), sp)
	assert.ErrorContains(t, err, `no mode "swimming"`)
	assert.ErrorIs(t, err, unix.EINVAL)

	sp.Mode, sp.Root = runner.Pool, spec(t, "tiny").Root.Overlay("/work", []string{"/usr"}, t.TempDir(), t.TempDir())
	_, err = s.Run(context.Background(), sp)
	assert.ErrorContains(t, err, "overlay")
	assert.ErrorContains(t, err, "/work")

	off, err := runner.New(runner.Options{Pool: runner.PoolOptions{Off: true}})
	require.NoError(t, err)
	defer off.Close()
	sp = spec(t, "tiny")
	result, err := off.Run(context.Background(), sp)
	require.NoError(t, err)
	assert.Equal(t, runner.NS, result.Mode)
	sp.Mode = runner.Pool
	_, err = off.Run(context.Background(), sp)
	assert.ErrorContains(t, err, "the pool is off")
	assert.Equal(t, int64(1), off.Stats().Cold)
}

// A program's own faults are not the slot's: it is used again.
func TestSlotSurvivesBadInput(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "tiny")
	run(t, s, warm(view, "tiny"))
	for _, sp := range []runner.Spec{warm(view, "missing"), func() runner.Spec { sp := warm(view, "tiny"); sp.Dir = "/no/dir"; return sp }()} {
		before := s.Stats()
		_, err := s.Run(context.Background(), sp)
		require.Error(t, err)
		used(t, s, before)
	}
	before := s.Stats()
	run(t, s, warm(view, "tiny"))
	used(t, s, before)
	assert.Empty(t, s.Stats().Discarded)
}

// Each idle slot is one small process, and one that has nothing of its own.
func TestIdleSlotIsSmall(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	run(t, s, warm(together(t, "tiny"), "tiny"))
	stubs := descendants(os.Getpid())
	require.Len(t, stubs, 2*s.Stats().Idle)
	for _, pid := range stubs {
		if shared, err := kcmp(os.Getpid(), pid); err == nil && shared {
			continue
		}
		status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		require.NoError(t, err)
		for line := range strings.Lines(string(status)) {
			if fields := strings.Fields(line); fields[0] == "VmRSS:" || fields[0] == "VmPTE:" {
				kib, err := strconv.Atoi(fields[1])
				require.NoError(t, err)
				assert.Less(t, kib, 256, "%s of %d", fields[0], pid)
			}
		}
	}
}

// kcmp says whether two processes share their memory.
func kcmp(a, b int) (bool, error) {
	const kcmpVM = 1
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpVM, 0, 0, 0)
	if errno != 0 {
		return false, errno
	}
	return r == 0, nil
}
