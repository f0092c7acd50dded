package mount

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/script"
)

func print(t *testing.T, tree *Tree, userNamespace, setattr bool) string {
	t.Helper()
	calls, err := tree.compile(userNamespace, kernel.Features{MountSetattr: setattr})
	require.NoError(t, err)
	var lines []string
	for _, call := range calls {
		lines = append(lines, call.Where()+": "+call.String())
	}
	return strings.Join(lines, "\n")
}

func TestRows(t *testing.T) {
	tree := new(Tree).LimitRoot(TmpfsOptions{Size: 1 << 20, Inodes: 100}).
		Bind("/", "/host/root", NoExec).
		Tmpfs("/tmp", TmpfsOptions{Size: 64 << 20, Inodes: 4096, Mode: 0o1777}).
		Bind("/proc/self/status", "/host/root/status", Writable).
		Device("/dev/null").
		Symlink("tmp", "/scratch").
		File("/etc/motd", "hi\n", 0o600)
	assert.Equal(t, strings.TrimSpace(`
mount /: mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL)
mount[0] /: $mount0 = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE)
mount[0] /: mount_setattr($mount0, "", AT_EMPTY_PATH|AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV|MOUNT_ATTR_NOEXEC}, 32)
mount[2] /proc/self/status: $mount2 = open_tree(AT_FDCWD, "/proc/self/status", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE)
mount[2] /proc/self/status: mount_setattr($mount2, "", AT_EMPTY_PATH|AT_RECURSIVE, {attr_set=MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV}, 32)
mount /: mount("tmpfs", "/", "tmpfs", MS_NOSUID, "mode=755,size=1048576,nr_inodes=100")
mount /: chdir("/..")
mount /: $mount_umask = umask(0)
mount[0] /host/root: mkdirat(AT_FDCWD, "host", 0755)
mount[0] /host/root: mkdirat(AT_FDCWD, "host/root", 0755)
mount[0] /host/root: move_mount($mount0, "", AT_FDCWD, "host/root", MOVE_MOUNT_F_EMPTY_PATH)
mount[1] /tmp: mkdirat(AT_FDCWD, "tmp", 0755)
mount[1] /tmp: mount("tmpfs", "tmp", "tmpfs", MS_NOSUID|MS_NODEV|MS_NOATIME, "mode=1777,size=67108864,nr_inodes=4096")
mount[2] /host/root/status: $mount_place = openat2(AT_FDCWD, "host/root/status", {O_PATH|O_CLOEXEC, RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH}, 24)
mount[2] /host/root/status: move_mount($mount2, "", $mount_place, "", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)
mount[3] /dev/null: mkdirat(AT_FDCWD, "dev", 0755)
mount[3] /dev/null: mknodat(AT_FDCWD, "dev/null", S_IFCHR|0666, makedev(1, 3))
mount[4] /scratch: symlinkat("tmp", AT_FDCWD, "scratch")
mount[5] /etc/motd: mkdirat(AT_FDCWD, "etc", 0755)
mount[5] /etc/motd: $mount_file = openat(AT_FDCWD, "etc/motd", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600)
mount[5] /etc/motd: fallocate($mount_file, 0, 0, 3)
mount[5] /etc/motd: write($mount_file, "hi\n", 3)
mount[5] /etc/motd: close($mount_file)
mount /: umask($mount_umask)
mount /: pivot_root(".", ".")
mount /: umount2(".", MNT_DETACH)
mount /: mount_setattr(AT_FDCWD, "/", 0, {attr_set=MOUNT_ATTR_RDONLY}, 32)
`), print(t, tree, false, true))
}

func TestRowsInAUserNamespace(t *testing.T) {
	got := print(t, new(Tree).Device("/dev/null").Overlay("/o", []string{"/usr", "/etc"}, "", ""), true, true)
	for _, line := range []string{
		`mount[0] /dev/null: $mount0 = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE)`,
		`mount[0] /dev/null: mount_setattr($mount0, "", AT_EMPTY_PATH|AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NOEXEC}, 32)`,
		`mount[0] /dev/null: mknodat(AT_FDCWD, "dev/null", S_IFREG|0444, 0)`,
		`mount[0] /dev/null: move_mount($mount0, "", AT_FDCWD, "dev/null", MOVE_MOUNT_F_EMPTY_PATH)`,
		`mount[1] /o: mount("overlay", "o", "overlay", MS_NOSUID|MS_NODEV, "lowerdir=/usr:/etc,userxattr")`,
	} {
		assert.Contains(t, got, line)
	}
}

