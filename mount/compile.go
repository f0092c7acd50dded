package mount

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/script"
)

// step is that of all rows here.
const step script.Step = "mount"

// compiler turns a Tree into rows.
//
// The order: sources are opened while the old root is all there is. The new
// root is mounted over "/"; a process whose root directory was "/" before goes
// on to see the old one there, so nothing is hidden from it, and comes to the
// new one by "/..", which follows mounts where "/" itself does not. In there
// all paths are relative. In the end it becomes the root by pivot_root, and
// the old one is let go. Not earlier: in a user namespace proc may be mounted
// only where another proc can be seen (mount_namespaces(7)).
//
// So until the end an absolute symbolic link, or enough "..", leads into the
// old root. Paths in directories that these rows have made can't meet one: no
// other process is in this mount namespace, and a target below a link of the
// tree's own is refused. All others are opened by openat2 with
// RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH (see place).
type compiler struct {
	userNamespace bool
	features      kernel.Features
	// standing says that the tree is there already, and what an entry shows of
	// the old root is found at the entry's target.
	standing bool
	calls    []script.Call
	// at says what stands in the new root. What isn't listed isn't there, or
	// lies in something that is elsewhere.
	at map[string]content
}

// content is what an entry leaves at its target.
type content uint8

const (
	nothing   content = iota
	directory         // in a tmpfs of the tree
	fresh             // a tmpfs of the tree
	elsewhere         // a file, or a mount that others may have written to
	link
)

// Compile returns the calls that build the tree. They must be made in a new
// mount namespace, with CAP_SYS_ADMIN in the user namespace that owns it, by a
// process whose root directory is a mount point and not the initial ramfs
// (pivot_root(2)). userNamespace says that this is not the initial user
// namespace, where device nodes can't be made and are bound instead. It takes
// Linux 5.8.
//
// Sources are looked at now to learn which are directories and which optional
// ones exist. Before Linux 5.12 (mount_setattr) also which mounts lie below
// them: there, one that is added later keeps its own attributes.
//
// The error joins one for each entry that is wrong; each names the entry, by
// its position in the tree and its target, and matches EINVAL or the like.
func (t *Tree) Compile(userNamespace bool) ([]script.Call, error) {
	return t.compile(userNamespace, kernel.Probe())
}

