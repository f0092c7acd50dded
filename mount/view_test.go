package mount

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// files is a directory with files, given as pairs of name and content.
func files(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(files[i+1]), 0o644))
	}
	return dir
}

func TestOnlyWhatIsNamedIsThere(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		tree := with(t, "whoami").Bind("/usr", "/usr", NoExec).Symlink("usr/bin", "/bin").
			Tmpfs("/tmp", TmpfsOptions{Size: 1 << 20, Mode: 0o1777}).Proc("/proc", false)
		got := w.must(t, tree, "/whoami")
		values := testprog.Values(got)
		entries := map[string]string{}
		for name, value := range values {
			if strings.HasPrefix(name, "root_entry[") {
				entries[name] = value
			}
		}
		assert.Equal(t, map[string]string{
			"root_entry[whoami]": "8", "root_entry[usr]": "4", "root_entry[bin]": "10", "root_entry[tmp]": "4", "root_entry[proc]": "4",
		}, entries)
		assert.Equal(t, "/", values["cwd"])
		assert.Equal(t, "0", values["uid"])
		without := testprog.Values(w.must(t, nil, testprog.Build(t, "whoami")))
		assert.Equal(t, without["fds"], values["fds"], "none of ours")

		mounts := mountsSeen(got)
		assert.Equal(t, "ro,nosuid,relatime", mounts["/"])
		assert.Contains(t, mounts["/usr"], "ro,nosuid,nodev,noexec")
		assert.Contains(t, mounts["/whoami"], "ro,nosuid,nodev,")
		assert.Equal(t, "rw,nosuid,nodev,noatime", mounts["/tmp"])
		assert.Equal(t, "rw,nosuid,nodev,noexec,relatime", mounts["/proc"])
	})
}

func TestEmptyTree(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		_, err := w.run(t, new(Tree), "/bin/sh")
		assert.EqualError(t, err, "test /bin/sh: no such file or directory")
	})
}

func TestUmaskIsKept(t *testing.T) {
	before := unix.Umask(0o27)
	defer unix.Umask(before)
	inEachWorld(t, func(t *testing.T, w *world) {
		got := w.must(t, with(t, "whoami").Dir("/open", 0o777, 0, 0), "/whoami")
		assert.Equal(t, "0027", testprog.Values(got)["umask"])
	})
}

func TestNoWayOut(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		marker := filepath.Join(files(t, "marker", ""), "marker")
		tree := with(t, "escape_root").Bind("/usr", "/usr", 0).Tmpfs("/tmp", TmpfsOptions{Mode: 0o1777}).Proc("/proc", false)
		for way, result := range testprog.Values(w.must(t, tree, "/escape_root", marker)) {
			assert.NotEqual(t, "ok", result, way)
		}
		got := testprog.Values(w.must(t, nil, testprog.Build(t, "escape_root"), marker))
		assert.Equal(t, "ok", got["plain"], "without the tree")
	})
}

func TestWritableIsOnlyWhatIsMeantToBe(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		source := files(t, "file", "", "below/file", "")
		tree := with(t, "escape_write").Bind(source, "/ro", 0).Bind(source, "/rw", Writable).
			Tmpfs("/tmp", TmpfsOptions{}).Devices().File("/etc/passwd", "root", 0o666).MaskDir("/ro/below")
		assert.ElementsMatch(t, []string{
			"created[/tmp]", "created[/rw]", "created[/rw/below]", "opened[/rw/file]", "opened[/rw/below/file]",
		}, writable(t, w.must(t, tree, "/escape_write")))
	})
}

// submounts mounts one file system below another in a directory, and hides a
// third. As root before the tree is compiled, as mount_setattr's lack needs.
func (w *world) submounts(t *testing.T) string {
	source := files(t, "sub/file", "", "hidden/below/file", "")
	points := []string{"sub", "sub/deep er", "hidden/below", "hidden"}
	if os.Geteuid() != 0 {
		if !w.features.MountSetattr {
			t.Skip("needs mounts in the caller's own namespace: run as root")
		}
		for _, point := range points {
			at := script.String(filepath.Join(source, point))
			mkdir := row(unix.SYS_MKDIRAT, script.CWD(), at, script.Int(0o777))
			mkdir.Ignore = []unix.Errno{unix.EEXIST}
			w.prelude = append(w.prelude, mkdir, row(unix.SYS_MOUNT, script.String("tmpfs"), at, script.String("tmpfs"), script.Int(0), script.Null()))
		}
		return source
	}
	for i, point := range points {
		at := filepath.Join(source, point)
		require.NoError(t, os.MkdirAll(at, 0o777))
		require.NoError(t, unix.Mount("tmpfs", at, "tmpfs", 0, ""), i)
		t.Cleanup(func() { require.NoError(t, unix.Unmount(at, unix.MNT_DETACH)) })
	}
	return source
}

