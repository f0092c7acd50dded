package constant

import "golang.org/x/sys/unix"

var (
	// Open is how a file is opened.
	Open = &Set{mask: unix.O_ACCMODE, choices: []constant{
		{"O_RDONLY", unix.O_RDONLY}, {"O_WRONLY", unix.O_WRONLY}, {"O_RDWR", unix.O_RDWR},
		{"O_ACCMODE", unix.O_ACCMODE},
	}, bits: []constant{
		{"O_TMPFILE", unix.O_TMPFILE}, {"O_SYNC", unix.O_SYNC}, {"O_CREAT", unix.O_CREAT}, {"O_EXCL", unix.O_EXCL},
		{"O_NOCTTY", unix.O_NOCTTY}, {"O_TRUNC", unix.O_TRUNC}, {"O_APPEND", unix.O_APPEND},
		{"O_NONBLOCK", unix.O_NONBLOCK}, {"O_DSYNC", unix.O_DSYNC}, {"O_ASYNC", unix.O_ASYNC},
		{"O_DIRECT", unix.O_DIRECT}, {"O_LARGEFILE", largefile}, {"O_DIRECTORY", unix.O_DIRECTORY},
		{"O_NOFOLLOW", unix.O_NOFOLLOW}, {"O_NOATIME", unix.O_NOATIME}, {"O_CLOEXEC", unix.O_CLOEXEC},
		{"O_PATH", unix.O_PATH},
	}}

	// Resolve is how openat2 may resolve.
	Resolve = &Set{bits: []constant{
		{"RESOLVE_NO_XDEV", unix.RESOLVE_NO_XDEV}, {"RESOLVE_NO_MAGICLINKS", unix.RESOLVE_NO_MAGICLINKS},
		{"RESOLVE_NO_SYMLINKS", unix.RESOLVE_NO_SYMLINKS}, {"RESOLVE_BENEATH", unix.RESOLVE_BENEATH},
		{"RESOLVE_IN_ROOT", unix.RESOLVE_IN_ROOT}, {"RESOLVE_CACHED", 0x20},
	}}

	// Directory is the descriptor that stands for the working directory.
	Directory = &Set{mask: all, choices: []constant{
		{"AT_FDCWD", 1<<32 + unix.AT_FDCWD},
	}}

	// At is how a call with a directory takes its path.
	At = &Set{bits: []constant{
		{"AT_SYMLINK_NOFOLLOW", unix.AT_SYMLINK_NOFOLLOW}, {"AT_REMOVEDIR", unix.AT_REMOVEDIR},
		{"AT_SYMLINK_FOLLOW", unix.AT_SYMLINK_FOLLOW}, {"AT_NO_AUTOMOUNT", unix.AT_NO_AUTOMOUNT},
		{"AT_EMPTY_PATH", unix.AT_EMPTY_PATH}, {"AT_STATX_FORCE_SYNC", unix.AT_STATX_FORCE_SYNC},
		{"AT_STATX_DONT_SYNC", unix.AT_STATX_DONT_SYNC}, {"AT_RECURSIVE", unix.AT_RECURSIVE},
	}}

	// AtAccess is the same for faccessat2, where a bit means something else.
	AtAccess = &Set{bits: []constant{
		{"AT_SYMLINK_NOFOLLOW", unix.AT_SYMLINK_NOFOLLOW}, {"AT_EACCESS", unix.AT_EACCESS},
		{"AT_EMPTY_PATH", unix.AT_EMPTY_PATH},
	}}

	// Access is what access asks about.
	Access = &Set{bits: []constant{
		{"R_OK", unix.R_OK}, {"W_OK", unix.W_OK}, {"X_OK", unix.X_OK}, {"F_OK", unix.F_OK},
	}}

	// Whence is where lseek counts from.
	Whence = &Set{mask: all, choices: []constant{
		{"SEEK_SET", unix.SEEK_SET}, {"SEEK_CUR", unix.SEEK_CUR}, {"SEEK_END", unix.SEEK_END},
		{"SEEK_DATA", unix.SEEK_DATA}, {"SEEK_HOLE", unix.SEEK_HOLE},
	}}

	// Statx is what statx asks for.
	Statx = &Set{bits: []constant{
		{"STATX_ALL", unix.STATX_ALL}, {"STATX_BASIC_STATS", unix.STATX_BASIC_STATS},
		{"STATX_TYPE", unix.STATX_TYPE}, {"STATX_MODE", unix.STATX_MODE}, {"STATX_NLINK", unix.STATX_NLINK},
		{"STATX_UID", unix.STATX_UID}, {"STATX_GID", unix.STATX_GID}, {"STATX_ATIME", unix.STATX_ATIME},
		{"STATX_MTIME", unix.STATX_MTIME}, {"STATX_CTIME", unix.STATX_CTIME}, {"STATX_INO", unix.STATX_INO},
		{"STATX_SIZE", unix.STATX_SIZE}, {"STATX_BLOCKS", unix.STATX_BLOCKS}, {"STATX_BTIME", unix.STATX_BTIME},
		{"STATX_MNT_ID", unix.STATX_MNT_ID}, {"STATX_DIOALIGN", unix.STATX_DIOALIGN},
		{"STATX_MNT_ID_UNIQUE", unix.STATX_MNT_ID_UNIQUE}, {"STATX_SUBVOL", unix.STATX_SUBVOL},
	}}

	// Fcntl is what fcntl does.
	Fcntl = &Set{mask: all, choices: []constant{
		{"F_DUPFD", unix.F_DUPFD}, {"F_GETFD", unix.F_GETFD}, {"F_SETFD", unix.F_SETFD}, {"F_GETFL", unix.F_GETFL},
		{"F_SETFL", unix.F_SETFL}, {"F_GETLK", unix.F_GETLK}, {"F_SETLK", unix.F_SETLK}, {"F_SETLKW", unix.F_SETLKW},
		{"F_SETOWN", unix.F_SETOWN}, {"F_GETOWN", unix.F_GETOWN}, {"F_SETSIG", unix.F_SETSIG},
		{"F_GETSIG", unix.F_GETSIG}, {"F_OFD_GETLK", unix.F_OFD_GETLK}, {"F_OFD_SETLK", unix.F_OFD_SETLK},
		{"F_OFD_SETLKW", unix.F_OFD_SETLKW}, {"F_SETLEASE", unix.F_SETLEASE}, {"F_GETLEASE", unix.F_GETLEASE},
		{"F_NOTIFY", unix.F_NOTIFY}, {"F_DUPFD_CLOEXEC", unix.F_DUPFD_CLOEXEC}, {"F_SETPIPE_SZ", unix.F_SETPIPE_SZ},
		{"F_GETPIPE_SZ", unix.F_GETPIPE_SZ}, {"F_ADD_SEALS", unix.F_ADD_SEALS}, {"F_GET_SEALS", unix.F_GET_SEALS},
	}}

	// Descriptor is the flags of a descriptor.
	Descriptor = &Set{bits: []constant{
		{"FD_CLOEXEC", unix.FD_CLOEXEC},
	}}

	// Seal is what can no more be done to a memfd.
	Seal = &Set{bits: []constant{
		{"F_SEAL_SEAL", unix.F_SEAL_SEAL}, {"F_SEAL_SHRINK", unix.F_SEAL_SHRINK}, {"F_SEAL_GROW", unix.F_SEAL_GROW},
		{"F_SEAL_WRITE", unix.F_SEAL_WRITE}, {"F_SEAL_FUTURE_WRITE", unix.F_SEAL_FUTURE_WRITE},
		{"F_SEAL_EXEC", unix.F_SEAL_EXEC},
	}}

	// Flock is a lock of flock.
	Flock = &Set{bits: []constant{
		{"LOCK_SH", unix.LOCK_SH}, {"LOCK_EX", unix.LOCK_EX}, {"LOCK_NB", unix.LOCK_NB}, {"LOCK_UN", unix.LOCK_UN},
	}}

	// Rename is how renameat2 replaces.
	Rename = &Set{bits: []constant{
		{"RENAME_NOREPLACE", unix.RENAME_NOREPLACE}, {"RENAME_EXCHANGE", unix.RENAME_EXCHANGE},
		{"RENAME_WHITEOUT", unix.RENAME_WHITEOUT},
	}}

	// Allocate is what fallocate does.
	Allocate = &Set{bits: []constant{
		{"FALLOC_FL_KEEP_SIZE", unix.FALLOC_FL_KEEP_SIZE}, {"FALLOC_FL_PUNCH_HOLE", unix.FALLOC_FL_PUNCH_HOLE},
		{"FALLOC_FL_COLLAPSE_RANGE", unix.FALLOC_FL_COLLAPSE_RANGE},
		{"FALLOC_FL_ZERO_RANGE", unix.FALLOC_FL_ZERO_RANGE}, {"FALLOC_FL_INSERT_RANGE", unix.FALLOC_FL_INSERT_RANGE},
		{"FALLOC_FL_UNSHARE_RANGE", unix.FALLOC_FL_UNSHARE_RANGE},
	}}

	// Advice is what posix_fadvise announces.
	Advice = &Set{mask: all, choices: []constant{
		{"FADV_NORMAL", unix.FADV_NORMAL}, {"FADV_RANDOM", unix.FADV_RANDOM},
		{"FADV_SEQUENTIAL", unix.FADV_SEQUENTIAL}, {"FADV_WILLNEED", unix.FADV_WILLNEED},
		{"FADV_DONTNEED", unix.FADV_DONTNEED}, {"FADV_NOREUSE", unix.FADV_NOREUSE},
	}}

	// FileType is the type in a mode.
	FileType = &Set{mask: all, choices: []constant{
		{"S_IFREG", unix.S_IFREG}, {"S_IFCHR", unix.S_IFCHR}, {"S_IFBLK", unix.S_IFBLK}, {"S_IFIFO", unix.S_IFIFO},
		{"S_IFSOCK", unix.S_IFSOCK},
	}}

	// Ioctl is what ioctl does.
	Ioctl = &Set{mask: all, choices: []constant{
		{"TCGETS", unix.TCGETS}, {"TCSETS", unix.TCSETS}, {"TCSETSW", unix.TCSETSW}, {"TCSETSF", unix.TCSETSF},
		{"TCGETS2", unix.TCGETS2}, {"TIOCGWINSZ", unix.TIOCGWINSZ}, {"TIOCSWINSZ", unix.TIOCSWINSZ},
		{"TIOCGPGRP", unix.TIOCGPGRP}, {"TIOCSPGRP", unix.TIOCSPGRP}, {"TIOCSTI", unix.TIOCSTI},
		{"TIOCLINUX", unix.TIOCLINUX}, {"TIOCSCTTY", unix.TIOCSCTTY}, {"TIOCNOTTY", unix.TIOCNOTTY},
		{"TIOCGSID", unix.TIOCGSID}, {"FIONREAD", 0x541b}, {"FIONBIO", 0x5421}, {"FIOCLEX", 0x5451},
		{"FIONCLEX", 0x5450}, {"FICLONE", unix.FICLONE}, {"FICLONERANGE", unix.FICLONERANGE},
	}}

	// CloseRange is what close_range does instead.
	CloseRange = &Set{bits: []constant{
		{"CLOSE_RANGE_UNSHARE", unix.CLOSE_RANGE_UNSHARE}, {"CLOSE_RANGE_CLOEXEC", unix.CLOSE_RANGE_CLOEXEC},
	}}

	// Epoll is what epoll_ctl does.
	Epoll = &Set{mask: all, choices: []constant{
		{"EPOLL_CTL_ADD", unix.EPOLL_CTL_ADD}, {"EPOLL_CTL_DEL", unix.EPOLL_CTL_DEL},
		{"EPOLL_CTL_MOD", unix.EPOLL_CTL_MOD},
	}}

	// EventFD is how an eventfd counts.
	EventFD = &Set{bits: []constant{
		{"EFD_SEMAPHORE", unix.EFD_SEMAPHORE}, {"EFD_CLOEXEC", unix.EFD_CLOEXEC},
		{"EFD_NONBLOCK", unix.EFD_NONBLOCK},
	}}

	// Poll is what poll waits for.
	Poll = &Set{bits: []constant{
		{"POLLIN", unix.POLLIN}, {"POLLPRI", unix.POLLPRI}, {"POLLOUT", unix.POLLOUT}, {"POLLERR", unix.POLLERR},
		{"POLLHUP", unix.POLLHUP}, {"POLLNVAL", unix.POLLNVAL}, {"POLLRDHUP", unix.POLLRDHUP},
	}}

	// Inotify is what inotify watches for.
	Inotify = &Set{bits: []constant{
		{"IN_ALL_EVENTS", unix.IN_ALL_EVENTS}, {"IN_ACCESS", unix.IN_ACCESS}, {"IN_MODIFY", unix.IN_MODIFY},
		{"IN_ATTRIB", unix.IN_ATTRIB}, {"IN_CLOSE_WRITE", unix.IN_CLOSE_WRITE},
		{"IN_CLOSE_NOWRITE", unix.IN_CLOSE_NOWRITE}, {"IN_OPEN", unix.IN_OPEN},
		{"IN_MOVED_FROM", unix.IN_MOVED_FROM}, {"IN_MOVED_TO", unix.IN_MOVED_TO}, {"IN_CREATE", unix.IN_CREATE},
		{"IN_DELETE", unix.IN_DELETE}, {"IN_DELETE_SELF", unix.IN_DELETE_SELF}, {"IN_MOVE_SELF", unix.IN_MOVE_SELF},
		{"IN_ONLYDIR", unix.IN_ONLYDIR}, {"IN_DONT_FOLLOW", unix.IN_DONT_FOLLOW},
		{"IN_EXCL_UNLINK", unix.IN_EXCL_UNLINK}, {"IN_MASK_CREATE", unix.IN_MASK_CREATE},
		{"IN_MASK_ADD", unix.IN_MASK_ADD}, {"IN_ISDIR", unix.IN_ISDIR}, {"IN_ONESHOT", unix.IN_ONESHOT},
	}}

	// Random is where getrandom takes its bytes from.
	Random = &Set{bits: []constant{
		{"GRND_NONBLOCK", unix.GRND_NONBLOCK}, {"GRND_RANDOM", unix.GRND_RANDOM},
		{"GRND_INSECURE", unix.GRND_INSECURE},
	}}

	// MemFD is what a memfd may do.
	MemFD = &Set{bits: []constant{
		{"MFD_CLOEXEC", unix.MFD_CLOEXEC}, {"MFD_ALLOW_SEALING", unix.MFD_ALLOW_SEALING},
		{"MFD_HUGETLB", unix.MFD_HUGETLB}, {"MFD_NOEXEC_SEAL", unix.MFD_NOEXEC_SEAL}, {"MFD_EXEC", unix.MFD_EXEC},
	}}
)
