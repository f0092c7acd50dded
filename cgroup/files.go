package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// mends tells what a user can do about an errno of the cgroup file systems.
var mends = map[unix.Errno]string{
	unix.EACCES: "run as root, or have the cgroup delegated: systemd-run --user --scope -p Delegate=yes",
	unix.EPERM:  "run as root, or have the cgroup delegated: systemd-run --user --scope -p Delegate=yes",
	unix.EROFS:  "mount the cgroup file system read-write, or give the container a writable one",
	unix.EBUSY:  "processes are still inside: killed but stuck in the kernel, or of another pid namespace",
	unix.ENOSPC: "the kernel has no room for another cgroup: remove what is left over",
	unix.ENOMEM: "the kernel has no memory for another cgroup: remove what is left over",
	unix.EAGAIN: "too many cgroups: raise cgroup.max.descendants and cgroup.max.depth of the ancestors, or remove what is left over",
	unix.EMFILE: "too many open files: raise the limit (ulimit -n), or keep fewer groups",
}

// mend returns the mend for an error in brackets, or "" if none is known.
func mend(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) && mends[errno] != "" {
		return " (" + mends[errno] + ")"
	}
	return ""
}

// fail is how an error leaves the package.
func fail(err error) error { return fmt.Errorf("cgroup: %w%s", err, mend(err)) }

// pathError wraps an errno with the operation and the path.
func pathError(op, path string, err error) error {
	return &os.PathError{Op: op, Path: path, Err: err}
}

// refused tells the errors that mean "not here, not to you", as those of checks without an
// errno do, from those that mean that something went wrong, such as ENOSPC.
func refused(err error) bool {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return true
	}
	return slices.Contains([]unix.Errno{unix.EACCES, unix.EPERM, unix.EROFS, unix.ENOENT, unix.ENODEV, unix.EBUSY, unix.EINVAL, unix.EOPNOTSUPP}, errno)
}

// retry calls f until it isn't interrupted by a signal (the Go scheduler sends many).
func retry[T any](f func() (T, error)) (T, error) {
	for {
		v, err := f()
		if err != unix.EINTR {
			return v, err
		}
	}
}

// openAt opens a file of a directory, closed on exec.
func openAt(dir int, name string, flags int) (int, error) {
	return retry(func() (int, error) { return unix.Openat(dir, name, flags|unix.O_CLOEXEC, 0) })
}

// write writes s to a control file in one call, as the kernel wants it.
func write(fd int, s string) error {
	_, err := retry(func() (int, error) { return unix.Pwrite(fd, []byte(s), 0) })
	return err
}

// writeAt opens a control file, writes s, and closes it.
func writeAt(dir int, name, s string) error {
	fd, err := openAt(dir, name, unix.O_WRONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return write(fd, s)
}

// readAt returns the content of a control file, opened anew: version 1 keeps the list
// of cgroup.procs for up to a second for whoever reads it through one descriptor.
func readAt(dir int, name string) ([]byte, error) {
	fd, err := openAt(dir, name, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	data := make([]byte, 0, 512)
	for {
		n, err := retry(func() (int, error) { return unix.Read(fd, data[len(data):cap(data)]) })
		if err != nil || n == 0 {
			return data, err
		}
		if data = data[:len(data)+n]; len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}

// parseValue returns the number of a control file: of the line that begins with key
// and a space, or, with no key, of the file's first line. "max" is Unlimited.
func parseValue(data []byte, key string) (int64, bool) {
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, newline)
		data = rest
		if key != "" {
			if len(line) <= len(key) || string(line[:len(key)]) != key || line[len(key)] != ' ' {
				continue
			}
			line = line[len(key)+1:]
		}
		if string(line) == "max" {
			return Unlimited, true
		}
		v, err := strconv.ParseUint(string(line), 10, 64)
		return int64(min(v, 1<<63-1)), err == nil
	}
	return 0, false
}

var newline = []byte{'\n'}
