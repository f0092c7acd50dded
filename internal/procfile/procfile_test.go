package procfile_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/procfile"
)

func TestStatus(t *testing.T) {
	fields, err := procfile.Status("/proc/self")
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(os.Getpid()), fields["Tgid"])
	_, err = procfile.Status("/proc/0")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestStartTime(t *testing.T) {
	first, err := procfile.StartTime("/proc/1")
	require.NoError(t, err)
	own, err := procfile.StartTime("/proc/self")
	require.NoError(t, err)
	assert.Less(t, first, own)

	dir := t.TempDir()
	for text, want := range map[string]uint64{
		"7 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20": 4242,
		"7 (short) S 1 2": 0,
		"":                0,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "stat"), []byte(text), 0o600))
		got, err := procfile.StartTime(dir)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want == 0, err != nil, text)
	}
}
