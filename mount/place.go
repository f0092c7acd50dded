package mount

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// make makes one entry in the new root, which is the working directory.
func (c *compiler) make(i int, e *entry) error {
	inside, err := c.parents(i, e)
	if err != nil {
		return err
	}
	relative := e.target[1:]
	if inside && (e.kind == symlink || e.kind == file || e.kind == dir) {
		return fmt.Errorf("can't be made inside another entry that is no tmpfs: choose another place: %w", unix.EROFS)
	}
	switch e.kind {
	case symlink:
		c.add(i, e.target, unix.SYS_SYMLINKAT, script.String(e.source), script.CWD(), script.String(relative))
		c.links[e.target] = true
	case file:
		c.file(i, e)
	case dir:
		c.directory(i, e)
	case bind, device, maskFile:
		return c.bind(i, e, inside)
	default:
		return c.mount(i, e, inside)
	}
	return nil
}

// parents makes the directories above a target that lie in a tmpfs of the
// tree, and says whether the target is inside some other entry.
func (c *compiler) parents(i int, e *entry) (inside bool, err error) {
	if c.links[e.target] {
		return false, fmt.Errorf("there is a symbolic link already: choose another place: %w", unix.EEXIST)
	}
	at := ""
	for _, name := range strings.Split(path.Dir(e.target)[1:], "/") {
		if name == "" {
			break
		}
		at += "/" + name
		switch {
		case c.links[at]:
			return false, fmt.Errorf("%s is a symbolic link of the tree: name the place it points at: %w", at, unix.ELOOP)
		case c.foreign[at]:
			inside = true
		case c.own[at]:
			inside = false // a tmpfs inside something else
		case !inside:
			c.mkdir(i, e.target, at, 0o755)
		}
	}
	if !c.own[e.target] && c.foreign[e.target] {
		inside = true
	}
	return inside, nil
}

func (c *compiler) mkdir(i int, name, at string, mode uint32) {
	c.add(i, name, unix.SYS_MKDIRAT, script.CWD(), script.String(at[1:]), script.Symbol(mode, fmt.Sprintf("%#o", mode)))
	c.own[at] = true
}

func (c *compiler) directory(i int, e *entry) {
	mode := e.options.Mode
	if mode == 0 {
		mode = 0o755
	}
	if c.own[e.target] {
		c.add(i, e.target, unix.SYS_FCHMODAT, script.CWD(), script.String(e.target[1:]), script.Symbol(mode, fmt.Sprintf("%#o", mode)))
	} else {
		c.mkdir(i, e.target, e.target, mode)
	}
	if e.options.UID != 0 || e.options.GID != 0 {
		c.add(i, e.target, unix.SYS_FCHOWNAT, script.CWD(), script.String(e.target[1:]),
			script.Int(e.options.UID), script.Int(e.options.GID), script.Int(0))
	}
}

func (c *compiler) file(i int, e *entry) {
	const varFile script.Var = "mount_file"
	mode := e.options.Mode
	if mode == 0 {
		mode = 0o644
	}
	c.add(i, e.target, unix.SYS_OPENAT, script.CWD(), script.String(e.target[1:]),
		script.Symbol(unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, "O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC"),
		script.Symbol(mode, fmt.Sprintf("%#o", mode))).Out = varFile
	if e.content != "" {
		c.add(i, e.target, unix.SYS_WRITE, script.Value(varFile),
			script.Bytes([]byte(e.content), fmt.Sprintf("%q", e.content)), script.Int(len(e.content)))
	}
	c.add(i, e.target, unix.SYS_CLOSE, script.Value(varFile))
	c.foreign[e.target] = true // there, and no directory
}

// mountPoint makes what an entry is to be mounted on, if it can.
func (c *compiler) mountPoint(i int, e *entry, directory, inside bool) {
	switch {
	case inside || c.own[e.target] || c.foreign[e.target]:
	case directory:
		c.mkdir(i, e.target, e.target, 0o755)
	default:
		c.add(i, e.target, unix.SYS_MKNODAT, script.CWD(), script.String(e.target[1:]),
			script.Symbol(unix.S_IFREG|0o444, "S_IFREG|0444"), script.Int(0))
	}
}

// varTarget is the place of an entry inside another one.
const varTarget script.Var = "mount_target"

