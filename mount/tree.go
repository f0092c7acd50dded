// Package mount describes what a sandboxed program sees of the file system.
//
// Its one idea: a [Tree] is a list of entries, built by methods or parsed from
// text, that becomes a list of raw system calls. A child in a mount namespace
// of its own makes them: they put a new root together from nothing, in memory,
// and leave the old one. What no entry names is not there.
//
//	view := new(mount.Tree).
//		Bind("/usr", "/usr", 0).
//		Symlink("usr/bin", "/bin").
//		Tmpfs("/tmp", mount.TmpfsOptions{Size: 64 << 20, Mode: 0o1777}).
//		Proc("/proc", true)
//	view.String()
//	// /usr:/usr:ro
//	// symlink:usr/bin:/bin
//	// tmpfs:/tmp:size=64M,mode=1777
//	// proc:/proc:pids
package mount

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Flags change a bind from its default: read-only, no set-user-id, no devices.
type Flags uint8

// The flags of a bind.
const (
	Writable Flags = 1 << iota
	Suid           // set-user-id and capabilities of files are honoured
	Dev            // device nodes work
	NoExec
	// Optional leaves the entry out if its source does not exist when the
	// tree is compiled.
	Optional
)

// flagNames is the vocabulary: parsing and printing use it. The first name of
// each pair is for the flag, the second for its absence.
var flagNames = [...]struct {
	flag       Flags
	set, clear string
}{
	{Writable, "rw", "ro"},
	{Suid, "suid", "nosuid"},
	{Dev, "dev", "nodev"},
	{NoExec, "noexec", "exec"},
	{Optional, "optional", "required"},
}

// TmpfsOptions are those of a file system in memory (tmpfs(5)).
type TmpfsOptions struct {
	Size     int64  // bytes, rounded up to pages; 0 is half of the machine's memory
	Inodes   int64  // files, directories and links; 0 is one for each page of half the memory
	Mode     uint32 // of its root directory; 0 is 0755
	UID, GID uint32 // owner of its root directory, in the user namespace
	NoExec   bool
}

type kind uint8

const (
	bind kind = iota
	tmpfs
	proc
	mqueue
	device
	symlink
	file
	dir
	maskFile
	maskDir
	overlay
)

// entry is one line of a Tree.
type entry struct {
	kind    kind
	target  string // absolute and clean
	source  string // bind: a path; symlink: what it holds
	flags   Flags
	options TmpfsOptions // tmpfs; dir and file: mode and owner
	content string       // file
	pids    bool         // proc
	lower   []string     // overlay
	upper   string
	work    string
}

// Tree is a view of the file system: entries that are made in order, so that a
// later one may lie inside an earlier one, below a root directory in memory
// that is read-only in the end. The zero value is an empty root.
//
// The methods append an entry, with its parent directories (mode 0755) where
// they lie in a tmpfs of the tree, and return the tree. A target inside
// another entry must exist there, and be reached without symbolic links: the
// child fails with ENOENT or ELOOP otherwise. Symlink, File and Dir can't be
// there. What can be known to be wrong before is said by [Tree.Compile].
//
// A Tree may be compiled and printed by several goroutines at once, but not
// while one changes it.
type Tree struct {
	entries []entry
	// root limits what the root directory itself may hold: links, small files
	// and mount points.
	root TmpfsOptions
}

// Bind shows a file or directory of the caller's view, with everything mounted
// below it; the flags hold for all of that. Symbolic links in source are
// followed.
func (t *Tree) Bind(source, target string, flags Flags) *Tree {
	return t.add(entry{kind: bind, source: source, target: target, flags: flags})
}

// Tmpfs is an empty directory in memory, writable by its owner or whom the mode
// lets.
func (t *Tree) Tmpfs(target string, o TmpfsOptions) *Tree {
	return t.add(entry{kind: tmpfs, target: target, options: o})
}

// Proc is the proc file system of the process's pid namespace. With pids it
// shows processes alone, only those of one's own, and nothing of the machine
// (hidepid and subset of proc(5), Linux 5.8).
func (t *Tree) Proc(target string, pids bool) *Tree {
	return t.add(entry{kind: proc, target: target, pids: pids})
}

// Mqueue is the file system of the IPC namespace's POSIX message queues.
func (t *Tree) Mqueue(target string) *Tree { return t.add(entry{kind: mqueue, target: target}) }

// Device is a device node that does no harm: null, zero, full, random or
// urandom, at a target with that last name. It is made where the kernel allows
// that, else it is a bind of the machine's own.
func (t *Tree) Device(target string) *Tree { return t.add(entry{kind: device, target: target}) }

// Devices are all of them in /dev, with the usual links to descriptors.
func (t *Tree) Devices() *Tree {
	for _, d := range devices {
		t.Device("/dev/" + d.name)
	}
	return t.Symlink("/proc/self/fd", "/dev/fd").Symlink("fd/0", "/dev/stdin").
		Symlink("fd/1", "/dev/stdout").Symlink("fd/2", "/dev/stderr")
}

// Symlink is a symbolic link that holds content.
func (t *Tree) Symlink(content, target string) *Tree {
	return t.add(entry{kind: symlink, source: content, target: target})
}

