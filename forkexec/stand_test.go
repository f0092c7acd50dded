package forkexec_test

import (
	"bufio"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/seccomp"
)

const setUpKey = 0xfeedfacecafebeef

// underFilter is a start by a deputy, under a filter that allows next to nothing
// of a set-up.
func underFilter(t testing.TB, path string, args ...string) forkexec.Config {
	t.Helper()
	filter, err := seccomp.Compile(seccomp.Rules{
		Default: seccomp.Allow, Foreign: seccomp.KillProcess, Key: setUpKey,
		Rules: []seccomp.Rule{
			{Syscalls: []string{"getppid"}, Action: seccomp.Notify},
			{Syscalls: []string{"clone3", "execve", "fcntl", "dup3", "close_range", "prctl", "capset", "setresuid", "setsid", "gettid", "setns", "keyctl", "unshare"},
				Action: seccomp.Errno(unix.ENOANO)},
		},
	})
	require.NoError(t, err)
	return forkexec.Config{
		Path: path, Args: append([]string{path}, args...), Files: 2, Deputy: true, Key: setUpKey,
		Seccomp: filter.Instructions(), Listener: true, NewSession: true, NewKeyring: true, Ignore: []unix.Signal{unix.SIGUSR1},
	}
}

func deputy(t testing.TB, r *forkexec.Runner, join ...*os.File) *forkexec.Deputy {
	t.Helper()
	d, err := r.Deputy(join)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

// One deputy starts many programs of different kinds; each has what it would have
// of its own deputy, and its calls come to the listener it was started with.
func TestDeputy(t *testing.T) {
	leakcheck.Check(t)
	ask, err := forkexec.Prepare(underFilter(t, testprog.Build(t, "syscall"), "110", "7"))
	require.NoError(t, err)
	who, err := forkexec.Prepare(underFilter(t, testprog.Build(t, "tiny")))
	require.NoError(t, err)
	missing, err := forkexec.Prepare(underFilter(t, "/nonexistent"))
	require.NoError(t, err)
	d := deputy(t, ask)
	for range 20 {
		assert.True(t, who.Serves(d))
		process, err := who.Start(forkexec.Inputs{Deputy: d})
		require.NoError(t, err)
		assert.Nil(t, process.Listener)
		state, err := process.Wait()
		require.NoError(t, err)
		assert.True(t, state.Status.Exited(), state.Status)

		_, err = missing.Start(forkexec.Inputs{Deputy: d})
		assert.ErrorIs(t, err, unix.ENOENT)
		assert.ErrorContains(t, err, "exec /nonexistent")

		read, write, err := os.Pipe()
		require.NoError(t, err)
		process, err = ask.Start(forkexec.Inputs{Deputy: d, Files: []*os.File{nil, write}})
		write.Close()
		require.NoError(t, err)
		listener, err := d.Listener()
		require.NoError(t, err)
		var asked notification
		ioctl(t, listener, ioctlReceive, &asked)
		assert.EqualValues(t, unix.SYS_GETPPID, asked.nr)
		assert.EqualValues(t, process.PID, asked.pid)
		ioctl(t, listener, ioctlSend, &response{id: asked.id, value: 4242})
		line, _ := bufio.NewReader(read).ReadString('\n')
		assert.Equal(t, "returned=4242\n", line)
		_, err = process.Wait()
		require.NoError(t, err)
		assert.NoError(t, listener.Close())
		assert.NoError(t, read.Close())
	}
}

// What a deputy's program finds is what it would find without: no file more, no
// signal handled or blocked but those that are to be ignored.
func TestDeputysProgram(t *testing.T) {
	leakcheck.Check(t)
	outputs := map[bool]map[string]string{}
	for _, standing := range []bool{false, true} {
		config := underFilter(t, testprog.Build(t, "whoami"))
		config.Files, config.Deputy, config.Listener = 3, standing, false
		runner, err := forkexec.Prepare(config)
		require.NoError(t, err)
		var inputs forkexec.Inputs
		if standing {
			inputs.Deputy = deputy(t, runner)
		}
		read, write, err := os.Pipe()
		require.NoError(t, err)
		inputs.Files = []*os.File{nil, write, nil}
		process, err := runner.Start(inputs)
		write.Close()
		require.NoError(t, err)
		text := ""
		for lines := bufio.NewScanner(read); lines.Scan(); {
			text += lines.Text() + "\n"
		}
		read.Close()
		_, err = process.Wait()
		require.NoError(t, err)
		outputs[standing] = testprog.Values(text)
	}
	for name := range outputs[false] {
		switch name {
		case "pid", "sid", "pgid", "tid", "fd[1]":
		default:
			if len(name) > 2 && name[:3] == "ns_" {
				continue
			}
			assert.Equal(t, outputs[false][name], outputs[true][name], name)
		}
	}
}

// A deputy that is killed, or whose process is, costs that start and tells so.
func TestDeputyIsKilled(t *testing.T) {
	leakcheck.Check(t)
	config := underFilter(t, testprog.Build(t, "tiny"))
	config.Sync = true
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	d := deputy(t, runner)
	_, err = runner.Start(forkexec.Inputs{Deputy: d, Sync: func(pid int) error { return unix.Kill(pid, unix.SIGKILL) }})
	assert.ErrorContains(t, err, "was killed before it could be executed")
	process, err := runner.Start(forkexec.Inputs{Deputy: d, Sync: func(int) error { return nil }})
	require.NoError(t, err)
	_, err = process.Wait()
	require.NoError(t, err)

	_, err = runner.Start(forkexec.Inputs{Deputy: d, Sync: func(int) error { return unix.Kill(forkexec.DeputyPID(d), unix.SIGKILL) }})
	assert.ErrorContains(t, err, "forkexec: the deputy")
	assert.ErrorContains(t, err, "was killed")
	_, err = runner.Start(forkexec.Inputs{Deputy: d, Sync: func(int) error { return nil }})
	assert.ErrorContains(t, err, "was killed")
}

// Who has given up its rights is told so, and does not wait for a deputy that it could
// not kill.
func TestDeputyOutranksTheCaller(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("there are no rights to give up")
	}
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(underFilter(t, "/bin/true"))
	require.NoError(t, err)
	d := deputy(t, runner)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	become := func(id uintptr) {
		_, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, id, id, 0) // of this thread alone
		require.Zero(t, errno)
	}
	become(60000)
	err = d.Close()
	become(0)
	assert.ErrorIs(t, err, unix.EPERM)
}

