package mount

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// CompileReplacement returns the calls that put a fresh file system in the place of
// each tmpfs, in the mount namespace in which the tree stands, and open each: what
// they are called here is returned with them, and holds the descriptors. They must be
// made by a process that sees the tree as its root, when nobody else is in there. With
// [CompileRenewal], each program has a copy of the view; with this, one after another
// has the same.
//
// It is for trees in which no program can have changed what a path of these calls
// means. Others are an error that names the entry and matches ENOTSUP: where a tmpfs
// is not empty, or lies in something that may be written to, or belongs to another
// than root, or may be written to by all without the sticky bit, which keeps their
// attributes off it (xattr(7)); and where there are message queues, or an overlay that
// is written to.
func (t *Tree) CompileReplacement(userNamespace bool) (calls []script.Call, opened []script.Var, err error) {
	c := &compiler{userNamespace: userNamespace, at: map[string]content{"/": fresh}, standing: true}
	c.enterRoot()
	for i := range t.entries {
		e := &t.entries[i]
		switch {
		case e.absent():
			continue
		case e.kind == mqueue, e.kind == overlay && e.upper != "":
			return nil, nil, e.wrap(i, fmt.Errorf("it can't be replaced where it stands: %w", unix.ENOTSUP))
		case e.kind != tmpfs:
			continue
		case e.options.UID != 0 || e.options.GID != 0:
			return nil, nil, e.wrap(i, fmt.Errorf("its owner is not root: %w", unix.ENOTSUP))
		case e.options.Mode&unix.S_ISVTX == 0 && e.options.Mode&0o002 != 0:
			return nil, nil, e.wrap(i, fmt.Errorf("its mode lets everybody write without the sticky bit (%#o): %w", unix.S_ISVTX, unix.ENOTSUP))
		}
		for j := range t.entries {
			other := &t.entries[j]
			if j != i && !other.absent() && (within(other.target, e.target) || within(e.target, other.target) && other.kind != dir) {
				return nil, nil, e.wrap(i, fmt.Errorf("it is not apart from %s: %w", other.target, unix.ENOTSUP))
			}
		}
		name := e.target[1:]
		c.add(i, e.target, unix.SYS_UMOUNT2, script.String(name), script.Symbol(unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW, "MNT_DETACH|UMOUNT_NOFOLLOW"))
		c.at[e.target] = directory
		c.mount(i, e, place{dir: script.CWD(), name: name})
		v := script.Var(fmt.Sprintf("place%d", len(opened)))
		c.add(i, e.target, unix.SYS_OPENAT, script.CWD(), script.String(name),
			script.Symbol(unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, "O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC"), script.Int(0)).Out = v
		opened = append(opened, v)
	}
	if len(opened) == 0 {
		return nil, nil, nil
	}
	return c.calls, opened, nil
}

// within says whether target is a path or lies below it.
func within(target, dir string) bool {
	return target == dir || strings.HasPrefix(target, path.Clean(dir)+"/")
}