// File is a small file, of 64 KiB at most; mode 0 is 0644.
func (t *Tree) File(target, content string, mode uint32) *Tree {
	return t.add(entry{kind: file, target: target, content: content, options: TmpfsOptions{Mode: mode}})
}

// Dir is a directory of the tmpfs that it lies in, with that mode (0 is 0755)
// and owner. One that is there already gets them.
func (t *Tree) Dir(target string, mode, uid, gid uint32) *Tree {
	return t.add(entry{kind: dir, target: target, options: TmpfsOptions{Mode: mode, UID: uid, GID: gid}})
}

// MaskFile hides a file of an earlier entry: it reads as empty.
func (t *Tree) MaskFile(target string) *Tree { return t.add(entry{kind: maskFile, target: target}) }

// MaskDir hides a directory of an earlier entry: it is empty.
func (t *Tree) MaskDir(target string) *Tree { return t.add(entry{kind: maskDir, target: target}) }

// Overlay shows the lower directories, the topmost first, below a writable one
// (Documentation/filesystems/overlayfs.rst); work is an empty directory of
// upper's file system. Without upper it is read-only.
func (t *Tree) Overlay(target string, lower []string, upper, work string) *Tree {
	return t.add(entry{kind: overlay, target: target, lower: slices.Clone(lower), upper: upper, work: work})
}

// LimitRoot limits how much the root directory itself may hold. Only Size and
// Inodes count.
func (t *Tree) LimitRoot(o TmpfsOptions) *Tree {
	t.root = TmpfsOptions{Size: o.Size, Inodes: o.Inodes}
	return t
}

func (t *Tree) add(e entry) *Tree {
	t.entries = append(t.entries, e)
	return t
}

// Clone returns a copy that can be changed by itself.
func (t *Tree) Clone() *Tree {
	return &Tree{entries: slices.Clone(t.entries), root: t.root}
}

type node struct {
	name         string
	major, minor uint32
}

// devices is the vocabulary of harmless device nodes, with their numbers.
var devices = [...]node{
	{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9},
}

// maxContent is what one write to a file is sure to take.
const maxContent = 64 << 10

// maxData is how long the options of mount(2) may be: what is behind it would
// be cut off silently.
const maxData = 4095

// check refuses an entry that can't be made, or would not be what it says.
func (e *entry) check() error {
	if !path.IsAbs(e.target) || path.Clean(e.target) != e.target || e.target == "/" {
		return fmt.Errorf("target %q: write an absolute path below /, without . and ..: %w", e.target, unix.EINVAL)
	}
	for _, s := range append([]string{e.target, e.source, e.content, e.upper, e.work}, e.lower...) {
		if strings.IndexByte(s, 0) >= 0 && (e.kind != file || s != e.content) {
			return fmt.Errorf("%q contains a NUL byte: %w", s, unix.EINVAL)
		}
	}
	if err := e.options.check(); err != nil {
		return err
	}
	switch {
	case e.kind == bind && !path.IsAbs(e.source):
		return fmt.Errorf("source %q: write an absolute path: %w", e.source, unix.EINVAL)
	case e.kind == symlink && e.source == "":
		return fmt.Errorf("a symbolic link to nothing: %w", unix.EINVAL)
	case e.kind == file && len(e.content) > maxContent:
		return fmt.Errorf("%d bytes of content: bind a file for more than %d: %w", len(e.content), maxContent, unix.EFBIG)
	case e.kind == device && !slices.ContainsFunc(devices[:], func(d node) bool { return d.name == path.Base(e.target) }):
		return fmt.Errorf("no device %q: there are null, zero, full, random and urandom: %w", path.Base(e.target), unix.EINVAL)
	case e.kind == overlay:
		return e.checkOverlay()
	}
	return nil
}

func (o *TmpfsOptions) check() error {
	switch {
	case o.Size < 0 || o.Inodes < 0:
		return fmt.Errorf("size %d, inodes %d: can't be negative: %w", o.Size, o.Inodes, unix.EINVAL)
	case o.Mode&^0o7777 != 0:
		return fmt.Errorf("mode %#o: has more than permissions: %w", o.Mode, unix.EINVAL)
	}
	return nil
}

func (e *entry) checkOverlay() error {
	if len(e.lower) == 0 || (e.upper == "") != (e.work == "") {
		return fmt.Errorf("overlay needs a lower directory, and upper and work together or neither: %w", unix.EINVAL)
	}
	dirs := slices.Clone(e.lower)
	if e.upper != "" {
		dirs = append(dirs, e.upper, e.work)
	}
	for _, dir := range dirs {
		if !path.IsAbs(dir) || strings.ContainsAny(dir, `:,\`) {
			return fmt.Errorf("overlay directory %q: write an absolute path without ':', ',' and '\\': %w", dir, unix.EINVAL)
		}
	}
	if n := len(e.fileSystem(true).data); n > maxData {
		return fmt.Errorf("overlay directories of %d bytes together: the kernel takes %d: %w", n, maxData, unix.E2BIG)
	}
	return nil
}
