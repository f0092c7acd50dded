package mount

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
)

// What a program may have written to is made anew, and nothing else is touched.
func TestRenewalText(t *testing.T) {
	tree := new(Tree).Bind("/usr", "/usr", 0).
		Tmpfs("/tmp", TmpfsOptions{Mode: 0o1777, Size: 4096}).
		Bind("/etc/passwd", "/tmp/in/passwd", 0).File("/tmp/note", "x", 0).
		Dir("/out", 0o755, 0, 0).Mqueue("/dev/mqueue").Proc("/proc", true)
	calls, err := tree.compileRenewal(false, kernel.Features{MountSetattr: true})
	require.NoError(t, err)
	var text string
	for _, call := range calls {
		text += call.Where() + ": " + call.String() + "\n"
	}
	assert.Equal(t, `mount[2] /tmp/in/passwd: $mount2 = open_tree(AT_FDCWD, "/tmp/in/passwd", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE)
mount /: chdir("/..")
mount /: $mount_umask = umask(0)
mount[1] /tmp: mount("tmpfs", "tmp", "tmpfs", MS_NOSUID|MS_NODEV|MS_NOATIME, "mode=1777,size=4096")
mount[2] /tmp/in/passwd: mkdirat(AT_FDCWD, "tmp/in", 0755)
mount[2] /tmp/in/passwd: mknodat(AT_FDCWD, "tmp/in/passwd", S_IFREG|0444, 0)
mount[2] /tmp/in/passwd: move_mount($mount2, "", AT_FDCWD, "tmp/in/passwd", MOVE_MOUNT_F_EMPTY_PATH)
mount[3] /tmp/note: $mount_file = openat(AT_FDCWD, "tmp/note", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644)
mount[3] /tmp/note: fallocate($mount_file, 0, 0, 1)
mount[3] /tmp/note: write($mount_file, "x", 1)
mount[3] /tmp/note: close($mount_file)
mount[5] /dev/mqueue: mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID|MS_NODEV|MS_NOEXEC, "")
mount /: umask($mount_umask)
`, text)
	calls, err = new(Tree).Bind("/usr", "/usr", 0).CompileRenewal(false)
	assert.NoError(t, err)
	assert.Empty(t, calls, "nothing is writable")
}

func TestRenewalRefuses(t *testing.T) {
	for name, tree := range map[string]*Tree{
		"an overlay that is written to": new(Tree).Overlay("/work", []string{"/usr"}, "/a", "/b"),
		"an overlay in a tmpfs":         new(Tree).Tmpfs("/tmp", TmpfsOptions{}).Overlay("/tmp/usr", []string{"/usr"}, "", ""),
		"a tmpfs that is hidden":        new(Tree).Tmpfs("/a/b", TmpfsOptions{}).Bind("/usr", "/a", 0),
	} {
		_, err := tree.CompileRenewal(false)
		assert.ErrorIs(t, err, unix.ENOTSUP, name)
	}
}

func TestSourcesAreListed(t *testing.T) {
	assert.Equal(t, []string{"/usr", "/a", "/b", "/c", "/d"},
		new(Tree).Bind("/usr", "/x", 0).Tmpfs("/tmp", TmpfsOptions{}).Overlay("/o", []string{"/a", "/b"}, "/c", "/d").Sources())
}
