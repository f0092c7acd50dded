package forkexec_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// signalSet reads one of whoami's.
func signalSet(t testing.TB, text string) (set []unix.Signal) {
	t.Helper()
	mask, err := strconv.ParseUint(text, 16, 64)
	require.NoError(t, err)
	for ; mask != 0; mask &= mask - 1 {
		set = append(set, unix.Signal(bits.TrailingZeros64(mask)+1))
	}
	return set
}

func TestSignals(t *testing.T) {
	leakcheck.Check(t)
	signal.Ignore(unix.SIGHUP, unix.SIGUSR2) // as nohup does
	defer signal.Reset(unix.SIGHUP, unix.SIGUSR2)
	got := whoami(t, forkexec.Config{}, forkexec.Inputs{})
	assert.Equal(t, none, got["signals_ignored"], "what the caller ignores is its own affair")
	assert.Equal(t, none, got["signals_blocked"])
	assert.Equal(t, none, got["signals_caught"])

	ignore := []unix.Signal{unix.SIGINT, unix.SIGPIPE, 40}
	got = whoami(t, forkexec.Config{Ignore: ignore, BlockSignals: true}, forkexec.Inputs{})
	assert.Equal(t, ignore, signalSet(t, got["signals_ignored"]))
	assert.Len(t, signalSet(t, got["signals_blocked"]), 62, "all but SIGKILL and SIGSTOP")
}

func TestSignalsIgnoredSincePrepare(t *testing.T) {
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "signal_raise"), Args: []string{"signal_raise", "13"}})
	require.NoError(t, err)
	signal.Ignore(unix.SIGPIPE)
	defer signal.Reset(unix.SIGPIPE)
	process, err := runner.Start(forkexec.Inputs{})
	require.NoError(t, err)
	state, err := process.Wait()
	require.NoError(t, err)
	assert.Equal(t, unix.SIGPIPE, state.Status.Signal(), "not only those that were ignored then")
}

func TestProcessDiesOfItsSignals(t *testing.T) {
	leakcheck.Check(t)
	for _, number := range []unix.Signal{unix.SIGKILL, unix.SIGTERM, unix.SIGXCPU} {
		_, state := output(t, forkexec.Config{Path: testprog.Build(t, "signal_raise"),
			Args: []string{"signal_raise", fmt.Sprint(int(number))}}, forkexec.Inputs{})
		assert.True(t, state.Status.Signaled())
		assert.Equal(t, number, state.Status.Signal())
	}
}

func TestSignalAfterTheEnd(t *testing.T) {
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "sleep"), Args: []string{"sleep", "600000"}})
	require.NoError(t, err)
	process, err := runner.Start(forkexec.Inputs{})
	require.NoError(t, err)
	require.NoError(t, process.Kill())
	state, err := process.Wait()
	require.NoError(t, err)
	assert.Equal(t, unix.SIGKILL, state.Status.Signal())
	assert.ErrorIs(t, process.Kill(), os.ErrProcessDone)
	_, err = process.PIDFD()
	assert.ErrorIs(t, err, os.ErrProcessDone)
}

func TestStartedLiesBetweenBeginAndTheEnd(t *testing.T) {
	leakcheck.Check(t)
	clock := func() time.Duration {
		var ts unix.Timespec
		require.NoError(t, unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts))
		return time.Duration(ts.Nano())
	}
	runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "tiny")})
	require.NoError(t, err)
	before := clock()
	process, err := runner.Start(forkexec.Inputs{})
	require.NoError(t, err)
	_, err = process.Wait()
	require.NoError(t, err)
	assert.LessOrEqual(t, before, process.Begin)
	assert.Less(t, process.Begin, process.Started)
	assert.Less(t, process.Started, clock())
}

func TestParentDeath(t *testing.T) {
	leakcheck.Check(t, leakcheck.Orphans())
	cmd := helper(t, "sleeper", testprog.Build(t, "sleep"))
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	sleeper, err := unix.PidfdOpen(pid, 0)
	require.NoError(t, err)
	defer unix.Close(sleeper)

	require.NoError(t, cmd.Process.Kill())
	assert.Error(t, cmd.Wait())
	ended := []unix.PollFd{{Fd: int32(sleeper), Events: unix.POLLIN}}
	n, err := unix.Poll(ended, 10_000)
	require.NoError(t, err)
	assert.Equal(t, 1, n, "the sleeper has died with its judge")
}

// The goroutine that starts may end, and its thread with it: the process stays.
func TestParentDeathIsNotTheThreads(t *testing.T) {
	leakcheck.Check(t)
	got := whoami(t, forkexec.Config{ParentDeath: unix.SIGTERM}, forkexec.Inputs{})
	assert.Equal(t, fmt.Sprint(int(unix.SIGTERM)), got["pdeathsig"])
	got = whoami(t, in(forkexec.Config{ParentDeath: unix.SIGKILL}, forkexec.AllNamespaces), forkexec.Inputs{})
	assert.Equal(t, fmt.Sprint(int(unix.SIGKILL)), got["pdeathsig"])
}

