package runner_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

func named(t testing.TB, name string) *policy.Policy {
	t.Helper()
	p, err := policy.Named(name)
	require.NoError(t, err)
	return p
}

// ownInit may work where the judge has but one user id to give, its own: pid 1
// has it, too. It is not the judge's process, and what happens to it happens to
// the run: it ends. Signals from inside are not delivered to it.
var ownInit = []string{"init_limit_get", "init_limit_set", "init_priority", "init_affinity", "init_signal", "kill"}

// Under the policy that lets most pass, what holds is the sandbox itself.
func TestNoWayOut(t *testing.T) {
	for _, test := range []struct {
		command string
		allowed []string // what may work, since it is about the program itself
	}{
		{"escape_exe", nil},
		{"escape_files", []string{
			"read[/etc/passwd]", "read[/proc/self/oom_score_adj]", "write[/proc/self/oom_score_adj]",
			"read[/proc/self/uid_map]", "write[/proc/self/uid_map]", "write[/proc/self/mem]", "read[/proc/self/mem]",
			"write[/proc/self/attr/current]", "read[/proc/self/attr/current]", "read[/proc/self/loginuid]", "write[/proc/self/loginuid]",
			"read[/dev/null]", "write[/dev/null]", "read[/dev/zero]", "write[/dev/zero]", "read[/dev/urandom]", "write[/dev/urandom]",
		}},
		{"escape_namespace", nil},
		{"escape_privilege", []string{"dumpable", "pdeathsig", "subreaper"}},
		{"escape_process", nil},
		{"escape_root /etc/shadow", nil},
		{"escape_socket families", []string{"unix", "tcp", "udp", "tcp6", "netlink_route", "netlink_netfilter", "netlink_audit"}},
		{"escape_socket connect 127.0.0.1 22", nil},
		{"escape_write", []string{"created[/tmp]", "created[/dev/shm]"}},
		{"process_kill all", nil},
		{"process_kill init", nil},
		{"process_kill visible", nil},
	} {
		for _, p := range []string{"permissive", "default"} {
			t.Run(test.command+" "+p, func(t *testing.T) {
				s := open(t)
				sp := spec(t, test.command)
				sp.Policy = named(t, p)
				sp.Limits = runner.Limits{Processes: 16, CPU: 20 * time.Second}
				result, out := run(t, s, sp)
				if p == "permissive" {
					require.Equal(t, runner.OK, result.Status, "%+v %+v\n%s", result, result.Violation, out)
				} else {
					require.Contains(t, []runner.Status{runner.OK, runner.ForbiddenAccess}, result.Status, "%+v\n%s", result, out)
				}
				if os.Geteuid() != 0 {
					test.allowed = append(test.allowed, ownInit...)
				}
				values := testprog.Values(out)
				for _, name := range slices.Sorted(maps.Keys(values)) {
					if values[name] == "ok" && !slices.Contains(test.allowed, name) {
						t.Errorf("%s worked", name)
					}
				}
			})
		}
	}
}

// The policy's violations name the system call.
func TestViolationIsNamed(t *testing.T) {
	for command, want := range map[string]string{
		"abi_foreign int80":    "i386:getpid",
		"abi_foreign x32":      "x32:getpid",
		"syscall 101 0 0 0 0":  "ptrace",
		"syscall 321 0 0 0 0":  "bpf",
		"syscall 175 0 0 0":    "init_module",
		"syscall 165 0 0 0 0 ": "mount",
	} {
		t.Run(command, func(t *testing.T) {
			amd64Only(t)
			result, _ := run(t, open(t), spec(t, command))
			assert.Equal(t, runner.ForbiddenAccess, result.Status, "%+v", result)
			if assert.NotNil(t, result.Violation) {
				assert.Equal(t, want, result.Violation.Syscall)
				assert.NotEmpty(t, result.Violation.Args)
			}
		})
	}
}

