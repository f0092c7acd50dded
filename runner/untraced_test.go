package runner_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/runner"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// untraced names the program that this binary runs, in a process in which
// nobody may trace.
const untraced = "RUNNER_TEST_UNTRACED"

// TestNobodyMayTrace shows a run where ptrace is refused, as in some containers:
// crashes are not explained, and nothing else is missing.
func TestNobodyMayTrace(t *testing.T) {
	program := os.Getenv(untraced)
	if program == "" {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestNobodyMayTrace$", "-test.v")
		cmd.Env = append(os.Environ(), untraced+"="+testprog.Build(t, "signal_fault"))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), "status runtime_error crash false")
		return
	}
	runtime.LockOSThread()
	require.NoError(t, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	filter, err := seccomp.Compile(seccomp.Rules{
		Default: seccomp.Allow, Flags: seccomp.TSync, Foreign: seccomp.KillProcess,
		Rules: []seccomp.Rule{{Syscalls: []string{"ptrace"}, Action: seccomp.Errno(unix.EPERM)}},
	})
	require.NoError(t, err)
	_, err = filter.Load()
	require.NoError(t, err)
	s, err := runner.New(runner.Options{})
	require.NoError(t, err)
	defer s.Close()
	result, err := s.Run(context.Background(), runner.Spec{
		Args: []string{"/program", "null_write"}, Root: runner.SystemRoot().Bind(strings.TrimSpace(program), "/program", 0), Crash: true,
	})
	require.NoError(t, err)
	fmt.Println("status", result.Status, "crash", result.Crash != nil)
	_, err = s.Run(context.Background(), runner.Spec{Args: []string{"/program", "null_write"}, Mode: runner.Ptrace})
	assert.ErrorIs(t, err, unix.EPERM)
}
