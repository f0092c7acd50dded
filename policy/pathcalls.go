package policy

import "golang.org/x/sys/unix"

// PathArg is where a call takes a path, and what it does with it.
type PathArg struct {
	// Dir is the argument with the directory that a relative path starts
	// from, -1 for the working directory.
	Dir int
	// Path is the argument with the path's address, -1 if the call acts on
	// Dir itself.
	Path int
	// Flags is the argument with AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW or
	// AT_EMPTY_PATH, -1 if it has none.
	Flags int
	// Follow says that a symlink at the end is followed; the flags may say
	// otherwise.
	Follow bool
	// Access is what is done. For open and its kin it is decided by the flags
	// ([OpenAccess]), for access and its kin by the mode ([ModeAccess]), and
	// Access is 0.
	Access Access
	// How is the argument with those flags, that mode, or that size.
	How int
	// Kind says which of them it is.
	Kind HowKind
	// Name says that the call is about a name in its directory: made, removed
	// or moved, whatever it leads to.
	Name bool
}

// HowKind says what the argument How of a [PathArg] is.
type HowKind uint8

const (
	Fixed    HowKind = iota // there is none: Access is known
	OpenHow                 // flags of open
	OpenHow2                // the address of a struct open_how
	ModeHow                 // the mode of access
	// SocketAddress is the size of a socket's address, which Path points at.
	// One of AF_UNIX has a path in it.
	SocketAddress
)

// PathArgs are the paths a call takes; nil if it takes none.
func PathArgs(syscall string) []PathArg { return pathCalls[syscall] }

// OpenAccess is what open does to a path by its flags.
func OpenAccess(flags int) Access {
	if flags&unix.O_PATH != 0 {
		return Stat
	}
	access := Read
	switch flags & unix.O_ACCMODE {
	case unix.O_WRONLY:
		access = Write
	case unix.O_RDWR, unix.O_ACCMODE:
		access = Read | Write
	}
	if flags&unix.O_TRUNC != 0 {
		access |= Write
	}
	if flags&unix.O_CREAT != 0 || flags&unix.O_TMPFILE == unix.O_TMPFILE {
		access |= Create
	}
	return access
}

// ModeAccess is what access(2) asks about by its mode.
func ModeAccess(mode int) Access {
	access := Stat
	for bit, asked := range map[int]Access{unix.R_OK: Read, unix.W_OK: Write, unix.X_OK: Execute} {
		if mode&bit != 0 {
			access |= asked
		}
	}
	return access
}

// at is a path with a directory and flags.
func at(dir, flags int, follow bool, access Access) PathArg {
	return PathArg{Dir: dir, Path: dir + 1, Flags: flags, Follow: follow, Access: access}
}

// plain is a path from the working directory.
func plain(arg int, follow bool, access Access) PathArg {
	return PathArg{Dir: -1, Path: arg, Flags: -1, Follow: follow, Access: access}
}

// name is a name from the working directory.
func name(arg int, access Access) PathArg {
	p := plain(arg, false, access)
	p.Name = true
	return p
}

// nameAt is a name from a directory.
func nameAt(dir int, access Access) PathArg {
	p := at(dir, -1, false, access)
	p.Name = true
	return p
}