func (t *Tree) compile(userNamespace bool, features kernel.Features) ([]script.Call, error) {
	c := &compiler{userNamespace: userNamespace, features: features, at: map[string]content{"/": fresh}}
	var errs []error
	if err := t.root.check(); err != nil {
		errs = append(errs, fmt.Errorf("mount /: %w", err))
	}
	var present []int
	for i := range t.entries {
		e := &t.entries[i]
		if err := e.check(); err != nil {
			errs = append(errs, e.wrap(i, err))
		} else if !e.absent() {
			present = append(present, i)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}

	// First, so that no copy below is a peer or slave of what is outside.
	c.add(-1, "/", unix.SYS_MOUNT, script.Null(), script.String("/"), script.Null(),
		script.Symbol(unix.MS_REC|unix.MS_PRIVATE, "MS_REC|MS_PRIVATE"), script.Null())
	for _, i := range present {
		c.openSource(i, t)
	}
	c.add(-1, "/", unix.SYS_MOUNT, script.String("tmpfs"), script.String("/"), script.String("tmpfs"),
		script.Symbol(unix.MS_NOSUID, "MS_NOSUID"), script.String(t.root.data()))
	c.enterRoot()
	// The modes below are exact. What the mask was is put back in the end.
	const varUmask script.Var = "mount_umask"
	c.add(-1, "/", unix.SYS_UMASK, script.Int(0)).Out = varUmask
	for _, i := range present {
		if err := c.make(i, t); err != nil {
			errs = append(errs, t.entries[i].wrap(i, err))
		}
	}
	c.add(-1, "/", unix.SYS_UMASK, script.Value(varUmask))
	c.leaveOldRoot()
	return c.calls, errors.Join(errs...)
}

// wrap names the entry as errors of the child do.
func (e *entry) wrap(i int, err error) error { return fmt.Errorf("mount[%d] %s: %w", i, e.target, err) }

// absent tells whether e may be left out, and has to be.
func (e *entry) absent() bool {
	if e.kind != bind || e.flags&Optional == 0 {
		return false
	}
	_, err := os.Stat(e.source)
	return errors.Is(err, os.ErrNotExist)
}

// add appends a row. The pointer is good until the next one.
func (c *compiler) add(index int, name string, nr uintptr, args ...script.Arg) *script.Call {
	c.calls = append(c.calls, script.Call{Step: step, Index: index, Name: name, Nr: nr, Args: args})
	return &c.calls[len(c.calls)-1]
}

func (c *compiler) enterRoot() { c.add(-1, "/", unix.SYS_CHDIR, script.String("/..")) }

// leaveOldRoot makes the working directory the root. With both arguments the
// same, the old root ends on top of the new one, where "." as something to
// unmount finds it (pivot_root(2), NOTES).
func (c *compiler) leaveOldRoot() {
	c.add(-1, "/", unix.SYS_PIVOT_ROOT, script.String("."), script.String("."))
	c.add(-1, "/", unix.SYS_UMOUNT2, script.String("."), script.Symbol(unix.MNT_DETACH, "MNT_DETACH"))
	// The root's own mount alone: a tmpfs in it stays writable.
	if c.features.MountSetattr {
		c.setattr(-1, "/", script.CWD(), script.String("/"), 0, "0", unix.MOUNT_ATTR_RDONLY)
	} else {
		c.add(-1, "/", unix.SYS_MOUNT, script.Null(), script.String("/"), script.Null(),
			script.Symbol(unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID, "MS_REMOUNT|MS_BIND|MS_RDONLY|MS_NOSUID"), script.Null())
	}
}

// varTree is the detached copy of an entry's source.
func varTree(i int) script.Var { return script.Var(fmt.Sprintf("mount%d", i)) }

// bound is what an entry shows of the old root, "" if nothing, and with which
// attributes.
func (c *compiler) bound(i int, t *Tree) (source string, attributes uint64) {
	// Read-only, so that nobody changes the mode or owner of the machine's
	// node; writing to the device itself is still allowed (mount(2)).
	const node = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC
	e := &t.entries[i]
	switch {
	case e.kind == bind:
		return e.source, e.flags.attributes()
	case e.kind == maskFile:
		return "/dev/null", node
	case e.kind == device && !c.canMakeNode(i, t):
		return "/dev/" + path.Base(e.target), node
	}
	return "", 0
}

// canMakeNode tells whether entry i, a device, lies in the root tmpfs itself:
// entries mounted by the tree have no working nodes.
func (c *compiler) canMakeNode(i int, t *Tree) bool {
	if c.userNamespace {
		return false
	}
	for _, earlier := range t.entries[:i] {
		switch earlier.kind {
		case symlink, file, dir, device:
		default:
			if strings.HasPrefix(t.entries[i].target, earlier.target+"/") {
				return false
			}
		}
	}
	return true
}

// openSource takes a copy of what an entry shows of the old root, with the
// attributes it is to have, mounts below it included.
func (c *compiler) openSource(i int, t *Tree) {
	source, attributes := c.bound(i, t)
	if source == "" {
		return
	}
	if c.standing {
		source, attributes = t.entries[i].target, 0 // which the copy there has
	}
	c.add(i, source, unix.SYS_OPEN_TREE, script.CWD(), script.String(source),
		script.Symbol(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE,
			"OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE")).Out = varTree(i)
	if c.features.MountSetattr && attributes != 0 {
		c.setattr(i, source, script.Value(varTree(i)), script.String(""),
			unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, "AT_EMPTY_PATH|AT_RECURSIVE", attributes)
	}
}

func (c *compiler) setattr(i int, name string, dir, at script.Arg, flags int, flagsText string, set uint64) {
	attr := unix.MountAttr{Attr_set: set}
	raw := bytesOf(&attr)
	c.add(i, name, unix.SYS_MOUNT_SETATTR, dir, at, script.Symbol(flags, flagsText),
		script.Bytes(raw, "{attr_set="+attributesText(set)+"}"), script.Int(len(raw)))
}

// data is the option string of a tmpfs.
func (o TmpfsOptions) data() string {
	text := fmt.Sprintf("mode=%o", o.modeOr(0o755))
	for _, option := range []struct {
		name  string
		value int64
	}{{"size", o.Size}, {"nr_inodes", o.Inodes}, {"uid", int64(o.UID)}, {"gid", int64(o.GID)}} {
		if option.value != 0 {
			text += fmt.Sprintf(",%s=%d", option.name, option.value)
		}
	}
	return text
}

func (o TmpfsOptions) modeOr(usual uint32) uint32 {
	if o.Mode == 0 {
		return usual
	}
	return o.Mode
}

// bytesOf is the memory of a structure that the kernel reads.
func bytesOf[T any](v *T) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v)) }
