package mount

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// make makes one entry in the new root, which is the working directory.
func (c *compiler) make(i int, t *Tree) error {
	e := &t.entries[i]
	p, err := c.place(i, e)
	if err != nil {
		return err
	}
	switch e.kind {
	case symlink, file, dir:
		if !p.own {
			return fmt.Errorf("can't be made inside another entry that is no tmpfs: choose another place: %w", unix.EROFS)
		}
	}
	switch e.kind {
	case symlink:
		c.add(i, e.target, unix.SYS_SYMLINKAT, script.String(e.source), p.dir, script.String(p.name))
		c.at[e.target] = link
	case file:
		c.file(i, e, p)
	case dir:
		c.directory(i, e, p)
	case bind, device, maskFile:
		source, attributes := c.bound(i, t)
		if source == "" {
			c.node(i, e, p)
			break
		}
		return c.bind(i, e, p, source, attributes)
	default:
		c.mount(i, e, p)
	}
	return nil
}

// place is where a target is found: name in the directory dir, or dir itself
// if name is "".
type place struct {
	dir  script.Arg
	name string
	own  bool // in a directory of a tmpfs of the tree, so that things can be made there
	open bool // dir is a descriptor, not the new root's directory
}

// varPlace is what a target is found in, if that isn't the new root.
const varPlace script.Var = "mount_place"

// place finds a target, and makes the directories above it where they lie in
// a tmpfs of the tree. Behind something from elsewhere, where somebody else
// may put links at any time, paths are opened by a call that follows none.
func (c *compiler) place(i int, e *entry) (place, error) {
	p := place{dir: script.CWD(), own: true}
	base, foreign := "/", false
	var missing []string
	at := ""
	for _, name := range strings.Split(path.Dir(e.target), "/")[1:] {
		if name == "" {
			break // the target is in the root
		}
		at += "/" + name
		switch c.at[at] {
		case link:
			return p, fmt.Errorf("%s is a symbolic link of the tree: name the place it points at: %w", at, unix.ELOOP)
		case elsewhere:
			p.own, foreign = false, true
		case fresh:
			base, p.own = at, true
		case nothing:
			if p.own {
				missing = append(missing, at)
			}
		}
	}
	if c.at[e.target] == link {
		return p, fmt.Errorf("there is a symbolic link already: choose another place: %w", unix.EEXIST)
	}
	switch {
	case !p.own:
		c.openPlace(i, e, e.target)
		p.dir, p.open = script.Value(varPlace), true
	case foreign:
		c.openPlace(i, e, base)
		p.dir, p.open = script.Value(varPlace), true
		p.name = below(e.target, base)
	default:
		base = "/"
		p.name = e.target[1:]
	}
	for _, parent := range missing {
		c.mkdir(i, e, p.dir, below(parent, base), 0o755)
		c.at[parent] = directory
	}
	return p, nil
}

// below is the path of target relative to a directory above it.
func below(target, dir string) string {
	return strings.TrimPrefix(strings.TrimPrefix(target, dir), "/")
}

func (c *compiler) openPlace(i int, e *entry, at string) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_BENEATH}
	raw := bytesOf(&how)
	c.add(i, e.target, unix.SYS_OPENAT2, script.CWD(), script.String(at[1:]),
		script.Bytes(raw, "{O_PATH|O_CLOEXEC, RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH}"), script.Int(len(raw))).Out = varPlace
}

func octal(mode uint32) script.Arg { return script.Symbol(mode, fmt.Sprintf("%#o", mode)) }

func (c *compiler) mkdir(i int, e *entry, dir script.Arg, name string, mode uint32) {
	c.add(i, e.target, unix.SYS_MKDIRAT, dir, script.String(name), octal(mode))
}

func (c *compiler) directory(i int, e *entry, p place) {
	mode := e.options.modeOr(0o755)
	if c.at[e.target] == nothing {
		c.mkdir(i, e, p.dir, p.name, mode)
		c.at[e.target] = directory
	} else {
		c.add(i, e.target, unix.SYS_FCHMODAT, p.dir, script.String(p.name), octal(mode))
	}
	if e.options.UID != 0 || e.options.GID != 0 {
		c.add(i, e.target, unix.SYS_FCHOWNAT, p.dir, script.String(p.name),
			script.Int(e.options.UID), script.Int(e.options.GID), script.Int(0))
	}
}

func (c *compiler) file(i int, e *entry, p place) {
	const varFile script.Var = "mount_file"
	c.add(i, e.target, unix.SYS_OPENAT, p.dir, script.String(p.name),
		script.Symbol(unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, "O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC"),
		octal(e.options.modeOr(0o644))).Out = varFile
	if n := len(e.content); n > 0 {
		// A tmpfs that gets full cuts a write of several pages short, which
		// nobody here would see; a reservation fails as a whole.
		c.add(i, e.target, unix.SYS_FALLOCATE, script.Value(varFile), script.Int(0), script.Int(0), script.Int(n))
		c.add(i, e.target, unix.SYS_WRITE, script.Value(varFile),
			script.Bytes([]byte(e.content), fmt.Sprintf("%q", e.content)), script.Int(n))
	}
	c.add(i, e.target, unix.SYS_CLOSE, script.Value(varFile))
	c.at[e.target] = elsewhere // there, and no directory
}

