package testprog

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBuildLanguage(t *testing.T) {
	assert.True(t, slices.IsSorted(Languages()))
	for _, name := range Languages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := BuildLanguage(t, name)
			for input, want := range map[string]string{
				"":                         "hello\n",
				"40 2\n":                   "42\n",
				"-1\n4000000000\n\n 1 0\t": "4000000000\n",
			} {
				cmd := exec.Command(command[0], command[1:]...)
				cmd.Stdin = strings.NewReader(input)
				out, err := cmd.Output()
				require.NoError(t, err, "%s", cmd)
				assert.Equal(t, want, string(out), "%s < %q", cmd, input)
			}
		})
	}
}

func TestFindOpen(t *testing.T) {
	open, closed := openDir(t), openDir(t)
	require.NoError(t, os.Chmod(closed, 0o700))
	for _, path := range []string{filepath.Join(closed, "tool"), filepath.Join(open, "real")} {
		require.NoError(t, os.WriteFile(path, nil, 0o700))
		require.NoError(t, os.Chmod(path, 0o755))
	}
	require.NoError(t, os.Symlink("real", filepath.Join(open, "tool")))
	dirs := []string{"/no/such/directory", closed, open}

	path, err := findOpen(dirs, []string{"nothing", "tool"})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(open, "real"), path)

	require.NoError(t, os.Chmod(filepath.Join(open, "real"), 0o700))
	_, err = findOpen(dirs, []string{"nothing", "tool"})
	assert.ErrorContains(t, err, `none of ["nothing" "tool"]`)
}
