package crash_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/crash"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// trace runs a program and everything it starts, and examines what will be ended
// by a signal.
func trace(t *testing.T, args ...string) []*crash.Evidence {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = t.TempDir() // for the core
	return traceCommand(t, cmd, false)
}

// traceCommand is trace for a command; with all it examines signals for which
// there is a handler, too.
func traceCommand(t *testing.T, cmd *exec.Cmd, all bool) []*crash.Evidence {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	require.NoError(t, cmd.Start())
	pid := cmd.Process.Pid
	defer func() { _ = cmd.Process.Release() }()

	var status unix.WaitStatus
	_, err := unix.Wait4(pid, &status, unix.WALL, nil)
	require.NoError(t, err)
	require.NoError(t, unix.PtraceSetOptions(pid, unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_TRACEFORK|unix.PTRACE_O_TRACEVFORK))
	require.NoError(t, unix.PtraceCont(pid, 0))
	var found []*crash.Evidence
	for {
		tid, err := unix.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, nil)
		if err == unix.EINTR {
			continue
		}
		if err == unix.ECHILD {
			return found
		}
		require.NoError(t, err)
		if !status.Stopped() {
			continue
		}
		signal := status.StopSignal()
		if signal == unix.SIGSTOP || signal == unix.SIGTRAP && status.TrapCause() > 0 {
			signal = 0
		}
		if crash.Explains(signal) && (all || !caught(t, tid, signal)) {
			var info crash.Siginfo
			_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(tid), 0, uintptr(unsafe.Pointer(&info)), 0, 0)
			require.Zero(t, errno)
			e, err := crash.Examine(tid, &info, supervisor.NewMemory(tid))
			require.NoError(t, err)
			found = append(found, e)
		}
		if err := unix.PtraceCont(tid, int(signal)); err != nil && err != unix.ESRCH {
			require.NoError(t, err)
		}
	}
}

// caught says whether a program has a handler for a signal.
func caught(t *testing.T, tid int, signal unix.Signal) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	require.NoError(t, err)
	match := regexp.MustCompile(`SigCgt:\s*([0-9a-f]+)`).FindSubmatch(status)
	set, err := strconv.ParseUint(string(match[1]), 16, 64)
	require.NoError(t, err)
	return set>>(signal-1)&1 != 0
}

// expectation is what a source says of its end.
type expectation struct {
	path  string // below testdata/programs
	text  string
	lines []int // those marked HERE
}

func expectations(t *testing.T) []expectation {
	paths, err := filepath.Glob("../../testdata/programs/crash/*.c*")
	require.NoError(t, err)
	var list []expectation
	for _, path := range paths {
		file, err := os.Open(path)
		require.NoError(t, err)
		x := expectation{path: "crash/" + filepath.Base(path)}
		here := true
		scanner := bufio.NewScanner(file)
		for n := 1; scanner.Scan(); n++ {
			line := scanner.Text()
			if arch, ok := strings.CutPrefix(line, "// arch: "); ok {
				here = arch == runtime.GOARCH
			}
			if text, ok := strings.CutPrefix(line, "// expect: "); ok {
				x.text = text
			} else if strings.HasSuffix(line, "// HERE") {
				x.lines = append(x.lines, n)
			}
		}
		file.Close()
		require.NotEmpty(t, x.text, path)
		if here {
			list = append(list, x)
		}
	}
	require.Greater(t, len(list), 15)
	return list
}

// pattern makes a text with stars, and HERE for a marked line, into an expression.
func (x expectation) pattern(text string) string {
	var lines []string
	for _, n := range x.lines {
		lines = append(lines, strconv.Itoa(n))
	}
	quoted := strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*")
	return "^" + strings.ReplaceAll(quoted, "HERE", "("+strings.Join(lines, "|")+")") + "$"
}