// open opens a target that is inside another entry, where links may be that
// somebody else has made: none is followed. An absolute one would lead into
// the old root.
func (c *compiler) open(i int, e *entry) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_BENEATH}
	raw := bytesOf(&how)
	c.add(i, e.target, unix.SYS_OPENAT2, script.CWD(), script.String(e.target[1:]),
		script.Bytes(raw, "{O_PATH|O_CLOEXEC, RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH}"), script.Int(len(raw))).Out = varTarget
}

// bind puts the copy of openSource in its place.
func (c *compiler) bind(i int, e *entry, inside bool) error {
	if e.kind == device && !c.userNamespace && !inside && !c.onNoDev(e.target) {
		for _, d := range devices {
			if d.name == path.Base(e.target) {
				c.add(i, e.target, unix.SYS_MKNODAT, script.CWD(), script.String(e.target[1:]), script.Symbol(unix.S_IFCHR|0o666, "S_IFCHR|0666"),
					script.Symbol(unix.Mkdev(d.major, d.minor), fmt.Sprintf("makedev(%d, %d)", d.major, d.minor)))
			}
		}
		c.foreign[e.target] = true
		return nil
	}
	if e.kind == device && !c.userNamespace {
		return fmt.Errorf("is in a tmpfs entry, where device nodes don't work: leave that entry out: %w", unix.EINVAL)
	}
	directory := false
	if e.kind == bind {
		// If it does not exist, the child says so.
		info, err := os.Stat(e.source)
		directory = err == nil && info.IsDir()
	}
	c.mountPoint(i, e, directory, inside)
	at, empty, text := script.CWD(), script.String(e.target[1:]), "MOVE_MOUNT_F_EMPTY_PATH"
	flags := unix.MOVE_MOUNT_F_EMPTY_PATH
	if inside {
		c.open(i, e)
		at, empty = script.Value(varTarget), script.String("")
		flags, text = flags|unix.MOVE_MOUNT_T_EMPTY_PATH, text+"|MOVE_MOUNT_T_EMPTY_PATH"
	}
	c.add(i, e.target, unix.SYS_MOVE_MOUNT, script.Value(varTree(i)), script.String(""), at, empty, script.Symbol(flags, text))
	delete(c.own, e.target)
	c.foreign[e.target] = true
	if e.kind == bind && !c.features.MountSetattr {
		return c.remount(i, e)
	}
	return nil
}

// onNoDev says whether a target lies in a tmpfs entry, not in the root.
func (c *compiler) onNoDev(target string) bool {
	for dir := path.Dir(target); dir != "/"; dir = path.Dir(dir) {
		if c.noDev[dir] {
			return true
		}
	}
	return false
}

// mount makes an entry that is a file system of its own.
func (c *compiler) mount(i int, e *entry, inside bool) error {
	c.mountPoint(i, e, true, inside)
	on := e.target[1:]
	if inside {
		c.open(i, e)
		c.add(i, e.target, unix.SYS_FCHDIR, script.Value(varTarget))
		on = "."
	}
	flags, text := unix.MS_NOSUID|unix.MS_NODEV, "MS_NOSUID|MS_NODEV"
	noExec := func() { flags, text = flags|unix.MS_NOEXEC, text+"|MS_NOEXEC" }
	name, data := "", ""
	switch e.kind {
	case tmpfs:
		name, data = "tmpfs", e.options.data()
		if e.options.NoExec {
			noExec()
		}
	case maskDir:
		name, data = "tmpfs", "mode=555,nr_inodes=1"
		flags, text = flags|unix.MS_RDONLY, text+"|MS_RDONLY"
		noExec()
	case proc:
		name = "proc"
		if e.pids {
			data = "hidepid=invisible,subset=pid"
		}
		noExec()
	case mqueue:
		name = "mqueue"
		noExec()
	case overlay:
		name, data = "overlay", "lowerdir="+strings.Join(e.lower, ":")
		if e.upper != "" {
			data += ",upperdir=" + e.upper + ",workdir=" + e.work
		}
		if c.userNamespace {
			data += ",userxattr" // Linux 5.11
		}
	}
	c.add(i, e.target, unix.SYS_MOUNT, script.String(name), script.String(on), script.String(name), script.Symbol(flags, text), script.String(data))
	if inside {
		c.enterRoot()
	}
	c.own[e.target] = e.kind == tmpfs
	if e.kind == tmpfs {
		delete(c.foreign, e.target)
		c.noDev[e.target] = true
	} else {
		delete(c.own, e.target)
		c.foreign[e.target] = true
	}
	return nil
}