// Many at once take turns, and a deputy may be closed meanwhile.
func TestDeputyIsShared(t *testing.T) {
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(underFilter(t, testprog.Build(t, "tiny")))
	require.NoError(t, err)
	d := deputy(t, runner)
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for range 50 {
				process, err := runner.Start(forkexec.Inputs{Deputy: d})
				if !assert.NoError(t, err) {
					return
				}
				_, err = process.Wait()
				assert.NoError(t, err)
			}
		})
	}
	crowd.Wait()
	crowd.Go(func() {
		for {
			process, err := runner.Start(forkexec.Inputs{Deputy: d})
			if err != nil {
				assert.ErrorContains(t, err, "was killed")
				return
			}
			_, _ = process.Wait()
		}
	})
	time.Sleep(5 * time.Millisecond)
	assert.NoError(t, d.Close())
	crowd.Wait()
}

func TestDeputyRefuses(t *testing.T) {
	leakcheck.Check(t)
	config := underFilter(t, "/bin/true")
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	d := deputy(t, runner)
	_, err = runner.Start(forkexec.Inputs{})
	assert.ErrorContains(t, err, "Deputy: 0 given, 1 prepared for")
	config.SeccompFlags = unix.SECCOMP_FILTER_FLAG_LOG
	other, err := forkexec.Prepare(config)
	require.NoError(t, err)
	assert.False(t, other.Serves(d))
	_, err = other.Start(forkexec.Inputs{Deputy: d})
	assert.ErrorContains(t, err, "made for another filter")

	config.Key = 0
	_, err = forkexec.Prepare(config)
	assert.ErrorContains(t, err, "set Key")
	_, err = forkexec.Prepare(forkexec.Config{Path: "x", Deputy: true, Namespaces: forkexec.User,
		UIDMap: []forkexec.IDMap{{Inside: 0, Outside: uint32(os.Geteuid()), Count: 1}}, GIDMap: []forkexec.IDMap{{Inside: 0, Outside: uint32(os.Getegid()), Count: 1}}})
	assert.ErrorContains(t, err, "join one")
	plain, err := forkexec.Prepare(forkexec.Config{Path: "x"})
	require.NoError(t, err)
	_, err = plain.Deputy(nil)
	assert.ErrorContains(t, err, "has Deputy set")
	_, err = plain.Start(forkexec.Inputs{Deputy: d})
	assert.ErrorContains(t, err, "Deputy: 1 given, 0 prepared for")

	// What fails in its own set-up says so, and leaves nothing.
	config = underFilter(t, "/bin/true")
	config.Join = []forkexec.Namespace{forkexec.Network}
	runner, err = forkexec.Prepare(config)
	require.NoError(t, err)
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	_, err = runner.Deputy([]*os.File{null})
	assert.ErrorIs(t, err, unix.EINVAL)
	assert.ErrorContains(t, err, "join[0]")
}
