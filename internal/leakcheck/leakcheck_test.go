package leakcheck

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// fakeTB is a test of its own, whose failures are kept and whose cleanups run on demand.
type fakeTB struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (f *fakeTB) Helper() {}
func (f *fakeTB) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}
func (f *fakeTB) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }

func (f *fakeTB) end() {
	for i := range f.cleanups {
		f.cleanups[len(f.cleanups)-1-i]()
	}
}

// impatient spares the tests of leaks two seconds each.
func impatient(c *checker) { c.patience = 50 * time.Millisecond }

// Each kind of leak is found, is all that is found, and is gone when it was put right.
func TestLeaks(t *testing.T) {
	sleep, exit := testprog.Build(t, "sleep"), testprog.Build(t, "exit")
	for _, test := range []struct {
		name    string
		options []Option
		leak    func(t *testing.T) (undo func())
		kinds   []string // what is reported, in this order
	}{
		{"descriptor", nil, leakDescriptor, []string{"descriptor"}},
		{"goroutine", nil, leakGoroutine, []string{"goroutine"}},
		{"child", nil, leakChild(sleep, "60000"), []string{"process"}},
		{"zombie", nil, leakChild(exit, "0"), []string{"process"}},
		{"grandchild", nil, leakGrandchild(sleep), []string{"process"}},
		{"threads", []Option{Threads(10)}, leakThreads(20), []string{"threads"}},
		{"mount", nil, leakMount, []string{"mount"}},
		{"cgroup", nil, leakCgroup, []string{"descriptor", "cgroup"}},
		{"System V", nil, leakSysV, []string{"System V shared memory", "System V semaphores", "System V message queue"}},
		{"file", nil, leakFile(os.TempDir()), []string{"file"}},
		{"shared memory", nil, leakFile("/dev/shm"), []string{"file"}},
		{"abstract socket", nil, leakSocket, []string{"descriptor", "abstract socket"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeTB{TB: t}
			Check(fake, append(test.options, impatient)...)
			undo := test.leak(t)
			fake.end()
			undo()
			assert.Equal(t, test.kinds, reported(t, fake))
			if test.name == "threads" {
				return // Go keeps them
			}

			fake = &fakeTB{TB: t}
			Check(fake, test.options...)
			test.leak(t)()
			fake.end()
			assert.Empty(t, fake.errors, "nothing leaks")
		})
	}
}

// reported are the kinds that the only failure is about.
func reported(t *testing.T, fake *fakeTB) []string {
	t.Helper()
	require.Len(t, fake.errors, 1)
	var found []string
	for line := range strings.Lines(fake.errors[0]) {
		kind, _, ok := strings.Cut(line, ": ")
		for _, known := range kinds {
			if ok && (kind == known.name || kind == "threads") && (len(found) == 0 || found[len(found)-1] != kind) {
				found = append(found, kind)
			}
		}
	}
	if t.Failed() {
		t.Log(fake.errors[0])
	}
	return found
}

func leakDescriptor(t *testing.T) func() {
	file, err := os.Open("/dev/null")
	require.NoError(t, err)
	return func() { assert.NoError(t, file.Close()) }
}

func leakGoroutine(*testing.T) func() {
	end := make(chan struct{})
	go func() { <-end }()
	return func() { close(end) }
}

func leakChild(program, argument string) func(*testing.T) func() {
	return func(t *testing.T) func() {
		// No os.Process: it may hold a descriptor.
		pid, err := syscall.ForkExec(program, []string{program, argument}, nil)
		require.NoError(t, err)
		return func() { kill(t, pid) }
	}
}

func kill(t *testing.T, pid int) {
	require.NoError(t, unix.Kill(pid, unix.SIGKILL))
	_, err := unix.Wait4(pid, nil, 0, nil)
	require.NoError(t, err)
}

func leakGrandchild(sleep string) func(*testing.T) func() {
	return func(t *testing.T) func() {
		cmd := exec.Command("/bin/sh", "-c", `"$0" 60000 & echo $!; wait`, sleep)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		var pid int
		_, err = fmt.Fscan(out, &pid)
		require.NoError(t, err)
		// Only processes are to be found.
		require.NoError(t, out.Close())
		shell := cmd.Process.Pid
		require.NoError(t, cmd.Process.Release())
		return func() {
			require.NoError(t, unix.Kill(pid, unix.SIGKILL))
			_, err := unix.Wait4(shell, nil, 0, nil)
			require.NoError(t, err)
		}
	}
}

