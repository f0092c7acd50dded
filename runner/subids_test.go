package runner_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
)

// TestSubIDs runs programs whose id outside is not the ordinary user's who judges:
// what is the judge's alone they can't read, even where they see it.
func TestSubIDs(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root gives programs an id without")
	}
	if _, err := exec.LookPath("newuidmap"); err != nil {
		t.Skip("there is no newuidmap")
	}
	leakcheck.Check(t)
	sandbox, err := runner.New(runner.Options{SubIDs: true, BestEffort: true})
	if err != nil && strings.Contains(err.Error(), "nothing: usermod") {
		t.Skip(err)
	}
	require.NoError(t, err)
	defer func() { assert.NoError(t, sandbox.Close()) }()

	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o600))
	for _, mode := range []runner.Mode{runner.NS, runner.Ptrace} {
		t.Run(string(mode), func(t *testing.T) {
			var out, diagnostics strings.Builder
			result, err := sandbox.Run(context.Background(), runner.Spec{
				Args: []string{"/bin/sh", "-c", "id -u; id -G; cat /dev/stdin; echo mine >/dir/" + string(mode) + "; cat /dir/secret"}, Mode: mode,
				Root: runner.SystemRoot().Bind(dir, "/dir", mount.Writable), Stdin: strings.NewReader("given\n"), Stdout: &out, Stderr: &diagnostics,
			})
			require.NoError(t, err)
			assert.Equal(t, "1000\n1000\ngiven\n", out.String(), diagnostics.String())
			assert.Equal(t, "cat: /dir/secret: Permission denied\n", diagnostics.String())
			assert.Equal(t, runner.RuntimeError, result.Status)
			stat, err := os.Stat(filepath.Join(dir, string(mode)))
			require.NoError(t, err)
			assert.NotEqualValues(t, os.Geteuid(), stat.Sys().(*syscall.Stat_t).Uid)
			assert.NotEqualValues(t, os.Getegid(), stat.Sys().(*syscall.Stat_t).Gid)
		})
	}
	t.Run("is ended", func(t *testing.T) {
		result, err := sandbox.Run(context.Background(), runner.Spec{
			Args: []string{"/bin/sleep", "1000"}, Limits: runner.Limits{Wall: 100 * time.Millisecond}})
		require.NoError(t, err)
		assert.Equal(t, runner.WallLimit, result.Status)
	})
	t.Run("notify", func(t *testing.T) {
		_, err := sandbox.Run(context.Background(), runner.Spec{Args: []string{"/bin/true"}, Mode: runner.Notify})
		assert.ErrorContains(t, err, "use ptrace")
	})
}