func TestRowsBeforeMountSetattr(t *testing.T) {
	got := print(t, new(Tree).Bind("/proc", "/proc", 0).MaskFile("/proc/cpuinfo"), false, false)
	assert.NotContains(t, got, "mount_setattr")
	for _, text := range []string{
		"mount[0] /proc: fchdir($mount0)\n" + `mount[0] /proc: mount(NULL, ".", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY|MS_NOSUID|MS_NODEV`,
		`mount[1] /proc/cpuinfo: mount(NULL, "proc/cpuinfo", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY|MS_NOSUID`,
		`mount(NULL, "/", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY|MS_NOSUID, NULL)`,
	} {
		assert.Contains(t, got, text)
	}
}

// Names of variables are this package's own, and every script can be assembled.
func TestVariables(t *testing.T) {
	calls, err := everything(t).Compile(false)
	require.NoError(t, err)
	for _, call := range calls {
		assert.True(t, call.Out == "" || strings.HasPrefix(string(call.Out), "mount"), call.Out)
		assert.Equal(t, script.Step("mount"), call.Step)
	}
	_, err = script.Assemble(append(calls, row(unix.SYS_EXIT_GROUP, script.Int(0))))
	assert.NoError(t, err)
}

func TestCompileRefuses(t *testing.T) {
	for message, tree := range map[string]*Tree{
		`mount[0] /usr: source "": write an absolute path: invalid argument`:                             new(Tree).Bind("", "/usr", 0),
		`mount[0] /usr: source "usr": write an absolute path: invalid argument`:                          new(Tree).Bind("usr", "/usr", 0),
		`mount[0] /usr: "/a\x00b" contains a NUL byte: invalid argument`:                                 new(Tree).Bind("/a\x00b", "/usr", 0),
		`mount[0] usr: target "usr": write an absolute path below /, without . and ..: invalid argument`: new(Tree).Bind("/usr", "usr", 0),
		`mount[1] /../etc: target "/../etc": write`:                                                      new(Tree).Tmpfs("/tmp", TmpfsOptions{}).Bind("/etc", "/../etc", 0),
		`mount[0] /a/../b: target "/a/../b": write`:                                                      new(Tree).Proc("/a/../b", false),
		`mount[0] /a/: target "/a/": write`:                                                              new(Tree).Mqueue("/a/"),
		`mount[0] /: target "/": write`:                                                                  new(Tree).Tmpfs("/", TmpfsOptions{}),
		`mount[0] : target "": write`:                                                                    new(Tree).MaskDir(""),
		"mount[0] /a\x00: \"/a\\x00\" contains a NUL byte":                                               new(Tree).MaskFile("/a\x00"),
		`mount[0] /l: "a\x00" contains a NUL byte`:                                                       new(Tree).Symlink("a\x00", "/l"),
		`mount[0] /l: a symbolic link to nothing`:                                                        new(Tree).Symlink("", "/l"),
		`mount[0] /t: size -1, inodes 0: can't be negative`:                                              new(Tree).Tmpfs("/t", TmpfsOptions{Size: -1}),
		`mount[0] /t: size 0, inodes -1: can't be negative`:                                              new(Tree).Tmpfs("/t", TmpfsOptions{Inodes: -1}),
		`mount /: size -1, inodes 0: can't be negative`:                                                  new(Tree).LimitRoot(TmpfsOptions{Size: -1}),
		`mount[0] /t: mode 010000: has more than permissions`:                                            new(Tree).Dir("/t", 0o10000, 0, 0),
		`mount[0] /f: 65537 bytes of content: bind a file for more than 65536: file too large`:           new(Tree).File("/f", strings.Repeat("x", 65537), 0),
		`mount[0] /dev/kvm: no device "kvm": there are null, zero, full, random and urandom`:             new(Tree).Device("/dev/kvm"),
		`mount[0] /o: overlay needs a lower directory, and upper and work together or neither`:           new(Tree).Overlay("/o", nil, "", ""),
		`mount[0] /p: overlay needs a lower directory, and upper and work together`:                      new(Tree).Overlay("/p", []string{"/a"}, "/b", ""),
		`mount[0] /o: overlay directory "/a:/b": write an absolute path without ':', ',' and '\'`:        new(Tree).Overlay("/o", []string{"/a:/b"}, "", ""),
		`mount[0] /o: overlay directory "w": write an absolute path`:                                     new(Tree).Overlay("/o", []string{"/a"}, "/u", "w"),
		`the kernel takes 4095: argument list too long`:                                                  new(Tree).Overlay("/o", []string{"/" + strings.Repeat("x", 4080)}, "", ""),
		`mount[1] /l: there is a symbolic link already: choose another place: file exists`:               new(Tree).Symlink("a", "/l").Tmpfs("/l", TmpfsOptions{}),
		`mount[1] /l/a: /l is a symbolic link of the tree: name the place it points at: too many levels`: new(Tree).Symlink("a", "/l").Tmpfs("/l/a", TmpfsOptions{}),
		`mount[1] /u/f: can't be made inside another entry that is no tmpfs: choose another place: read`: new(Tree).Bind("/usr", "/u", 0).File("/u/f", "", 0),
		`mount[1] /u/a/d: can't be made inside another entry`:                                            new(Tree).Bind("/usr", "/u", Writable).Dir("/u/a/d", 0, 0, 0),
		`mount[1] /f/l: can't be made inside another entry`:                                              new(Tree).File("/f", "", 0).Symlink("a", "/f/l"),
	} {
		calls, err := tree.Compile(false)
		assert.ErrorContains(t, err, message)
		var errno unix.Errno
		assert.ErrorAs(t, err, &errno, message)
		_ = calls
	}
}

