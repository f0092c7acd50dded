package tinyprog

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// write makes a file of a program, which must be small and static.
func write(t *testing.T, image []byte, err error) string {
	t.Helper()
	require.NoError(t, err)
	assert.Less(t, len(image), 400)
	file, err := elf.NewFile(bytes.NewReader(image))
	require.NoError(t, err)
	libraries, err := file.ImportedLibraries()
	require.NoError(t, err)
	assert.Empty(t, libraries)
	for _, p := range file.Progs {
		assert.NotEqual(t, elf.PT_INTERP, p.Type, "static")
	}
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, image, 0o755))
	return path
}

func TestExit(t *testing.T) {
	image, err := Exit()
	out, err := exec.Command(write(t, image, err)).CombinedOutput()
	require.NoError(t, err)
	assert.Empty(t, out)
}

func TestLeave(t *testing.T) {
	image, err := Leave()
	command := exec.Command(write(t, image, err))
	command.Dir = t.TempDir()
	require.NoError(t, command.Run())
	assert.DirExists(t, filepath.Join(command.Dir, "d"))
	again := exec.Command(command.Path)
	again.Dir = command.Dir
	assert.Error(t, again.Run(), "it is there")
}

func TestCalls(t *testing.T) {
	image, err := Calls()
	path := write(t, image, err)
	begin := time.Now()
	out, err := exec.Command(path).Output()
	all := time.Since(begin)
	require.NoError(t, err)
	took, err := Took(out)
	require.NoError(t, err)
	assert.Positive(t, took)
	assert.Less(t, took, all)
	_, err = Took(out[1:])
	assert.ErrorContains(t, err, "31 bytes")
}