func TestSubmountsOfAReadOnlyBindAreReadOnly(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		source := w.submounts(t)
		tree := with(t, "escape_write").Bind(source, "/ro", 0)
		assert.Empty(t, writable(t, w.must(t, tree, "/escape_write")))

		tree = with(t, "escape_write").Bind(source, "/rw", Writable)
		found := writable(t, w.must(t, tree, "/escape_write"))
		assert.Subset(t, found, []string{"created[/rw]", "created[/rw/sub]", "created[/rw/sub/deep er]", "created[/rw/hidden]"})

		mounts := mountsSeen(w.must(t, with(t, "whoami").Bind(source, "/ro", NoExec).Proc("/proc", false), "/whoami"))
		for _, point := range []string{"/ro", "/ro/sub", `/ro/sub/deep\040er`, "/ro/hidden"} {
			assert.Contains(t, mounts[point], "ro,nosuid,nodev,noexec", point)
		}
	})
}

// What is mounted in the sandbox isn't seen outside, nor the other way round.
func TestMountsArePrivate(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		got := w.must(t, with(t, "whoami").Bind("/usr", "/usr", 0).Proc("/proc", false), "/whoami")
		assert.NotContains(t, got, " shared:")
		assert.NotContains(t, got, " master:")
	})
}

func TestSources(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		source := files(t, "dir/file", "inside", "file", "content")
		require.NoError(t, os.Symlink("dir", filepath.Join(source, "link")))
		require.NoError(t, os.Symlink(filepath.Join(source, "file"), filepath.Join(source, "filelink")))
		tree := tools().Bind(source+"/link", "/a/b/linked", 0).Bind(source+"/filelink", "/etc/conf", 0).
			Bind(source+"/none", "/none", Optional).Bind(source+"/file", "/a/last", Optional)
		assert.Equal(t, "insidecontentcontent no", w.shell(t, tree, "cat /a/b/linked/file /etc/conf /a/last; test -e /none || echo ' no'"))

		_, err := w.run(t, tools().Bind(source+"/none", "/x", 0), "/bin/sh")
		assert.ErrorIs(t, err, unix.ENOENT)
		assert.EqualError(t, err, "mount[4] "+source+"/none: no such file or directory")
	})
}

// An entry that is left out doesn't change how others are named.
func TestOptionalKeepsIndexes(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		_, err := w.run(t, new(Tree).Bind("/nonexistent", "/x", Optional).Bind("/nonexistent", "/y", 0), "/bin/sh")
		assert.EqualError(t, err, "mount[1] /nonexistent: no such file or directory")
	})
}

func TestTmpfs(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		tree := tools().Tmpfs("/small", TmpfsOptions{Size: 8192, Inodes: 3, Mode: 0o1770, NoExec: true}).
			Tmpfs("/usual", TmpfsOptions{}).Device("/dev/null").Device("/dev/zero")
		assert.Equal(t, strings.TrimSpace(`
1770 0 0
755 0 0
8192
3
no third`), w.shell(t, tree, `
stat -c '%a %u %g' /small /usual
head -c 20000 /dev/zero 2>/dev/null > /small/a
stat -c %s /small/a
stat -f -c %c /small
: > /small/b; (: > /small/c) 2>/dev/null || echo no third`))
		if !w.user {
			tree = tools().Tmpfs("/mine", TmpfsOptions{UID: 1234, GID: 5678, Mode: 0o700})
			assert.Equal(t, "700 1234 5678", w.shell(t, tree, "stat -c '%a %u %g' /mine"))
		}
	})
}

func TestProc(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		script := "cd /proc; echo [0-9]*; test -e sys && echo sys; test -e self/status && echo self"
		assert.Equal(t, "1\nsys\nself", w.shell(t, tools().Proc("/proc", false), script))
		assert.Equal(t, "1\nself", w.shell(t, tools().Proc("/proc", true), script))
	})
}

func TestDevices(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		var before, after unix.Stat_t
		require.NoError(t, unix.Stat("/dev/null", &before))
		for name, tree := range map[string]*Tree{
			"in the root":  tools().Proc("/proc", false).Devices(),
			"in a tmpfs":   tools().Proc("/proc", false).Tmpfs("/dev", TmpfsOptions{}).Devices(),
			"over a mount": tools().Proc("/proc", false).Tmpfs("/dev", TmpfsOptions{}).Dir("/dev/x", 0, 0, 0).Devices(),
		} {
			t.Run(name, func(t *testing.T) {
				assert.Equal(t, "zero 4\nrandom 4\nurandom 4\nfull 4\nfull\nwritten\nnull 0\nlinked", w.shell(t, tree, `
for d in zero random urandom full; do echo $d $(head -c 4 /dev/$d | wc -c); done
cat /dev/zero 2>&1 > /dev/full | grep -qi 'no space' && echo full
echo x > /dev/null && echo written
echo null $(cat /dev/null | wc -c)
echo linked | cat /dev/stdin > /dev/fd/1
chmod 600 /dev/null 2> /dev/null; :`))
			})
		}
		require.NoError(t, unix.Stat("/dev/null", &after))
		assert.Equal(t, before.Mode, after.Mode, "the machine's own node")
	})
}

