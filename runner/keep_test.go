package runner_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
)

// keeping is a run of a shell command, in a view with an empty directory /out
// that is kept.
func keeping(t *testing.T, command string, read func(*os.File) error) runner.Spec {
	t.Helper()
	shell, err := runner.Lookup("sh")
	if err != nil {
		t.Skip(err)
	}
	return runner.Spec{
		Args:   []string{shell, "-c", command},
		Root:   runner.SystemRoot().Tmpfs("/out", mount.TmpfsOptions{Size: 1 << 20, Inodes: 64, Mode: 0o1777}),
		Dir:    "/out",
		Limits: runner.Limits{Processes: 16},
		Keep:   &runner.Keep{Path: "/out", Read: read},
	}
}

func TestKeep(t *testing.T) {
	for _, test := range []struct {
		about, command string
		status         runner.Status
	}{
		{"exit 0", "echo made >file", runner.OK},
		{"exit 1", "echo made >file; exit 1", runner.RuntimeError},
		{"a process that goes on", "echo made >file; (while :; do echo made >file; done) & exit 0", runner.OK},
	} {
		t.Run(test.about, func(t *testing.T) {
			s := open(t)
			called := 0
			result, _ := run(t, s, keeping(t, test.command, func(dir *os.File) error {
				called++
				fd, err := unix.Openat(int(dir.Fd()), "file", unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
				require.NoError(t, err)
				file := os.NewFile(uintptr(fd), "file")
				defer file.Close()
				_, err = io.ReadAll(file)
				return err
			}))
			assert.Equal(t, test.status, result.Status)
			assert.Equal(t, 1, called)
		})
	}
}

// What was kept is charged to the run that made it, not to the next one in the
// same cgroup.
func TestKeepIsLetGo(t *testing.T) {
	s := open(t)
	spec := keeping(t, "head -c 20000000 /dev/zero >big; sync", func(*os.File) error { return nil })
	spec.Root = runner.SystemRoot().Tmpfs("/out", mount.TmpfsOptions{Size: 32 << 20, Mode: 0o1777})
	first, _ := run(t, s, spec)
	if first.MeasuredBy.Memory == "/proc/PID/status" {
		t.Skip("files in memory count only with a memory cgroup")
	}
	assert.Greater(t, first.Memory, int64(20_000_000))
	spec.Args = []string{spec.Args[0], "-c", ":"}
	second, _ := run(t, s, spec)
	assert.Less(t, second.Memory, int64(10_000_000))
}

func TestKeepErrors(t *testing.T) {
	s := open(t)
	spec := keeping(t, ":", func(*os.File) error { return io.ErrUnexpectedEOF })
	result, err := s.Run(t.Context(), spec)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, runner.InternalError, result.Status)

	for _, path := range []string{"", "out", "/", "/out/", "/../out"} {
		spec.Keep.Path = path
		_, err = s.Run(t.Context(), spec)
		require.ErrorIs(t, err, unix.EINVAL, path)
	}
	spec.Keep.Path = filepath.Join("/tmp", "absent")
	_, err = s.Run(t.Context(), spec)
	require.ErrorIs(t, err, os.ErrNotExist)
	spec.Root.Symlink("/out", "/elsewhere")
	spec.Root = spec.Root.Clone()
	spec.Keep.Path = "/elsewhere"
	_, err = s.Run(t.Context(), spec)
	assert.True(t, errors.Is(err, unix.ELOOP), "%v", err)
}
