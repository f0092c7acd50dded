package notify

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/supervisor"
)

// emulation does what a call does, on the files that were decided about, and
// says what it returns.
type emulation func(*turn) (int64, error)

// emulations are the calls that the supervisor does itself, but for opens.
var emulations = map[string]emulation{
	"stat": stat(1), "lstat": stat(1), "newfstatat": stat(2),
	"statx": statx, "statfs": statfs,
	"readlink": readlink(1), "readlinkat": readlink(2),
	"access": access(1, -1), "faccessat": access(2, -1), "faccessat2": access(2, 3),
	"getxattr": getxattr, "lgetxattr": getxattr, "listxattr": listxattr, "llistxattr": listxattr,
	"inotify_add_watch": inotify,

	"mkdir": mkdir(1), "mkdirat": mkdir(2),
	"mknod": mknod(1), "mknodat": mknod(2),
	"rmdir": unlink(-1, unix.AT_REMOVEDIR), "unlink": unlink(-1, 0), "unlinkat": unlink(2, 0),
	"rename": rename(-1), "renameat": rename(-1), "renameat2": rename(4),
	"link": link(-1), "linkat": link(4),
	"symlink": symlink, "symlinkat": symlink,
	"chmod": chmod(1), "fchmodat": chmod(2), "fchmodat2": chmod(2),
	"chown": chown(1), "lchown": chown(1), "fchownat": chown(2),
	"utime": utime, "utimes": utimes(1), "futimesat": utimes(2), "utimensat": utimensat,
	"truncate": truncate,
	"setxattr": setxattr, "lsetxattr": setxattr, "removexattr": removexattr, "lremovexattr": removexattr,
}

// tooNew are calls that so few programs make that they all do without, as on
// the kernels that lack them.
var tooNew = map[string]bool{
	"getxattrat": true, "setxattrat": true, "listxattrat": true, "removexattrat": true, // Linux 6.13
	"open_tree_attr": true,                       // Linux 6.15
	"file_getattr":   true, "file_setattr": true, // Linux 6.17
}

const (
	// atSync are AT_STATX_SYNC_TYPE, and as good as nothing here.
	atSync = unix.AT_STATX_FORCE_SYNC | unix.AT_STATX_DONT_SYNC
	// statFlags are those of the stat family.
	statFlags = unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH | unix.AT_NO_AUTOMOUNT | atSync
)

// bytesOf is a struct of the kernel's as memory.
func bytesOf[T any](v *T) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v)) }

// stat is for the calls of which argument buffer is a struct stat.
func stat(buffer int) emulation {
	return func(t *turn) (int64, error) {
		if t.call.Name == "newfstatat" && t.int32(3)&^statFlags != 0 {
			return 0, unix.EINVAL
		}
		place, err := t.file(0)
		if err != nil {
			return 0, err
		}
		var is unix.Stat_t
		if err := unix.Fstat(place.FD, &is); err != nil {
			return 0, err
		}
		uids, gids, err := t.idMaps()
		if err != nil {
			return 0, err
		}
		is.Uid, is.Gid = uids.in(is.Uid), gids.in(is.Gid)
		return 0, t.write(t.arg(buffer), bytesOf(&is))
	}
}

func statx(t *turn) (int64, error) {
	flags, mask := t.int32(2), uint32(t.arg(3))
	const reserved = 1 << 31 // STATX__RESERVED
	if flags&^statFlags != 0 || flags&atSync == atSync || mask&reserved != 0 {
		return 0, unix.EINVAL
	}
	place, err := t.file(0)
	if err != nil {
		return 0, err
	}
	var is unix.Statx_t
	if err := unix.Statx(place.FD, "", unix.AT_EMPTY_PATH|flags&atSync, int(mask), &is); err != nil {
		return 0, err
	}
	uids, gids, err := t.idMaps()
	if err != nil {
		return 0, err
	}
	is.Uid, is.Gid = uids.in(is.Uid), gids.in(is.Gid)
	return 0, t.write(t.arg(4), bytesOf(&is))
}

func statfs(t *turn) (int64, error) {
	place, err := t.file(0)
	if err != nil {
		return 0, err
	}
	var is unix.Statfs_t
	if err := unix.Fstatfs(place.FD, &is); err != nil {
		return 0, err
	}
	return 0, t.write(t.arg(1), bytesOf(&is))
}