func TestLinksFilesAndDirectories(t *testing.T) {
	before := unix.Umask(0o77)
	defer unix.Umask(before)
	inEachWorld(t, func(t *testing.T, w *world) {
		long := strings.Repeat("0123456789abcdef", maxContent/16)
		tree := tools().Symlink("../etc/passwd", "/a/link").File("/etc/passwd", "root:x:0:0::/:\n", 0).
			File("/a/empty", "", 0o400).File("/a/nul", "a\x00b", 0o777).File("/a/long", long, 0).
			Dir("/a", 0o711, 0, 0).Dir("/new/dir", 0o1777, 0, 0).
			Tmpfs("/tmp", TmpfsOptions{}).Dir("/tmp/d", 0o700, 0, 0).File("/tmp/d/f", "in tmpfs", 0)
		assert.Equal(t, strings.TrimSpace(`
root:x:0:0::/:
644 15 /etc/passwd
400 0 /a/empty
777 3 /a/nul
644 65536 /a/long
in tmpfs
711 0 0 /a
1777 0 0 /new/dir
755 0 0 /new
700 0 0 /tmp/d
65537 /a/nul /a/long`), w.shell(t, tree, `
cat /a/link
stat -c '%a %s %n' /etc/passwd /a/empty /a/nul /a/long
cat /tmp/d/f; echo
stat -c '%a %u %g %n' /a /new/dir /new /tmp/d
cat /a/nul /a/long | tr -d '\0\n' | wc -c | sed 's/65538/65537 \/a\/nul \/a\/long/'`))
		if !w.user {
			assert.Equal(t, "1234 5678", w.shell(t, tools().Dir("/d", 0o700, 1234, 5678), "stat -c '%u %g' /d"))
		}
	})
}

// A file that doesn't fit is an error, not a shorter file.
func TestRootLimits(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		_, err := w.run(t, tools().LimitRoot(TmpfsOptions{Size: 8192}).File("/file", strings.Repeat("x", 8193), 0), "/bin/sh")
		assert.EqualError(t, err, "mount[4] /file: no space left on device")
		_, err = w.run(t, tools().LimitRoot(TmpfsOptions{Inodes: 6}).File("/a", "", 0).File("/b", "", 0), "/bin/sh")
		assert.ErrorIs(t, err, unix.ENOSPC)
	})
}

func TestMasks(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		source := files(t, "secret", "secret", "dir/secret", "secret", "plain", "plain")
		tree := tools().Device("/dev/null").Bind(source, "/data", 0).MaskFile("/data/secret").MaskDir("/data/dir").
			Proc("/proc", false).MaskFile("/proc/cpuinfo").MaskDir("/proc/sys")
		assert.Equal(t, "plainnone\nnone", w.shell(t, tree,
			"cat /data/plain /data/secret /data/dir/* /proc/cpuinfo 2>/dev/null; ls -A /data/dir; ls -A /proc/sys; echo none; touch /data/dir/x 2>/dev/null || echo none"))
	})
}

func TestOverlay(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		below, above := files(t, "a", "below", "b", "below"), files(t, "a", "above")
		upper, work := t.TempDir(), t.TempDir()
		script := "cat /o/a /o/b; (echo new > /o/b) 2>&- || echo refused; cat /o/b"
		ro := tools().Overlay("/o", []string{above, below}, "", "")
		output, err := w.run(t, ro, "/bin/sh", "-c", script)
		if w.user && err != nil {
			t.Skip("needs overlayfs in user namespaces, Linux 5.11: ", err)
		}
		require.NoError(t, err)
		assert.Equal(t, "abovebelowrefused\nbelow", output)

		rw := tools().Overlay("/o", []string{above, below}, upper, work)
		assert.Equal(t, "abovebelownew", w.shell(t, rw, script))
		changed, err := os.ReadFile(filepath.Join(upper, "b"))
		require.NoError(t, err)
		assert.Equal(t, "new\n", string(changed))
		unchanged, err := os.ReadFile(filepath.Join(below, "b"))
		require.NoError(t, err)
		assert.Equal(t, "below", string(unchanged))
		// The kernel leaves a directory there that only root may look into.
		require.NoError(t, os.Chmod(filepath.Join(work, "work"), 0o700))
	})
}

func TestMqueue(t *testing.T) {
	inEachWorld(t, func(t *testing.T, w *world) {
		assert.Equal(t, "/dev/mqueue/q", w.shell(t, tools().Mqueue("/dev/mqueue"), ": > /dev/mqueue/q; echo /dev/mqueue/*"))
	})
}
