package mount

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestReplacementText(t *testing.T) {
	calls, opened, err := new(Tree).Bind("/usr", "/usr", 0).Dir("/a", 0o755, 0, 0).
		Tmpfs("/a/tmp", TmpfsOptions{Mode: 0o1777, Size: 4096}).Tmpfs("/b", TmpfsOptions{NoExec: true}).CompileReplacement(false)
	require.NoError(t, err)
	var text string
	for _, call := range calls {
		text += call.Where() + ": " + call.String() + "\n"
	}
	assert.Equal(t, `mount /: chdir("/..")
mount[2] /a/tmp: umount2("a/tmp", MNT_DETACH|UMOUNT_NOFOLLOW)
mount[2] /a/tmp: mount("tmpfs", "a/tmp", "tmpfs", MS_NOSUID|MS_NODEV|MS_NOATIME, "mode=1777,size=4096")
mount[2] /a/tmp: $place0 = openat(AT_FDCWD, "a/tmp", O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC, 0)
mount[3] /b: umount2("b", MNT_DETACH|UMOUNT_NOFOLLOW)
mount[3] /b: mount("tmpfs", "b", "tmpfs", MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_NOATIME, "mode=755")
mount[3] /b: $place1 = openat(AT_FDCWD, "b", O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC, 0)
`, text)
	assert.Len(t, opened, 2)
	calls, opened, err = new(Tree).Bind("/usr", "/usr", 0).CompileReplacement(false)
	assert.NoError(t, err)
	assert.Empty(t, calls, "nothing is writable")
	assert.Empty(t, opened)
}

// Where a program could change what a path means, nobody with more rights goes by it.
func TestReplacementRefuses(t *testing.T) {
	tmp := func(at string) *Tree { return new(Tree).Tmpfs(at, TmpfsOptions{Mode: 0o1777}) }
	for name, tree := range map[string]*Tree{
		"a bind inside":                   tmp("/tmp").Bind("/usr", "/tmp/usr", 0),
		"a file inside":                   tmp("/tmp").File("/tmp/a/b", "", 0),
		"a directory inside":              tmp("/tmp").Dir("/tmp/a", 0o777, 0, 0),
		"a tmpfs inside":                  tmp("/tmp").Tmpfs("/tmp/a", TmpfsOptions{}),
		"one over the other":              tmp("/tmp").Tmpfs("/tmp", TmpfsOptions{}),
		"inside what can be written to":   new(Tree).Bind("/var", "/var", Writable).Tmpfs("/var/tmp", TmpfsOptions{}),
		"inside what is from outside":     new(Tree).Bind("/var", "/var", 0).Tmpfs("/var/tmp", TmpfsOptions{}),
		"hidden":                          tmp("/a/b").Bind("/usr", "/a", 0),
		"owned by a program":              new(Tree).Tmpfs("/tmp", TmpfsOptions{UID: 1000}),
		"owned by a program's group":      new(Tree).Tmpfs("/tmp", TmpfsOptions{GID: 1000}),
		"attributes of everybody's":       new(Tree).Tmpfs("/tmp", TmpfsOptions{Mode: 0o777}),
		"message queues":                  tmp("/tmp").Mqueue("/dev/mqueue"),
		"an overlay that is written to":   new(Tree).Overlay("/work", []string{"/usr"}, "/a", "/b"),
		"a mask on a file in a directory": tmp("/tmp").MaskDir("/tmp/x"),
	} {
		_, _, err := tree.CompileReplacement(false)
		assert.ErrorIs(t, err, unix.ENOTSUP, name)
	}
}