// pathCalls are the calls that take paths, of either architecture. Those that
// act on an open file take none: opening it was decided about.
var pathCalls = map[string][]PathArg{
	"open":       {{Dir: -1, Path: 0, Flags: -1, Follow: true, How: 1, Kind: OpenHow}},
	"openat":     {{Dir: 0, Path: 1, Flags: -1, Follow: true, How: 2, Kind: OpenHow}},
	"openat2":    {{Dir: 0, Path: 1, Flags: -1, Follow: true, How: 2, Kind: OpenHow2}},
	"creat":      {plain(0, true, Write|Create)},
	"access":     {{Dir: -1, Path: 0, Flags: -1, Follow: true, How: 1, Kind: ModeHow}},
	"faccessat":  {{Dir: 0, Path: 1, Flags: -1, Follow: true, How: 2, Kind: ModeHow}},
	"faccessat2": {{Dir: 0, Path: 1, Flags: 3, Follow: true, How: 2, Kind: ModeHow}},
	"stat":       {plain(0, true, Stat)}, "lstat": {plain(0, false, Stat)},
	"newfstatat": {at(0, 3, true, Stat)}, "statx": {at(0, 2, true, Stat)},
	"statfs":   {plain(0, true, Stat)},
	"readlink": {plain(0, false, Stat)}, "readlinkat": {at(0, -1, false, Stat)},
	"getxattr": {plain(0, true, Stat)}, "lgetxattr": {plain(0, false, Stat)}, "getxattrat": {at(0, 2, true, Stat)},
	"listxattr": {plain(0, true, Stat)}, "llistxattr": {plain(0, false, Stat)}, "listxattrat": {at(0, 2, true, Stat)},
	"execve": {plain(0, true, Execute)}, "execveat": {at(0, 4, true, Execute)}, "uselib": {plain(0, true, Execute)},
	"chdir": {plain(0, true, Stat)}, "chroot": {plain(0, true, Stat)},
	"mkdir": {name(0, Create)}, "mkdirat": {nameAt(0, Create)},
	"mknod": {name(0, Create)}, "mknodat": {nameAt(0, Create)},
	"rmdir": {name(0, Write)}, "unlink": {name(0, Write)}, "unlinkat": {nameAt(0, Write)},
	"rename":    {name(0, Write), name(1, Write|Create)},
	"renameat":  {nameAt(0, Write), nameAt(2, Write|Create)},
	"renameat2": {nameAt(0, Write), nameAt(2, Write|Create)},
	// A link is a name under which other rules hold, so its target must be
	// open to all that could be done by it.
	"link":      {plain(0, false, Read|Write), name(1, Create)},
	"linkat":    {at(0, 4, false, Read|Write), nameAt(2, Create)},
	"symlink":   {name(1, Create)},
	"symlinkat": {nameAt(1, Create)},
	"chmod":     {plain(0, true, Write)}, "fchmodat": {at(0, -1, true, Write)}, "fchmodat2": {at(0, 3, true, Write)},
	"chown": {plain(0, true, Write)}, "lchown": {plain(0, false, Write)}, "fchownat": {at(0, 4, true, Write)},
	"utime": {plain(0, true, Write)}, "utimes": {plain(0, true, Write)}, "futimesat": {at(0, -1, true, Write)},
	"utimensat": {at(0, 3, true, Write)}, "truncate": {plain(0, true, Write)},
	"setxattr": {plain(0, true, Write)}, "lsetxattr": {plain(0, false, Write)}, "setxattrat": {at(0, 2, true, Write)},
	"removexattr": {plain(0, true, Write)}, "lremovexattr": {plain(0, false, Write)}, "removexattrat": {at(0, 2, true, Write)},
	"inotify_add_watch": {plain(1, true, Read)}, "name_to_handle_at": {at(0, 4, false, Stat)},
	"open_tree": {at(0, 2, true, Read)}, "open_tree_attr": {at(0, 2, true, Read)}, "fspick": {at(0, 2, true, Read)},
	"move_mount": {at(0, 4, true, Read), at(2, 4, true, Write)}, "mount_setattr": {at(0, 2, true, Write)},
	"fanotify_mark": {at(3, -1, true, Read)}, "quotactl": {plain(1, true, Write)},
	"file_getattr": {at(0, 4, true, Stat)}, "file_setattr": {at(0, 4, true, Write)},
	"acct": {plain(0, true, Write)}, "swapon": {plain(0, true, Write)}, "swapoff": {plain(0, true, Write)},
	"mount": {plain(0, true, Read), plain(1, true, Write)}, "umount2": {plain(0, true, Write)},
	"pivot_root": {plain(0, true, Write), plain(1, true, Write)},
	"bind":       {{Dir: -1, Path: 1, Flags: -1, Access: Create, How: 2, Kind: SocketAddress}},
	"connect":    {{Dir: -1, Path: 1, Flags: -1, Access: Write, How: 2, Kind: SocketAddress}},
}
