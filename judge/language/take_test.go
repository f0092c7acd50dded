package language

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// Only directories and regular files are taken, whatever else is there.
func TestTake(t *testing.T) {
	leakcheck.Check(t)
	from, to := t.TempDir(), t.TempDir()
	write := func(name string, mode os.FileMode) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(from, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(from, name), []byte(name), 0o600))
		require.NoError(t, os.Chmod(filepath.Join(from, name), mode))
	}
	write("main", 0o755)
	write("suid", os.ModeSetuid|os.ModeSetgid|0o777)
	write("a/b/data", 0o600)
	write("odd \n\xff name", 0o644)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(from, "link")))
	require.NoError(t, os.Symlink("/etc", filepath.Join(from, "linkdir")))
	require.NoError(t, os.Symlink("loop", filepath.Join(from, "loop")))
	require.NoError(t, unix.Mkfifo(filepath.Join(from, "pipe"), 0o666))
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(socket)
	t.Chdir(from) // the path of a socket is short
	require.NoError(t, unix.Bind(socket, &unix.SockaddrUnix{Name: "socket"}))

	require.NoError(t, takeAll(t, from, to, 1<<20))
	var got []string
	require.NoError(t, filepath.Walk(to, func(path string, info os.FileInfo, err error) error {
		if err == nil && path != to {
			got = append(got, fmt.Sprintf("%v %q", info.Mode(), path[len(to)+1:]))
		}
		return err
	}))
	assert.Equal(t, []string{
		`drwxr-xr-x "a"`, `drwxr-xr-x "a/b"`, `-r--r--r-- "a/b/data"`, `-r-xr-xr-x "main"`,
		`-r--r--r-- "odd \n\xff name"`, `-r-xr-xr-x "suid"`,
	}, got)
}

func takeAll(t *testing.T, from, to string, room int64) error {
	t.Helper()
	dir, err := os.Open(from)
	require.NoError(t, err)
	defer dir.Close()
	return take(dir, to, room)
}

func TestTakeRefuses(t *testing.T) {
	for reason, fill := range map[string]func(dir string) error{
		"over the limit on the program's size": func(dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "holes"), nil, 0o644), os.Truncate(filepath.Join(dir, "holes"), 1<<40))
		},
		"more than 16 deep": func(dir string) error {
			return os.MkdirAll(filepath.Join(dir, strings.Repeat("d/", 20)), 0o755)
		},
		"more than 8192 files": func(dir string) error {
			for i := range 8200 {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(reason, func(t *testing.T) {
			leakcheck.Check(t)
			from := t.TempDir()
			require.NoError(t, fill(from))
			err := takeAll(t, from, t.TempDir(), 1<<20)
			require.IsType(t, refusal(""), err)
			assert.ErrorContains(t, err, reason)
		})
	}
}
