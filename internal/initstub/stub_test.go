package initstub_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/initstub"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// uid is whom the init and the programs run as, if we may choose.
const uid = 271828

// initProcess is a running init, and the end of its lifeline.
type initProcess struct {
	*forkexec.Process
	lifeline *os.File
}

func start(t testing.TB) *initProcess {
	t.Helper()
	return startUnder(t, nil)
}

// startUnder starts it under a filter.
func startUnder(t testing.TB, filter []unix.SockFilter) *initProcess {
	t.Helper()
	program, err := initstub.Open()
	require.NoError(t, err)
	defer program.Close()
	config := forkexec.Config{
		Seccomp: filter, Path: initstub.Name, ExecFile: true, Files: 1, BlockSignals: true, Namespaces: forkexec.PID | forkexec.User,
		UIDMap: []forkexec.IDMap{{Inside: 1, Outside: uint32(os.Geteuid()), Count: 1}},
		GIDMap: []forkexec.IDMap{{Inside: 1, Outside: uint32(os.Getegid()), Count: 1}},
	}
	if os.Geteuid() == 0 {
		config.Namespaces, config.UIDMap, config.GIDMap = forkexec.PID, nil, nil
		config.Credential = &forkexec.Credential{UID: uid, GID: uid}
	}
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	process, err := runner.Start(forkexec.Inputs{Exec: program, Files: []*os.File{read}})
	if err != nil {
		write.Close()
	}
	require.NoError(t, err)
	return &initProcess{process, write}
}

// end closes the lifeline and returns how the init ended.
func (p *initProcess) end(t testing.TB) forkexec.State {
	t.Helper()
	require.NoError(t, p.lifeline.Close())
	state, err := p.Wait()
	require.NoError(t, err)
	assert.True(t, state.Status.Exited() && state.Status.ExitStatus() == 0, "%v", state.Status)
	return state
}

// run runs a program beside the init, waits for its first process, and
// returns the reading end of a pipe that is its stdout.
func (p *initProcess) run(t testing.TB, name string, args ...string) *os.File {
	t.Helper()
	program := testprog.Build(t, name)
	config := forkexec.Config{
		Path: "/program", Args: append([]string{name}, args...), Files: 2, Namespaces: forkexec.Mount,
		Join:   []forkexec.Namespace{forkexec.PID},
		Mounts: new(mount.Tree).Bind(program, "/program", 0).Proc("/proc", false),
	}
	if os.Geteuid() == 0 {
		config.Credential = &forkexec.Credential{UID: uid, GID: uid}
	} else {
		config.Join[0] |= forkexec.User
	}
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	fd, err := p.PIDFD()
	require.NoError(t, err)
	defer fd.Close()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { read.Close() })
	process, err := runner.Start(forkexec.Inputs{Join: []*os.File{fd}, Files: []*os.File{nil, write}})
	write.Close()
	require.NoError(t, err)
	state, err := process.Wait()
	require.NoError(t, err)
	require.Zero(t, state.Status.ExitStatus(), "%v", state.Status)
	return read
}

// children are the pids whose parent is the init.
func (p *initProcess) children(t testing.TB) (pids []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	for _, entry := range entries {
		status, _ := os.ReadFile("/proc/" + entry.Name() + "/status")
		if strings.Contains(string(status), fmt.Sprintf("\nPPid:\t%d\n", p.PID)) {
			pids = append(pids, entry.Name())
		}
	}
	return pids
}

func TestEndsWithItsLifeline(t *testing.T) {
	leakcheck.Check(t)
	start(t).end(t)
}

// One that can't wait must not stay for ever, using up a CPU: it has happened.
func TestEndsWhenItCantWait(t *testing.T) {
	leakcheck.Check(t)
	for _, call := range []string{"ppoll", "signalfd4"} {
		filter, err := seccomp.Compile(seccomp.Rules{
			Default: seccomp.Allow, Foreign: seccomp.KillProcess,
			Rules: []seccomp.Rule{{Syscalls: []string{call}, Action: seccomp.Errno(unix.ENOSPC)}},
		})
		require.NoError(t, err)
		p := startUnder(t, filter.Instructions())
		state, err := p.Wait()
		require.NoError(t, err)
		assert.True(t, state.Status.Exited(), call)
		require.NoError(t, p.lifeline.Close())
	}
}

func TestReapsOrphans(t *testing.T) {
	leakcheck.Check(t)
	init := start(t)
	init.run(t, "process_zombies", "30")
	assert.Eventually(t, func() bool { return len(init.children(t)) == 0 }, 10*time.Second, time.Millisecond)
	init.end(t)
}

func TestKillsWhoeverIsLeft(t *testing.T) {
	for _, mode := range []string{"hold", "ignore", "stop", "hop", "chatter"} {
		t.Run(mode, func(t *testing.T) {
			leakcheck.Check(t)
			init := start(t)
			output := init.run(t, "process_daemon", mode, "600")
			if mode != "hop" { // which is seldom to be seen
				assert.NotEmpty(t, init.children(t), "the daemon is there")
			}
			init.end(t)
			assert.Empty(t, init.children(t))
			require.NoError(t, output.SetReadDeadline(time.Now().Add(10*time.Second)))
			_, err := io.Copy(io.Discard, output)
			assert.NoError(t, err, "nobody holds the pipe any more")
		})
	}
}

func TestItsOwnUsageIncludesTheOrphans(t *testing.T) {
	leakcheck.Check(t)
	init := start(t)
	output := init.run(t, "cpu_orphan", "exit", "100")
	_, err := io.Copy(io.Discard, output)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(init.children(t)) == 0 }, 10*time.Second, time.Millisecond)
	state := init.end(t)
	used := time.Duration(state.Rusage.Utime.Nano() + state.Rusage.Stime.Nano())
	assert.Greater(t, used, 90*time.Millisecond)
}

// A program that runs as the same user must find no way into the init, for
// who controls pid 1 outlives the run.
func TestNobodyLooksIntoIt(t *testing.T) {
	leakcheck.Check(t)
	init := start(t)
	text, err := io.ReadAll(init.run(t, "escape_process"))
	require.NoError(t, err)
	got := testprog.Values(string(text))
	for _, way := range []string{"trace", "read_memory", "memory_file", "environment", "root", "descriptors", "steal_descriptor", "executable", "oom_score"} {
		assert.Contains(t, []string{"EPERM", "EACCES"}, got["init_"+way], way)
	}
	assert.Equal(t, "invisible", got["parent"])
	init.end(t)
}

// Signals of the program's are nothing to it: they are blocked, and those with
// a default action never reach a pid 1 from inside.
func TestSurvivesSignalsFromInside(t *testing.T) {
	leakcheck.Check(t)
	init := start(t)
	for _, signal := range []unix.Signal{unix.SIGKILL, unix.SIGTERM, unix.SIGSTOP, unix.SIGCHLD, unix.SIGSEGV} {
		init.run(t, "process_kill", "init", fmt.Sprint(int(signal)))
	}
	init.run(t, "process_zombies", "3")
	assert.Eventually(t, func() bool { return len(init.children(t)) == 0 }, 10*time.Second, time.Millisecond)
	init.end(t)
}
