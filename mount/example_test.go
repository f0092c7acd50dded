package mount_test

import (
	"fmt"

	"github.com/bailiff-judge/bailiff/mount"
)

func ExampleTree() {
	view := new(mount.Tree).
		Bind("/usr", "/usr", 0).
		Symlink("usr/bin", "/bin").
		Tmpfs("/tmp", mount.TmpfsOptions{Size: 64 << 20, Mode: 0o1777}).
		File("/etc/passwd", "nobody:x:65534:65534::/:\n", 0o644)
	if err := view.Add("/srv/data:/data:optional", false); err != nil {
		panic(err)
	}
	fmt.Println(view)
	// Output:
	// /usr:/usr:ro
	// symlink:usr/bin:/bin
	// tmpfs:/tmp:size=64M,mode=1777
	// file:/etc/passwd:mode=644:nobody\:x\:65534\:65534\:\:/\:\n
	// /srv/data:/data:ro,optional
}
