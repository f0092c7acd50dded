package landlock

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

func need(t *testing.T) int {
	t.Helper()
	abi, err := ABI()
	if err != nil {
		t.Skip(err)
	}
	return abi
}

// restricted runs f on a thread that is restricted by the ruleset, and that
// ends with it.
func restricted(t *testing.T, ruleset *os.File, f func()) {
	t.Helper()
	done := make(chan error)
	kernel.OnOwnThread(func() {
		err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		if _, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, ruleset.Fd(), 0, 0); errno != 0 {
			err = errors.Join(err, errno)
		}
		if err == nil {
			f()
		}
		done <- err
	})
	require.NoError(t, <-done)
}

func TestRuleset(t *testing.T) {
	need(t)
	leakcheck.Check(t)
	dir := t.TempDir()
	for _, name := range []string{"open", "shut"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "file"), []byte("text"), 0o644))
	}
	single := filepath.Join(dir, "shut", "single")
	require.NoError(t, os.WriteFile(single, []byte("text"), 0o644))
	ruleset, err := NewRuleset([]Rule{
		{filepath.Join(dir, "open"), Read}, {single, Read | Write | Create}, {filepath.Join(dir, "missing"), Read},
	})
	require.NoError(t, err)
	defer ruleset.Close()
	restricted(t, ruleset, func() {
		_, err := os.ReadFile(filepath.Join(dir, "open", "file"))
		assert.NoError(t, err)
		_, err = os.ReadFile(filepath.Join(dir, "shut", "file"))
		assert.ErrorIs(t, err, unix.EACCES)
		assert.NoError(t, os.WriteFile(single, []byte("other"), 0o644))
		assert.ErrorIs(t, os.WriteFile(filepath.Join(dir, "open", "file"), nil, 0o644), unix.EACCES)
		assert.ErrorIs(t, os.WriteFile(filepath.Join(dir, "open", "new"), nil, 0o644), unix.EACCES)
		assert.ErrorIs(t, os.Remove(filepath.Join(dir, "open", "file")), unix.EACCES)
		assert.ErrorIs(t, os.Mkdir(filepath.Join(dir, "open", "new"), 0o755), unix.EACCES)
	})
	// Nothing of that holds for this thread.
	_, err = os.ReadFile(filepath.Join(dir, "shut", "file"))
	assert.NoError(t, err)
}

func TestRightsOfOlderKernels(t *testing.T) {
	for abi, without := range map[int]Access{
		1: unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
		2: unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
		4: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
		7: 0,
	} {
		all := Read | Execute | Write | Create | devices
		assert.Equal(t, all&^without, all&known(abi), "ABI %d", abi)
	}
}