func (c *compiler) node(i int, e *entry, p place) {
	for _, d := range devices {
		if d.name == path.Base(e.target) {
			c.add(i, e.target, unix.SYS_MKNODAT, p.dir, script.String(p.name), script.Symbol(unix.S_IFCHR|0o666, "S_IFCHR|0666"),
				script.Symbol(unix.Mkdev(d.major, d.minor), fmt.Sprintf("makedev(%d, %d)", d.major, d.minor)))
		}
	}
	c.at[e.target] = elsewhere
}

// mountPoint makes what an entry is to be mounted on, if it can and has to.
func (c *compiler) mountPoint(i int, e *entry, p place, isDirectory bool) {
	switch {
	case !p.own || c.at[e.target] != nothing:
	case isDirectory:
		c.mkdir(i, e, p.dir, p.name, 0o755)
	default:
		c.add(i, e.target, unix.SYS_MKNODAT, p.dir, script.String(p.name),
			script.Symbol(unix.S_IFREG|0o444, "S_IFREG|0444"), script.Int(0))
	}
}

// cover notes what is mounted at a target, and that what was below it can't be
// reached any more.
func (c *compiler) cover(target string, now content) {
	for at := range c.at {
		if strings.HasPrefix(at, target+"/") {
			delete(c.at, at)
		}
	}
	c.at[target] = now
}

// bind puts the copy of openSource in its place.
func (c *compiler) bind(i int, e *entry, p place, source string, attributes uint64) error {
	info, err := os.Stat(source) // if there is none, the child says so
	isDirectory := err == nil && info.IsDir()
	c.mountPoint(i, e, p, isDirectory)
	flags, text := unix.MOVE_MOUNT_F_EMPTY_PATH, "MOVE_MOUNT_F_EMPTY_PATH"
	if p.name == "" {
		flags, text = flags|unix.MOVE_MOUNT_T_EMPTY_PATH, text+"|MOVE_MOUNT_T_EMPTY_PATH"
	}
	c.add(i, e.target, unix.SYS_MOVE_MOUNT, script.Value(varTree(i)), script.String(""), p.dir, script.String(p.name), script.Symbol(flags, text))
	c.cover(e.target, elsewhere)
	if !c.features.MountSetattr && !c.standing && !errors.Is(err, os.ErrNotExist) {
		return c.remount(i, e, source, isDirectory, attributes)
	}
	return nil
}

// mount makes an entry that is a file system of its own.
func (c *compiler) mount(i int, e *entry, p place) {
	c.mountPoint(i, e, p, true)
	on := p.name
	if p.open {
		c.add(i, e.target, unix.SYS_FCHDIR, p.dir)
		if on == "" {
			on = "."
		}
	}
	fs := e.fileSystem(c.userNamespace)
	set := uint64(unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV)
	if fs.noExec {
		set |= unix.MOUNT_ATTR_NOEXEC
	}
	if fs.readOnly {
		set |= unix.MOUNT_ATTR_RDONLY
	}
	if e.kind == tmpfs { // whose times tell the next program enough
		set |= unix.MOUNT_ATTR_NOATIME
	}
	c.add(i, e.target, unix.SYS_MOUNT, script.String(fs.name), script.String(on), script.String(fs.name),
		script.Symbol(mountFlags(set), mountFlagsText(set)), script.String(fs.data))
	if p.open {
		c.enterRoot()
	}
	if e.kind == tmpfs {
		c.cover(e.target, fresh)
	} else {
		c.cover(e.target, elsewhere)
	}
}

// fileSystem is what mount(2) has to be told.
type fileSystem struct {
	name, data       string
	noExec, readOnly bool
}

func (e *entry) fileSystem(userNamespace bool) fileSystem {
	switch e.kind {
	case tmpfs:
		return fileSystem{name: "tmpfs", data: e.options.data(), noExec: e.options.NoExec}
	case maskDir:
		return fileSystem{name: "tmpfs", data: "mode=555,nr_inodes=1", noExec: true, readOnly: true}
	case proc:
		data := ""
		if e.pids {
			data = "hidepid=invisible,subset=pid"
		}
		return fileSystem{name: "proc", data: data, noExec: true}
	case mqueue:
		return fileSystem{name: "mqueue", noExec: true}
	default:
		data := e.overlayData()
		if userNamespace {
			data += ",userxattr" // Linux 5.11
		}
		return fileSystem{name: "overlay", data: data}
	}
}

func (e *entry) overlayData() string {
	data := "lowerdir=" + strings.Join(e.lower, ":")
	if e.upper != "" {
		data += ",upperdir=" + e.upper + ",workdir=" + e.work
	}
	return data
}
