package runner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// failing calls f on a thread on which a system call fails with an errno, as it
// does in every process that this thread starts until its program is executed; so
// each row of every script fails that makes the call, and so do the judge's own. A
// filter can't be unloaded: the thread ends with f.
func failing(t testing.TB, name string, nr int32, errno unix.Errno, f func()) {
	t.Helper()
	const ( // offsets in struct seccomp_data
		number = 0
		length = 16 + 2*8
	)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: number},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(nr), Jt: 0, Jf: 4},
		// By writes of 8 bytes Go's scheduler wakes itself, and by long ones go test
		// notes what was opened.
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: length},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 8, Jt: 2, Jf: 0},
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 4096, Jt: 1, Jf: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good
		program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		_, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
		if e != 0 {
			done <- e
			return
		}
		f()
		done <- nil
	}()
	select {
	case err := <-done:
		if errors.Is(err, unix.EACCES) {
			t.Skip("loading a filter without no_new_privs needs root")
		}
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		buffer := make([]byte, 1<<20)
		t.Fatalf("a run hangs: %s\n%s", name, buffer[:runtime.Stack(buffer, true)])
	}
}

// calledBy is every system call that a text of Explain names.
func calledBy(explained string) (names []string) {
	for _, match := range regexp.MustCompile(`(?m)^\S+(?: \S+)? +(?:\$\S+ = )?([a-z0-9_]+)\(`).FindAllStringSubmatch(explained, -1) {
		if !slices.Contains(names, match[1]) {
			names = append(names, match[1])
		}
	}
	return names
}

// Whatever fails in the making of a slot or in a run: nothing hangs, nothing is
// left, the error says what it was, and the next run is as if nothing had been.
func TestFaults(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("loading a filter without no_new_privs needs root")
	}
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "residue")
	sp := warm(view, "residue find")
	sp.Limits.Processes = 2
	_, want := run(t, s, sp)
	text, err := s.Explain(sp)
	require.NoError(t, err)
	calls := calledBy(text)
	require.Contains(t, calls, "mount")
	require.Contains(t, calls, "clone3")
	require.Greater(t, len(calls), 25, "%v", calls)
	// The judge's own.
	calls = append(calls, "clone", "pipe2", "fcntl", "openat", "pread64", "pwrite64", "read", "wait4", "socketpair", "sendmsg", "recvmsg",
		"pidfd_open", "pidfd_send_signal", "poll", "ppoll", "mkdirat", "unlinkat", "fchown", "newfstatat")
	slices.Sort(calls)
	var outcomes []string
	for _, call := range slices.Compact(calls) {
		// Without these no process ends, or Go itself can't go on. SIGKILL takes
		// nothing that could be lacking, and close closes whatever it says.
		if slices.Contains([]string{"exit_group", "futex", "rt_sigprocmask", "rt_sigaction", "wait4", "pidfd_send_signal", "close"}, call) {
			continue
		}
		nr, native := seccomp.Number(call)
		require.True(t, native, call)
		for _, errno := range []unix.Errno{unix.ENOSPC, unix.EMFILE, unix.ENOMEM, unix.EAGAIN} {
			if errno == unix.EAGAIN && call == "poll" {
				continue // means the same as no descriptor ready
			}
			for _, fresh := range []bool{false, true} {
				name := fmt.Sprintf("%s %v, fresh %t", call, errno, fresh)
				faulty := sp
				if fresh { // no slot stands ready, so one is made under the fault
					faulty.Root = view.Clone().Dir("/"+strings.ReplaceAll(name, " ", "_"), 0o755, 0, 0)
				}
				faulty.Stdout = io.Discard
				before := openFiles(t)
				failing(t, name, nr, errno, func() {
					result, err := s.Run(context.Background(), faulty)
					if err != nil {
						assert.Regexp(t, `^(runner|forkexec|cgroup)`, err.Error(), name)
						outcomes = append(outcomes, name+": "+err.Error())
					} else {
						// Ignored or never called: then it is no worse a run.
						assert.Equal(t, runner.OK, result.Status, "%s: %+v", name, result)
					}
				})
				result, out := run(t, s, sp)
				require.Equal(t, runner.OK, result.Status, "after %s: %+v", name, result)
				require.Equal(t, want, out, "after %s", name)
				require.LessOrEqual(t, openFiles(t), before+60, "descriptors after %s", name)
			}
		}
	}
	require.Greater(t, len(outcomes), 100, "few faults had an effect")
	t.Logf("%d faults were errors; such as %s", len(outcomes), strings.Join(outcomes[:5], "\n"))
	t.Log(s.Stats())
}

// openFiles is how many descriptors are open.
func openFiles(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}