func TestSync(t *testing.T) {
	leakcheck.Check(t)
	var status string
	called := 0
	_, state := output(t, in(forkexec.Config{Path: testprog.Build(t, "tiny"), Sync: true}, forkexec.User), forkexec.Inputs{
		Sync: func(pid int) error {
			called++
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			status = string(text)
			return err
		},
	})
	assert.Zero(t, state.Status.ExitStatus())
	assert.Equal(t, 1, called)
	assert.Contains(t, status, "NoNewPrivs:\t1\n", "the process is set up")
	assert.Contains(t, status, "CapEff:\t"+none+"\n")
	assert.NotContains(t, status, "Name:\ttiny\n", "and not yet the program")
}

func TestSyncRefuses(t *testing.T) {
	leakcheck.Check(t)
	refusal := errors.New("not this one")
	for _, ns := range []forkexec.Namespace{0, forkexec.AllNamespaces} {
		config := forkexec.Config{Path: testprog.Build(t, "sleep"), Args: []string{"sleep", "600000"}, Sync: true}
		if ns != 0 {
			config = in(config, ns)
		}
		runner, err := forkexec.Prepare(config)
		require.NoError(t, err)
		_, err = runner.Start(forkexec.Inputs{Sync: func(int) error { return refusal }})
		assert.ErrorIs(t, err, refusal)
	}
}

func TestKilledWhileItWaits(t *testing.T) {
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "tiny"), Sync: true})
	require.NoError(t, err)
	_, err = runner.Start(forkexec.Inputs{Sync: func(pid int) error { return unix.Kill(pid, unix.SIGKILL) }})
	assert.ErrorContains(t, err, "was killed before it could be executed")
}

// notifyOn is a filter that asks about one system call and allows all others.
func notifyOn(nr uint32) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // struct seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: nr},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
}

type notification struct { // struct seccomp_notif
	id     uint64
	pid, _ uint32
	nr     int32
	_      uint32 // arch
	_      uint64 // ip
	args   [6]uint64
}

type response struct { // struct seccomp_notif_resp
	id    uint64
	value int64
	_     int32  // errno
	_     uint32 // flags
}

const (
	ioctlReceive = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	ioctlSend    = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
)

func ioctl[T any](t testing.TB, file *os.File, request uintptr, argument *T) {
	t.Helper()
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, file.Fd(), request, uintptr(unsafe.Pointer(argument)))
	require.Zero(t, errno, errno.Error())
}

func TestListener(t *testing.T) {
	for _, answer := range []bool{true, false} {
		t.Run(fmt.Sprintf("answer %v", answer), func(t *testing.T) {
			leakcheck.Check(t)
			read, write, err := os.Pipe()
			require.NoError(t, err)
			defer read.Close()
			runner, err := forkexec.Prepare(in(forkexec.Config{
				Path: testprog.Build(t, "syscall"), Args: []string{"syscall", fmt.Sprint(unix.SYS_GETPPID), "7"}, Files: 2,
				Seccomp: notifyOn(unix.SYS_GETPPID), Listener: true,
			}, forkexec.AllNamespaces))
			require.NoError(t, err)
			process, err := runner.Start(forkexec.Inputs{Files: []*os.File{nil, write}})
			write.Close()
			require.NoError(t, err)
			defer process.Listener.Close()

			var asked notification
			ioctl(t, process.Listener, ioctlReceive, &asked)
			assert.EqualValues(t, unix.SYS_GETPPID, asked.nr)
			assert.EqualValues(t, process.PID, asked.pid)
			assert.EqualValues(t, 7, asked.args[0])
			if answer {
				ioctl(t, process.Listener, ioctlSend, &response{id: asked.id, value: 4242})
			} else {
				require.NoError(t, process.Kill())
			}
			line, _ := bufio.NewReader(read).ReadString('\n')
			state, err := process.Wait()
			require.NoError(t, err)
			if answer {
				assert.Equal(t, "returned=4242\n", line)
			} else {
				assert.Equal(t, unix.SIGKILL, state.Status.Signal())
			}
		})
	}
}

// The program itself has neither the listener nor the socket it came by.
func TestListenerIsTheCallersAlone(t *testing.T) {
	leakcheck.Check(t)
	config := forkexec.Config{Path: testprog.Build(t, "whoami"), Files: 2, Seccomp: notifyOn(unix.SYS_ACCT), Listener: true}
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	process, err := runner.Start(forkexec.Inputs{Files: []*os.File{nil, write}})
	write.Close()
	require.NoError(t, err)
	assert.NoError(t, process.Listener.Close())
	lines := bufio.NewScanner(read)
	text := ""
	for lines.Scan() {
		text += lines.Text() + "\n"
	}
	_, err = process.Wait()
	require.NoError(t, err)
	got := testprog.Values(text)
	assert.Equal(t, "2", got["fds"])
	assert.Equal(t, "2", got["seccomp"])
}

// A program that makes its parent its tracer stops at each signal. That is not
// its end.
func TestWaitTakesNoStopForTheEnd(t *testing.T) {
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "trace_others"), Args: []string{"trace_others", "me"}})
	require.NoError(t, err)
	process, err := runner.Start(forkexec.Inputs{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process.PID))
		return err == nil && strings.Contains(string(stat), ") t ")
	}, 10*time.Second, time.Millisecond, "it stops")
	time.AfterFunc(50*time.Millisecond, func() { assert.NoError(t, process.Kill()) })
	state, err := process.Wait()
	require.NoError(t, err)
	assert.True(t, state.Status.Signaled(), "%#x", state.Status)
	assert.Equal(t, unix.SIGKILL, state.Status.Signal())
}