func TestCompileNamesEachWrongEntry(t *testing.T) {
	_, err := new(Tree).Bind("", "/a", 0).Tmpfs("/ok", TmpfsOptions{}).Bind("x", "/b", 0).Compile(false)
	assert.ErrorContains(t, err, "mount[0] /a: ")
	assert.ErrorContains(t, err, "mount[2] /b: ")
	assert.NotContains(t, err.Error(), "mount[1]")
}

func TestParseMounts(t *testing.T) {
	const text = `30 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda rw
32 31 0:5 / /src/a rw,nosuid,noatime - tmpfs tmpfs rw
31 30 0:4 / /src ro,nodev - tmpfs tmpfs rw
33 31 0:6 / /src/sp\040ace rw - tmpfs tmpfs rw
34 32 0:7 / /src/a/deep rw,noexec,nodiratime - tmpfs tmpfs rw
35 30 0:8 / /srcother rw - tmpfs tmpfs rw
36 31 0:9 / /src/h/below rw - tmpfs tmpfs rw
37 31 0:9 / /src/h rw,nosuid - tmpfs tmpfs rw
38 36 0:9 / /src/h/below/it rw - tmpfs tmpfs rw
39 33 0:9 / /src/sp\040ace ro - tmpfs tmpfs rw
40 30 0:9 / /src rw - tmpfs hidden rw
`
	all := []submount{
		{".", unix.MS_RDONLY | unix.MS_NODEV},
		{"a", unix.MS_NOSUID | unix.MS_NOATIME},
		{"a/deep", unix.MS_NOEXEC | unix.MS_NODIRATIME},
		{"h", unix.MS_NOSUID},
		{"sp ace", unix.MS_RDONLY}, // the one on top
	}
	got, err := parseMounts(text, 31, "/src")
	require.NoError(t, err)
	assert.ElementsMatch(t, all, got)
	assert.Equal(t, ".", got[0].path)

	got, err = parseMounts(text, 32, "/src/a/dir")
	require.NoError(t, err)
	assert.Equal(t, []submount{{".", unix.MS_NOSUID | unix.MS_NOATIME}}, got)

	_, err = parseMounts(text, 99, "/src")
	assert.EqualError(t, err, "the mount of /src is not in /proc/self/mountinfo: no such file or directory")
	for _, wrong := range []string{"30 1 8:1 /", "x 1 8:1 / / rw", "1 x 8:1 / / rw"} {
		_, err = parseMounts(wrong, 30, "/")
		assert.ErrorContains(t, err, "malformed mount")
	}
}

// The mounts of this machine, as the kernel writes them.
func TestMountsBelow(t *testing.T) {
	got, err := mountsBelow("/")
	require.NoError(t, err)
	paths := map[string]bool{}
	for _, m := range got {
		assert.False(t, paths[m.path], "%s twice", m.path)
		paths[m.path] = true
		assert.NoError(t, unix.Access(filepath.Join("/", m.path), unix.F_OK))
	}
	assert.True(t, paths["proc"])
	_, err = mountsBelow("/nonexistent")
	assert.ErrorIs(t, err, os.ErrNotExist)
}
