package crash

import (
	"fmt"
	"os"
	"path"
	"strconv"

	"golang.org/x/sys/unix"
)

// files opens what is mapped.
type files struct{ proc int }

// program is the module name of the program itself.
func (f *files) program() string {
	buffer := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(f.proc, "exe", buffer)
	if err != nil {
		return ""
	}
	m := mapping{name: string(buffer[:n]), inode: 1}
	return m.module()
}

// open opens the file of a mapping: not by its path alone, which may lead
// anywhere by now, but what the kernel has mapped, or else a file of that name
// in the program's own root which has the mapping's inode. It is a regular file
// on a file system that the program does not run.
func (f *files) open(m *mapping) (*os.File, error) {
	fd, err := f.find(m)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var system unix.Statfs_t
	if err := unix.Fstatfs(fd, &system); err != nil {
		return nil, err
	}
	if system.Type == unix.FUSE_SUPER_MAGIC {
		return nil, fmt.Errorf("%s is on a file system that a program runs", clean(m.name, 256))
	}
	return os.OpenFile("/proc/self/fd/"+strconv.Itoa(fd), os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
}

// find is a descriptor of the file, not open for anything.
func (f *files) find(m *mapping) (int, error) {
	ways := []func() (int, error){
		func() (int, error) { // it takes CAP_CHECKPOINT_RESTORE (Linux 5.9), before CAP_SYS_ADMIN
			return unix.Openat(f.proc, fmt.Sprintf("map_files/%x-%x", m.start, m.end), unix.O_PATH|unix.O_CLOEXEC, 0)
		},
		func() (int, error) { return unix.Openat(f.proc, "exe", unix.O_PATH|unix.O_CLOEXEC, 0) },
		func() (int, error) { return f.openInRoot(m) },
	}
	for _, way := range ways {
		fd, err := way()
		if err != nil {
			continue
		}
		var stat unix.Stat_t
		if unix.Fstat(fd, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG && stat.Ino == m.inode {
			return fd, nil
		}
		unix.Close(fd)
	}
	return -1, fmt.Errorf("%s: the file that is mapped is not there", clean(m.name, 256))
}

func (f *files) openInRoot(m *mapping) (int, error) {
	root, err := unix.Openat(f.proc, "root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(root)
	if !path.IsAbs(m.name) {
		return -1, unix.ENOENT
	}
	return unix.Openat2(root, m.name, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
}
