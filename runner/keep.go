package runner

import (
	"errors"
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// Keep is a directory of the run's own that outlives it for a moment, so that
// the caller can take out what a program has made: a compiler's output, say.
type Keep struct {
	// Path is the directory, absolute, in the sandbox's root: one that is in
	// memory there ([mount.Tree.Tmpfs]), or all of it would be kept anyway.
	Path string
	// Read is called when everything that the run started is dead, whatever
	// the status: nobody changes the directory any more. What is in there is
	// the program's doing, links, pipes and odd names included, so open it by
	// openat2(2) and O_NOFOLLOW alone. The directory is closed afterwards, and
	// gone. Read's error becomes one of Run.
	Read func(dir *os.File) error
}

// check says what is wrong with a Keep.
func (k *Keep) check() error {
	if !path.IsAbs(k.Path) || path.Clean(k.Path) != k.Path || k.Path == "/" || k.Read == nil {
		return fmt.Errorf("runner: keep %q: set an absolute path below /, without . and .., and Read: %w", k.Path, unix.EINVAL)
	}
	return nil
}

// open opens the directory in the root of a process, by its pid, before a
// program is there that could put anything in its way.
func (k *Keep) open(pid int) (*os.File, error) {
	root, err := unix.Open(fmt.Sprintf("/proc/%d/root", pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("runner: keep: the sandbox's root: %w", err)
	}
	defer unix.Close(root)
	fd, err := unix.Openat2(root, k.Path[1:], &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, fmt.Errorf("runner: keep %s: %w: name a directory of the root", k.Path, err)
	}
	return os.NewFile(uintptr(fd), k.Path), nil
}

// keep lets the caller look at the kept directory, and lets it go: as long as
// it is there its pages are charged to the run's cgroup.
func (r *run) keep(k *Keep) error {
	if r.kept == nil {
		return nil
	}
	err := k.Read(r.kept)
	if closeErr := r.kept.Close(); closeErr != nil && !errors.Is(closeErr, os.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	r.kept = nil
	if err != nil {
		return fmt.Errorf("runner: keep %s: %w", k.Path, err)
	}
	return nil
}