// leakThreads leaves behind idle threads, as many system calls at the same time do.
func leakThreads(n int) func(*testing.T) func() {
	return func(t *testing.T) func() {
		before, err := countThreads()
		require.NoError(t, err)
		var pipe [2]int
		require.NoError(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
		var readers sync.WaitGroup
		for range before + n {
			readers.Go(func() { unix.Read(pipe[0], make([]byte, 1)) })
		}
		require.Eventually(t, func() bool {
			now, err := countThreads()
			return err == nil && now >= before+n
		}, 10*time.Second, time.Millisecond)
		unix.Close(pipe[1])
		readers.Wait()
		unix.Close(pipe[0])
		return func() {}
	}
}

func leakMount(t *testing.T) func() {
	dir := t.TempDir()
	err := unix.Mount("leakcheck", dir, "tmpfs", 0, "")
	if errors.Is(err, unix.EPERM) {
		t.Skip("mounting needs CAP_SYS_ADMIN")
	}
	require.NoError(t, err)
	return func() { require.NoError(t, unix.Unmount(dir, 0)) }
}

func leakCgroup(t *testing.T) func() {
	lines, err := fields("/proc/self/mountinfo")
	require.NoError(t, err)
	for _, line := range lines {
		if !strings.Contains(strings.Join(line, " "), " - cgroup") {
			continue
		}
		dir := filepath.Join(line[4], fmt.Sprintf("bailiff.%d.leakcheck", os.Getpid()))
		if err := os.Mkdir(dir, 0o755); err != nil {
			continue
		}
		// Locked as by a living judge, or the sandbox of some other test takes
		// it for a dead one's and sweeps it up.
		lock, err := os.Open(dir)
		if err == nil {
			err = unix.Flock(int(lock.Fd()), unix.LOCK_EX)
		}
		if _, gone := os.Stat(dir); err != nil || gone != nil {
			return leakCgroup(t) // swept up already
		}
		return func() {
			require.NoError(t, unix.Rmdir(dir))
			require.NoError(t, lock.Close())
		}
	}
	t.Skip("there is no cgroup hierarchy whose root may be written to")
	return nil
}

// ipcRemove is IPC_RMID of linux/ipc.h.
const ipcRemove = 0

func leakSysV(t *testing.T) func() {
	key := uintptr(IPCKey(7))
	out, err := exec.Command(testprog.Build(t, "ipc_sysv"), "plant", fmt.Sprint(key)).Output()
	require.NoError(t, err)
	require.Equal(t, "shm=ok\nsem=ok\nmsg=ok\n", string(out))
	return func() {
		for _, call := range []struct{ get, control, argument uintptr }{
			{unix.SYS_SHMGET, unix.SYS_SHMCTL, 1},
			{unix.SYS_SEMGET, unix.SYS_SEMCTL, 2},
			{unix.SYS_MSGGET, unix.SYS_MSGCTL, 1},
		} {
			id, _, errno := unix.Syscall(call.get, key, 0, 0)
			require.Zero(t, errno)
			args := [4]uintptr{id}
			args[call.argument] = ipcRemove
			_, _, errno = unix.Syscall6(call.control, args[0], args[1], args[2], 0, 0, 0)
			require.Zero(t, errno)
		}
	}
}

func leakFile(dir string) func(*testing.T) func() {
	return func(t *testing.T) func() {
		path := filepath.Join(dir, Name("leak"))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		return func() { require.NoError(t, os.Remove(path)) }
	}
}

func leakSocket(t *testing.T) func() {
	listener, err := net.Listen("unix", "@"+Name("leak"))
	require.NoError(t, err)
	return func() { require.NoError(t, listener.Close()) }
}

// What other processes have is no leak of ours.
func TestForeignThings(t *testing.T) {
	fake := &fakeTB{TB: t}
	Check(fake, impatient)

	pid := os.Getppid()
	for _, name := range []string{fmt.Sprintf("bailiff-%d-x", pid), fmt.Sprintf("bailiff.%d.x", pid), "bailiff-testprog-x"} {
		path := filepath.Join(os.TempDir(), name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		defer os.Remove(path)
	}
	if dir, err := os.MkdirTemp("", "other-*"); assert.NoError(t, err) {
		defer os.Remove(dir)
		if err := unix.Mount("leakcheck", dir, "tmpfs", 0, ""); err == nil {
			defer unix.Unmount(dir, 0)
		}
	}
	fake.end()
	assert.Empty(t, fake.errors)
}

// What is being torn down is waited for.
func TestCheckWaits(t *testing.T) {
	fake := &fakeTB{TB: t}
	Check(fake)
	undo := leakGoroutine(t)
	time.AfterFunc(100*time.Millisecond, undo)
	fake.end()
	assert.Empty(t, fake.errors)
}

func TestOrphans(t *testing.T) {
	sleep := testprog.Build(t, "sleep")
	orphan := func() (pid int) {
		out, err := exec.Command("/bin/sh", "-c", `"$0" 60000 >&- 2>&- & echo $!`, sleep).Output()
		require.NoError(t, err)
		pid, err = strconv.Atoi(strings.TrimSpace(string(out)))
		require.NoError(t, err)
		return pid
	}

	t.Run("alive", func(t *testing.T) {
		fake := &fakeTB{TB: t}
		Check(fake, Orphans(), impatient)
		pid := orphan()
		fake.end()
		kill(t, pid)
		assert.Equal(t, []string{"process"}, reported(t, fake))
	})
	t.Run("dead", func(t *testing.T) {
		fake := &fakeTB{TB: t}
		Check(fake, Orphans())
		pid := orphan()
		require.NoError(t, unix.Kill(pid, unix.SIGKILL))
		fake.end()
		assert.Empty(t, fake.errors)
		_, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
		assert.Equal(t, unix.ECHILD, err, "reaped")
	})

	var reaper int32 = 1
	require.NoError(t, unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&reaper)), 0, 0, 0))
	assert.Zero(t, reaper, "orphans are somebody else's again")
}

