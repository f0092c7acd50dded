package exitprog

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestItExitsAndNothingElse(t *testing.T) {
	image, err := Image()
	require.NoError(t, err)
	assert.Less(t, len(image), 300)
	file, err := elf.NewFile(bytes.NewReader(image))
	require.NoError(t, err)
	libraries, err := file.ImportedLibraries()
	require.NoError(t, err)
	assert.Empty(t, libraries)
	for _, p := range file.Progs {
		assert.NotEqual(t, elf.PT_INTERP, p.Type, "static")
	}
	path := filepath.Join(t.TempDir(), "exit")
	require.NoError(t, os.WriteFile(path, image, 0o755))
	out, err := exec.Command(path).CombinedOutput()
	require.NoError(t, err)
	assert.Empty(t, out)
}
