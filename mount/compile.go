package mount

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

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
// the old one is let go.
type compiler struct {
	userNamespace bool
	features      kernel.Features
	calls         []script.Call
	// own says of the directories that lie in a tmpfs of the tree whether they
	// have been made. Nobody but these rows has ever written there, so a
	// path through them meets no link but those of the tree.
	own map[string]bool
	// foreign are targets whose content comes from elsewhere.
	foreign map[string]bool
	links   map[string]bool
	noDev   map[string]bool // tmpfs mounts without device nodes
}

// Compile returns the calls that build the tree. They must be made in a new
// mount namespace, with CAP_SYS_ADMIN in the user namespace that owns it;
// userNamespace says that this is not the initial one, where device nodes
// can't be made and are bound instead. Sources are looked at now to learn what
// is a directory.
func (t *Tree) Compile(userNamespace bool) ([]script.Call, error) {
	return t.compile(userNamespace, kernel.Probe())
}

func (t *Tree) compile(userNamespace bool, features kernel.Features) ([]script.Call, error) {
	c := &compiler{userNamespace: userNamespace, features: features,
		own: map[string]bool{"/": true}, foreign: map[string]bool{}, links: map[string]bool{}, noDev: map[string]bool{}}
	var entries []entry
	var errs []error
	for i, e := range t.entries {
		if e.kind == bind && e.flags&Optional != 0 {
			if _, err := os.Stat(e.source); errors.Is(err, os.ErrNotExist) {
				continue
			}
		}
		if err := e.check(); err != nil {
			errs = append(errs, fmt.Errorf("mount[%d] %s: %w", i, e.target, err))
		}
		entries = append(entries, e)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}

	c.add(-1, "/", unix.SYS_MOUNT, script.Null(), script.String("/"), script.Null(),
		script.Symbol(unix.MS_REC|unix.MS_PRIVATE, "MS_REC|MS_PRIVATE"), script.Null())
	for i := range entries {
		c.openSource(i, &entries[i])
	}
	c.add(-1, "/", unix.SYS_MOUNT, script.String("tmpfs"), script.String("/"), script.String("tmpfs"),
		script.Symbol(unix.MS_NOSUID, "MS_NOSUID"), script.String(t.root.data()))
	c.enterRoot()
	// The modes below are exact. What the mask was is put back in the end.
	const varUmask script.Var = "mount_umask"
	c.add(-1, "/", unix.SYS_UMASK, script.Int(0)).Out = varUmask
	for i := range entries {
		if err := c.make(i, &entries[i]); err != nil {
			return nil, fmt.Errorf("mount[%d] %s: %w", i, entries[i].target, err)
		}
	}
	c.add(-1, "/", unix.SYS_UMASK, script.Value(varUmask))
	// With both directories the same, the old root ends on top of the new
	// one (pivot_root(2), "pivot_root(".", ".")").
	c.add(-1, "/", unix.SYS_PIVOT_ROOT, script.String("."), script.String("."))
	c.add(-1, "/", unix.SYS_UMOUNT2, script.String("."), script.Symbol(unix.MNT_DETACH, "MNT_DETACH"))
	c.add(-1, "/", unix.SYS_CHDIR, script.String("/"))
	if features.MountSetattr {
		c.setattr(-1, "/", script.CWD(), script.String("/"), 0, "0", unix.MOUNT_ATTR_RDONLY)
	} else {
		c.add(-1, "/", unix.SYS_MOUNT, script.Null(), script.String("/"), script.Null(),
			script.Symbol(unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID, "MS_REMOUNT|MS_BIND|MS_RDONLY|MS_NOSUID"), script.Null())
	}
	return c.calls, nil
}

// add appends a row. The pointer is good until the next one.
func (c *compiler) add(index int, name string, nr uintptr, args ...script.Arg) *script.Call {
	c.calls = append(c.calls, script.Call{Step: step, Index: index, Name: name, Nr: nr, Args: args})
	return &c.calls[len(c.calls)-1]
}

func (c *compiler) enterRoot() { c.add(-1, "/", unix.SYS_CHDIR, script.String("/..")) }

// varTree is the detached copy of an entry's source.
func varTree(i int) script.Var { return script.Var(fmt.Sprintf("mount%d", i)) }

// openSource takes a copy of what an entry shows of the old root, with the
// attributes it is to have, mounts below it included.
func (c *compiler) openSource(i int, e *entry) {
	source := e.source
	switch {
	case e.kind == maskFile:
		source = "/dev/null"
	case e.kind == device && c.userNamespace:
		source = "/dev/" + path.Base(e.target)
	case e.kind != bind:
		return
	}
	c.add(i, source, unix.SYS_OPEN_TREE, script.CWD(), script.String(source),
		script.Symbol(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE,
			"OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE")).Out = varTree(i)
	if e.kind == bind && c.features.MountSetattr {
		c.setattr(i, source, script.Value(varTree(i)), script.String(""),
			unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, "AT_EMPTY_PATH|AT_RECURSIVE", e.flags.attributes())
	}
}

// attributes are those of mount_setattr(2).
func (f Flags) attributes() uint64 {
	var set uint64
	for _, a := range []struct {
		on   bool
		attr uint64
	}{
		{f&Writable == 0, unix.MOUNT_ATTR_RDONLY},
		{f&Suid == 0, unix.MOUNT_ATTR_NOSUID},
		{f&Dev == 0, unix.MOUNT_ATTR_NODEV},
		{f&NoExec != 0, unix.MOUNT_ATTR_NOEXEC},
	} {
		if a.on {
			set |= a.attr
		}
	}
	return set
}

func (c *compiler) setattr(i int, name string, dir, at script.Arg, flags int, flagsText string, set uint64) {
	if set == 0 {
		return
	}
	attr := unix.MountAttr{Attr_set: set}
	raw := bytesOf(&attr)
	c.add(i, name, unix.SYS_MOUNT_SETATTR, dir, at, script.Symbol(flags, flagsText),
		script.Bytes(raw, "{attr_set="+attributesText(set)+"}"), script.Int(len(raw)))
}

func attributesText(set uint64) string {
	var names []string
	for _, a := range []struct {
		attr uint64
		name string
	}{
		{unix.MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY"}, {unix.MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID"},
		{unix.MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV"}, {unix.MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC"},
	} {
		if set&a.attr != 0 {
			names = append(names, a.name)
		}
	}
	return strings.Join(names, "|")
}

// data is the option string of a tmpfs.
func (o TmpfsOptions) data() string {
	mode := o.Mode
	if mode == 0 {
		mode = 0o755
	}
	text := fmt.Sprintf("mode=%o", mode)
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
