package runner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/runner"
)

// hostile is how each program of testdata is run before an honest one; those that
// are not here are run without arguments.
var hostile = map[string][]string{
	"abi_foreign":      {"int80", "x32"},
	"cat":              {""},
	"cpu_children":     {"0 2"},
	"cpu_loop":         {"user"},
	"cpu_orphan":       {"exit 0", "wait 0"},
	"cpu_sigxcpu":      {"both 0"},
	"cpu_threads":      {"4 0"},
	"escape_exe":       {""},
	"escape_files":     {""},
	"escape_kernel":    {""},
	"escape_namespace": {""},
	"escape_privilege": {""},
	"escape_process":   {""},
	"escape_root":      {"/etc/shadow"},
	"escape_socket":    {"families"},
	"escape_write":     {""},
	"exit":             {"7"},
	"ipc_daemon":       {"plant bailiff"},
	"ipc_file":         {"plant bailiff"},
	"ipc_keyring":      {"plant bailiff"},
	"ipc_posix":        {"plant bailiff"},
	"ipc_socket":       {"plant bailiff"},
	"ipc_sysv":         {"plant 4711"},
	"memory_grow":      {"mmap 0", "children 16 4", "mmap 20"},
	"memory_kernel":    {"memfd 20", "pipe 2", "socket 2"},
	"memory_reserve":   {"1000"},
	"memory_stack":     {"0"},
	"path_calls":       {""},
	"race_path":        {"threads /etc/passwd /etc/group 20", "symlink /etc/passwd /etc/group 20"},
	"trace_hostile":    {"storm 4", "exec 4", "seize 2"},
	"trace_open":       {"100"},
	"trace_paths":      {"", "threads", "fork"},
	"trace_tasks":      {"tree 10", "threads 8", "vfork 4"},
	"output_file":      {"/tmp/big 0", "/dev/shm/big 1000000"},
	"output_flood":     {"both"},
	"output_race":      {"4 1000"},
	"output_reopen":    {"proc 1500"},
	"output_splice":    {"vmsplice 5000"},
	"print":            {"100"},
	"process_bomb":     {"fork"},
	"process_daemon":   {"hold", "close", "ignore", "stop", "hop", "chatter"},
	"process_exec":     {"exec 3", "pid 3", "thread 3"},
	"process_kill":     {"all", "init", "visible"},
	"process_parent":   {"3"},
	"process_starve":   {"8"},
	"process_zombies":  {"6"},
	"residue":          {"plant"},
	"signal_core":      {""},
	"signal_fault":     {"null_read"},
	"signal_raise":     {"9", "abort"},
	"sleep":            {"1"},
	"spawn":            {"/tiny"},
	"spin":             {"20"},
	"sum":              {""},
	"syscall":          {"101 0 0 0 0"},
	"tiny":             {""},
	"touch":            {"5"},
	"wall_hang":        {"sleep", "stop"},
	"whoami":           {""},
}

// Whatever ran before in the slot, an honest program's result is the same.
func TestHostileBeforeHonest(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	names := testprog.Names(t)
	view := together(t, names...)
	honest := warm(view, "residue find")
	honest.Limits = runner.Limits{Processes: 2, Memory: 32 * mib, CPU: time.Second, Wall: 10 * time.Second, Output: 10_000}
	_, want := run(t, s, honest)
	for _, name := range names {
		runs := hostile[name]
		if runs == nil {
			runs = []string{""}
		}
		for _, args := range runs {
			for _, policy := range []string{"default", "permissive"} {
				sp := warm(view, name+" "+args)
				sp.Policy = named(t, policy)
				sp.Limits = runner.Limits{CPU: 50 * time.Millisecond, Wall: 300 * time.Millisecond, Memory: 24 * mib, Output: 4000, Processes: 16}
				run(t, s, sp)
				result, out := run(t, s, honest)
				require.Equal(t, runner.OK, result.Status, "after %s %s: %+v", name, args, result)
				require.Equal(t, want, out, "after %s %s", name, args)
				require.Equal(t, int64(2), result.ProcessesPeak)
				require.Less(t, result.CPU, 50*time.Millisecond, "after %s %s", name, args)
				require.Less(t, result.Memory, int64(4*mib), "after %s %s", name, args)
			}
		}
	}
	stats := s.Stats()
	t.Log(stats)
	assert.Positive(t, stats.Discarded["killed"])
	assert.Positive(t, stats.Discarded["dirty"])
	assert.Zero(t, stats.Discarded["broken"])
	assert.LessOrEqual(t, stats.Idle, 3, "nobody else was there")
	assert.Zero(t, stats.InUse)
}
