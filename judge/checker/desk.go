package checker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/mount"
)

// Desk is a directory that program checkers see as /judge, read-only: each test
// puts its files there under the same names. So the view of a checker is the
// same on every test, and nothing of it is made anew.
//
// A Desk is for one test at a time.
type Desk struct {
	dir    string
	output *os.File

	mutex sync.Mutex
	views map[*mount.Tree]*mount.Tree // of programs, by the view they come with
}

// NewDesk makes a desk in a directory that only the judge can enter.
func NewDesk(parent string) (_ *Desk, err error) {
	dir, err := os.MkdirTemp(parent, "desk")
	if err != nil {
		return nil, fmt.Errorf("checker: %w", err)
	}
	d := &Desk{dir: dir, views: map[*mount.Tree]*mount.Tree{}}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
			err = fmt.Errorf("checker: %w", err)
		}
	}()
	if err := os.Chmod(dir, 0o755); err != nil { // in the sandbox it is somebody else who looks
		return nil, err
	}
	if d.output, err = os.OpenFile(filepath.Join(dir, "output"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
		return nil, err
	}
	// Whatever the umask is.
	return d, d.output.Chmod(0o644)
}

// Close removes the desk.
func (d *Desk) Close() error {
	return errors.Join(d.output.Close(), os.RemoveAll(d.dir))
}

// Clear empties the output, and makes it a Writer from its beginning on.
func (d *Desk) Clear() (io.Writer, error) {
	if err := d.output.Truncate(0); err != nil {
		return nil, fmt.Errorf("checker: %w", err)
	}
	if _, err := d.output.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("checker: %w", err)
	}
	return d.output, nil
}

// Output opens the output for reading, from its beginning. It must be closed.
func (d *Desk) Output() (*os.File, error) { return os.Open(d.output.Name()) }

// lay puts a test's file on the desk; "" is an empty one. Where it can, it is
// another name of the same file. That costs nothing, whatever the size.
func (d *Desk) lay(path, name string) error {
	target := filepath.Join(d.dir, name)
	if err := os.Remove(target); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("checker: %w", err)
	}
	if path == "" {
		path = os.DevNull
	}
	source, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("checker: %w", err)
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return fmt.Errorf("checker: %w", err)
	}
	// Others must be able to read it.
	if info.Mode().IsRegular() && info.Mode()&0o004 != 0 {
		// By the descriptor, so that a symbolic link is followed.
		err := unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", source.Fd()), unix.AT_FDCWD, target, unix.AT_SYMLINK_FOLLOW)
		if err == nil {
			return nil
		}
	}
	copied, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("checker: %w", err)
	}
	_, err = io.Copy(copied, source)
	if err = errors.Join(err, copied.Chmod(0o644), copied.Close()); err != nil {
		return fmt.Errorf("checker: %s: %w", path, err)
	}
	return nil
}

// feedbackSize and feedbackFiles limit what a checker can write.
const feedbackSize, feedbackFiles = 16 << 20, 256

// maxViews bounds what is kept of programs that may be long gone.
const maxViews = 16

// view is what a program sees: what it comes with, the desk, and an empty
// directory for its feedback.
func (d *Desk) view(own *mount.Tree) *mount.Tree {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.views[own] == nil {
		if len(d.views) >= maxViews {
			clear(d.views)
		}
		d.views[own] = own.Clone().Bind(d.dir, deskPath, 0).
			Tmpfs(feedbackPath, mount.TmpfsOptions{Size: feedbackSize, Inodes: feedbackFiles, Mode: 0o1777})
	}
	return d.views[own]
}
