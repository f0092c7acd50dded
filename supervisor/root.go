package supervisor

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Root is a root directory, held open, for the calls of all the threads that
// have it. A back end that knows that the threads of a run keep theirs saves
// the time to look for it each time. It is for one goroutine at a time.
type Root struct {
	fd   int
	name string // as the judge sees it; "/" if nothing is above it
	// descriptors is /proc/self/fd, -1 if it is not open.
	descriptors int
	// proc is which devices are file systems of type proc.
	proc   map[uint64]bool
	buffer [pathMax + len(deletedSuffix)]byte
}

// OpenRoot opens the root directory of a thread. ESRCH if it is gone.
func OpenRoot(tid int) (*Root, error) {
	r, err := openRoot(tid)
	if err != nil {
		return nil, err
	}
	if r.descriptors, err = openat(unix.AT_FDCWD, "/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY); err != nil {
		unix.Close(r.fd)
		return nil, err
	}
	return r, nil
}

func openRoot(tid int) (*Root, error) {
	fd, err := openat(unix.AT_FDCWD, "/proc/"+strconv.Itoa(tid)+"/root", unix.O_PATH)
	if err != nil {
		return nil, gone(err)
	}
	r := &Root{fd: fd, descriptors: -1, proc: make(map[uint64]bool)}
	if r.name, err = r.called(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return r, nil
}

// Close closes it.
func (r *Root) Close() {
	for _, fd := range []int{r.fd, r.descriptors} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	r.fd, r.descriptors = -1, -1
}

// NewCall is the package's for a thread that has this root.
func (r *Root) NewCall(tid, pid int, data seccomp.Data, memory Memory) *Call {
	return newCall(&walker{tid: tid, pid: pid, root: r}, data, memory)
}

// called is what the kernel calls a descriptor of the judge's.
func (r *Root) called(fd int) (string, error) {
	if r.descriptors >= 0 {
		return r.readlink(r.descriptors, strconv.Itoa(fd))
	}
	return r.readlink(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd))
}

// readlink reads a link whole. What the kernel makes up for descriptors may be
// longer than a path; it is then ENAMETOOLONG.
func (r *Root) readlink(dir int, name string) (string, error) {
	n, err := unix.Readlinkat(dir, name, r.buffer[:])
	switch {
	case err != nil:
		return "", err
	case n == len(r.buffer) || n == 0:
		return "", unix.ENAMETOOLONG
	}
	return string(r.buffer[:n]), nil
}

// isProc says whether a file is in a file system of type proc.
func (r *Root) isProc(fd int, device uint64) (bool, error) {
	// Only what has no device of its own (UNNAMED_MAJOR) can be one.
	if unix.Major(device) != 0 {
		return false, nil
	}
	is, known := r.proc[device]
	if !known {
		var fs unix.Statfs_t
		if err := unix.Fstatfs(fd, &fs); err != nil {
			return false, err
		}
		is = fs.Type == unix.PROC_SUPER_MAGIC
		r.proc[device] = is
	}
	return is, nil
}