// What one run plants, no other run of the same sandbox finds.
func TestNothingIsFoundByTheNextRun(t *testing.T) {
	s := open(t)
	for _, kind := range []string{"ipc_sysv %s 4711", "ipc_posix %s bailiff", "ipc_file %s bailiff", "ipc_socket %s bailiff", "ipc_keyring %s bailiff", "ipc_daemon %s bailiff"} {
		sp := spec(t, fmt.Sprintf(kind, "plant"))
		sp.Policy = named(t, "permissive")
		sp.Limits.Processes = 8
		_, planted := run(t, s, sp)
		assert.Contains(t, planted+"=ok", "=ok", kind)

		sp = spec(t, fmt.Sprintf(kind, "find"))
		sp.Policy = named(t, "permissive")
		sp.Limits.Processes = 8
		result, found := run(t, s, sp)
		assert.Equal(t, runner.OK, result.Status, "%s: %+v", kind, result)
		assert.NotContains(t, found, "=ok", kind)
		if strings.HasPrefix(kind, "ipc_daemon") {
			assert.Equal(t, "1", testprog.Values(found)["neighbours"], "only pid 1")
		}
	}
}

// Whatever a program leaves behind is dead when its run is over.
func TestDaemons(t *testing.T) {
	for _, how := range []string{"hold", "close", "ignore", "stop", "hop", "chatter"} {
		s := open(t)
		sp := spec(t, "process_daemon "+how)
		sp.Limits = runner.Limits{Processes: 8}
		result, _ := run(t, s, sp)
		assert.Contains(t, []runner.Status{runner.OK, runner.OutputLimit}, result.Status, how)
		assert.Less(t, result.Wall, 5*time.Second, how)
	}
}

var warmRuns = flag.Int("warm", 2000, "how many runs TestWarmRunsAreFlat makes")

// However many programs have run in slots, nothing has grown, and they take as
// long as the first ones did.
func TestWarmRunsAreFlat(t *testing.T) {
	n := *warmRuns
	s := openPool(t, runner.PoolOptions{})
	sp := warm(together(t, "tiny"), "tiny")
	took := make([]time.Duration, 0, 2*n+20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	once := func() {
		begin := time.Now()
		run(t, s, sp)
		took = append(took, time.Since(begin))
	}
	for range max(10, n/10) {
		once()
	}
	// By number: a cgroup that is renewed has other descriptors, as many as before.
	descriptors, mounts, goroutines := held(t)
	for range n {
		once()
	}
	nowDescriptors, nowMounts, nowGoroutines := held(t)
	assert.InDelta(t, descriptors, nowDescriptors, 10)
	assert.InDelta(t, mounts, nowMounts, 2)
	assert.InDelta(t, goroutines, nowGoroutines, 4)
	runtime.GC()
	runtime.ReadMemStats(&after)
	took = took[len(took)-n:]
	first, last := at(took[:n/10], 0.5), at(took[n-n/10:], 0.5)
	t.Logf("median of the first tenth %v, of the last %v; heap %d and %d bytes; %v", first, last, before.HeapAlloc, after.HeapAlloc, s.Stats())
	assert.Less(t, int64(after.HeapAlloc), int64(before.HeapAlloc)+mib)
	assert.Less(t, s.Stats().Made, int64(5))
	if n >= 100_000 { // else a busy machine tells nothing
		assert.Less(t, last.Seconds(), 1.1*first.Seconds())
	}
}

// held is how many descriptors, mounts and goroutines there are.
func held(t *testing.T) (descriptors, mounts, goroutines int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	table, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	return len(entries), strings.Count(string(table), "\n"), runtime.NumGoroutine()
}

var runs = flag.Int("runs", 100, "how often TestRunsLeaveNothing runs each program")

// However often hostile programs run, the machine is left as it was.
func TestRunsLeaveNothing(t *testing.T) {
	n := *runs
	if testing.Short() {
		n = 2
	}
	// Slots come and go; that each is as new is for the tests of the pool.
	s, err := runner.New(runner.Options{Pool: runner.PoolOptions{Off: true}})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	for _, command := range []string{
		"tiny", "process_zombies 8", "process_daemon hop", "process_daemon stop", "ipc_sysv plant 99", "ipc_posix plant bailiff", "memory_grow mmap 20",
		"output_flood both", "signal_fault null_write", "process_exec thread 3",
	} {
		sp := spec(t, command)
		sp.Policy = named(t, "permissive")
		sp.Limits = runner.Limits{Processes: 16, Memory: 16 * mib, Output: 100 << 10, CPU: 5 * time.Second}
		leakcheck.Repeat(t, n, func() { run(t, s, sp) })
	}
}
