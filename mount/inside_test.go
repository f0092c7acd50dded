package mount

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

func TestEntriesInsideEarlierOnes(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		home := files(t, "me/box/hidden", "hidden", "me/conf", "old", "me/other/x", "x")
		extra := files(t, "conf", "new", "dir/file", "deep")
		tree := tools().Bind(home, "/home", 0).
			Tmpfs("/home/me/box", TmpfsOptions{Mode: 0o700}).
			File("/home/me/box/a/b", "made", 0).
			Symlink("a/b", "/home/me/box/link").
			Dir("/home/me/box/dir", 0o711, 0, 0).
			Bind(extra+"/dir", "/home/me/box/c/bound", 0).
			Tmpfs("/home/me/box/c/d", TmpfsOptions{Mode: 0o711}).
			File("/home/me/box/c/d/f", "made", 0).
			Bind(extra+"/conf", "/home/me/conf", 0).
			Bind(extra, "/home/me/other", Writable)
		assert.Equal(t, "a c dir link\na/b\nmademadedeepmadenew711\n711\ndeep\nrefused", w.shell(t, tree, `
cd /home/me/box; echo *; echo a/*; cd a
cat b ../link ../c/bound/file ../c/d/f /home/me/conf
stat -c %a ../c/d ../dir; cat /home/me/other/dir/file; echo; rm ../c/bound/file 2>&- || echo refused`))
		for _, path := range []string{"me/box/a", "me/box/link"} {
			assert.NoFileExists(t, filepath.Join(home, path), "outside")
		}
	})
}

// What an entry covers is forgotten, so that directories are made anew.
func TestCoveredDirectories(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		tree := tools().Dir("/a/b/c", 0, 0, 0).Symlink("b", "/a/link").Tmpfs("/a", TmpfsOptions{}).
			File("/a/b/c/file", "second", 0).File("/a/link/file", "directory", 0)
		assert.Equal(t, "seconddirectory", w.shell(t, tree, "cat /a/b/c/file /a/link/file"))

		source := files(t, "b/file", "")
		_, err := w.run(t, tools().Dir("/a/b/c", 0, 0, 0).Bind(source, "/a", 0).Tmpfs("/a/b/c", TmpfsOptions{}), "/bin/sh")
		assert.EqualError(t, err, "mount[6] /a/b/c: no such file or directory")
	})
}

// A source may hold links that its owner has made to mislead the set-up,
// which sees the old root all the time.
func TestLinksInSourcesAreNotFollowed(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		victim, source := files(t, "dir/file", ""), files(t, "real/dir/file", "")
		for name, to := range map[string]string{
			"absolute": victim, "magic": "/proc/self/root" + victim, "up": "../../../../../../../.." + victim, "beside": "real",
		} {
			require.NoError(t, os.Symlink(to, filepath.Join(source, name)))
			require.NoError(t, os.Symlink(to+"/dir/file", filepath.Join(source, name+"_file")))
			for _, test := range []struct {
				name string
				tree *Tree
			}{
				{"tmpfs", tools().Bind(source, "/s", Writable).Tmpfs("/s/"+name, TmpfsOptions{})},
				{"tmpfs below", tools().Bind(source, "/s", Writable).Tmpfs("/s/"+name+"/dir", TmpfsOptions{})},
				{"bind", tools().Bind(source, "/s", Writable).Bind(source, "/s/"+name+"/dir", 0)},
				{"bind of a file", tools().Bind(source, "/s", Writable).Bind("/dev/null", "/s/"+name+"/dir/file", 0)},
				{"mask", tools().Bind(source, "/s", Writable).MaskFile("/s/" + name + "_file")},
			} {
				_, err := w.run(t, test.tree, "/bin/sh", "-c", "")
				assert.ErrorIs(t, err, unix.ELOOP, "%s %s", name, test.name)
			}
		}
		_, err := w.run(t, tools().Bind(source, "/s", Writable).Tmpfs("/s/real/dir", TmpfsOptions{}), "/bin/sh", "-c", "")
		assert.NoError(t, err, "without a link")
		_, err = w.run(t, tools().Bind(source, "/s", Writable).Bind(source, "/s/absolute", 0), "/bin/sh", "-c", "")
		assert.EqualError(t, err, "mount[5] /s/absolute: too many levels of symbolic links")
	})
}

// Between two rows the owner of a source exchanges a directory for a link:
// what is made in a tmpfs behind it must not come to lie elsewhere.
func TestDirectoryExchangedWhileMounting(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		victim, source := files(t, "tmp/file", ""), files(t, "dir/tmp/file", "")
		require.NoError(t, os.Symlink(victim, filepath.Join(source, "link")))
		tree := tools().Bind(source, "/s", Writable).Tmpfs("/s/dir/tmp", TmpfsOptions{}).File("/s/dir/tmp/made", "", 0)
		rows, err := tree.compile(w.user, w.features)
		require.NoError(t, err)
		exchanged := false
		for _, call := range rows {
			if !exchanged && call.Index == 6 {
				exchanged = true
				w.prelude = append(w.prelude, row(unix.SYS_RENAMEAT2, script.CWD(), script.String("s/dir"),
					script.CWD(), script.String("s/link"), script.Int(unix.RENAME_EXCHANGE)))
			}
			w.prelude = append(w.prelude, call)
		}
		require.True(t, exchanged)
		_, err = w.run(t, nil, "/bin/sh", "-c", "")
		assert.Error(t, err)
		assert.NoFileExists(t, filepath.Join(victim, "tmp/made"))
	})
}