// readlink is for the calls of which argument buffer is for the text, and the
// next its size.
func readlink(buffer int) emulation {
	return func(t *turn) (int64, error) {
		size := t.int32(buffer + 1)
		if size <= 0 {
			return 0, unix.EINVAL
		}
		place, err := t.file(0)
		if err != nil {
			return 0, err
		}
		if place.Mode&unix.S_IFMT != unix.S_IFLNK {
			if t.call.Files[0].Given == "" {
				return 0, unix.ENOENT
			}
			return 0, unix.EINVAL
		}
		text := []byte(place.Link)
		if place.Proc && len(text) == 0 {
			return 0, unix.EACCES
		}
		if !place.Proc {
			text = make([]byte, unix.PathMax)
			n, err := unix.Readlinkat(place.FD, "", text)
			if err != nil {
				return 0, err
			}
			text = text[:n]
		}
		text = text[:min(len(text), size)]
		return int64(len(text)), t.write(t.arg(buffer), text)
	}
}

// access is for the calls with a mode and perhaps flags.
func access(mode, flags int) emulation {
	return func(t *turn) (int64, error) {
		asked, given := t.int32(mode), 0
		if flags >= 0 {
			given = t.int32(flags)
		}
		const known = unix.AT_EACCESS | unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH
		if asked&^7 != 0 || given&^known != 0 {
			return 0, unix.EINVAL
		}
		place, err := t.file(0)
		if err != nil {
			return 0, err
		}
		if given&unix.AT_EACCESS == 0 {
			// The question is what the real user may do.
			real, caps := *t.id, t.caps&^t.id.effective
			if real.uid, real.gid = real.realUID, real.realGID; real.uid == 0 {
				caps = t.caps & t.id.permitted
			}
			if place.Proc && !place.Own {
				caps &^= keep
			}
			if err := t.actor.become(&real, caps); err != nil {
				return 0, err
			}
		}
		empty := [1]byte{}
		_, _, errno := unix.Syscall6(unix.SYS_FACCESSAT2, uintptr(place.FD), uintptr(unsafe.Pointer(&empty)), uintptr(asked),
			unix.AT_EACCESS|unix.AT_EMPTY_PATH, 0, 0)
		if errno != 0 {
			return 0, errno
		}
		return 0, nil
	}
}

const (
	xattrName  = 256   // XATTR_NAME_MAX, with the NUL
	xattrLimit = 65536 // XATTR_SIZE_MAX, XATTR_LIST_MAX
)

// attribute is the name in argument 1. Access control lists hold ids, which
// others call otherwise in the program's user namespace.
func attribute(t *turn) (string, error) {
	name, err := supervisor.ReadStringMax(t.call.Memory, t.arg(1), xattrName)
	if err == unix.ENAMETOOLONG || err == nil && name == "" {
		return "", unix.ERANGE
	}
	if err != nil {
		return "", err
	}
	const acl = "system.posix_acl_"
	if len(name) > len(acl) && name[:len(acl)] == acl {
		if uids, gids, err := t.idMaps(); err != nil {
			return "", err
		} else if !uids.identical() || !gids.identical() {
			return "", unix.EOPNOTSUPP
		}
	}
	return name, nil
}

func getxattr(t *turn) (int64, error) {
	name, err := attribute(t)
	if err != nil {
		return 0, err
	}
	return t.xattr(2, func(file string, value []byte) (int, error) { return unix.Getxattr(file, name, value) })
}

func listxattr(t *turn) (int64, error) { return t.xattr(1, unix.Listxattr) }

// xattr has get fill the buffer that argument i points at; the next is its size.
func (t *turn) xattr(i int, get func(file string, value []byte) (int, error)) (int64, error) {
	place, err := t.file(0)
	if err != nil {
		return 0, err
	}
	value := make([]byte, min(t.arg(i+1), xattrLimit))
	n, err := get(path(place.FD), value)
	if err != nil || len(value) == 0 {
		return int64(n), err
	}
	return int64(n), t.write(t.arg(i), value[:n])
}

// inotify adds to the program's own instance, on a duplicate of its descriptor.
func inotify(t *turn) (int64, error) {
	place, err := t.file(0)
	if err != nil {
		return 0, err
	}
	instance, err := t.descriptor(0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(instance)
	// What isn't to be followed was not followed.
	watch, err := unix.InotifyAddWatch(instance, path(place.FD), uint32(t.arg(2))&^unix.IN_DONT_FOLLOW)
	return int64(watch), err
}