func TestRepeat(t *testing.T) {
	t.Run("clean", func(t *testing.T) {
		fake := &fakeTB{TB: t}
		calls := 0
		Repeat(fake, 100, func() { calls++; leakDescriptor(t)() })
		assert.Empty(t, fake.errors)
		assert.Equal(t, 110, calls)
	})
	t.Run("one descriptor", func(t *testing.T) {
		fake := &fakeTB{TB: t}
		calls := 0
		var undo func()
		Repeat(fake, 100, func() {
			if calls++; calls == 50 {
				undo = leakDescriptor(t)
			}
		}, impatient)
		undo()
		assert.Equal(t, []string{"descriptor"}, reported(t, fake))
	})
	t.Run("a thread each time", func(t *testing.T) {
		fake := &fakeTB{TB: t}
		Repeat(fake, 20, func() { leakThreads(1)(t) }, impatient)
		assert.Equal(t, []string{"threads"}, reported(t, fake))
	})
}

func TestIPCKey(t *testing.T) {
	assert.NotEqual(t, IPCKey(0), IPCKey(255))
	for _, key := range []int{IPCKey(0), IPCKey(255)} {
		assert.Equal(t, key, int(int32(key)), "keys have 32 bits")
		assert.Positive(t, key)
	}
}

func TestParseStat(t *testing.T) {
	rest := " S 7 1 1 0 -1 4194560 2 3 0 0 5 6 0 0 20 0 1 0 4242 0 0"
	for stat, want := range map[string]process{
		"12 (sh)" + rest:             {12, 7, "sh", "S", "4242"},
		"12 (a) Z 1 (b c)" + rest:    {12, 7, "a) Z 1 (b c", "S", "4242"},
		"12 (line\nbreak)" + rest:    {12, 7, "line\nbreak", "S", "4242"},
		"4194303 ()" + rest + " 1\n": {4194303, 7, "", "S", "4242"},
	} {
		got, err := parseStat(stat)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for stat, message := range map[string]string{
		"":                  "no process name",
		"12 )(" + rest:      "no process name",
		"12 (sh) S 1":       "only 2 fields",
		"x (sh)" + rest:     "pid in",
		"1 (sh) S x" + rest: "parent in",
	} {
		_, err := parseStat(stat)
		assert.ErrorContains(t, err, message)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("12 (sh) S 7 1 1 0 -1 4194560 2 3 0 0 5 6 0 0 20 0 1 0 4242 0 0")
	f.Fuzz(func(t *testing.T, stat string) {
		p, err := parseStat(stat)
		if err == nil && !strings.Contains(stat, "("+p.comm+")") {
			t.Errorf("%q: name %q", stat, p.comm)
		}
	})
}
