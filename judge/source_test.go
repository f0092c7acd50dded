package judge_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/language"
)

// What a contestant has put in a source's place is neither waited for nor read
// for ever.
func TestSourcesAreRegularFiles(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, unix.Mkfifo(path("pipe.c"), 0o600))
	require.NoError(t, os.Symlink("/dev/zero", path("endless.c")))
	require.NoError(t, os.Mkdir(path("folder.c"), 0o700))
	for _, name := range []string{"pipe.c", "endless.c", "folder.c"} {
		_, err := judge.ReadSources(path(name))
		assert.ErrorIs(t, err, unix.EINVAL)
		assert.ErrorContains(t, err, name+" is no regular file")
	}
	require.NoError(t, os.WriteFile(path("huge.c"), []byte("int main;"), 0o600))
	require.NoError(t, os.Symlink("huge.c", path("link.c")))
	sources, err := judge.ReadSources(path("link.c"))
	require.NoError(t, err)
	assert.Equal(t, []judge.Source{{Name: "link.c", Content: []byte("int main;")}}, sources)
	require.NoError(t, os.Truncate(path("huge.c"), 1<<40))
	sources, err = judge.ReadSources(path("huge.c"))
	require.NoError(t, err)
	assert.Len(t, sources[0].Content, language.MaxSourceSize+1)
}
