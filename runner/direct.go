package runner

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Direct, as a Spec's Stdin, Stdout or Stderr, is a file that the program gets
// as it is, with no pipe and no copying between: one end of a pipe to another
// program, say. Nothing is counted and no output limit holds, and the program
// can do to the file what it likes. Run doesn't close it; see [Spec.Started].
type Direct struct{ *os.File }

// given is a descriptor of our own for the caller's file, to be closed as all
// others are once the program has them.
func (d Direct) given() (*os.File, error) {
	if d.File == nil {
		return nil, fmt.Errorf("runner: a Direct of no file: %w", os.ErrInvalid)
	}
	raw, err := d.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("runner: %s: %w", d.Name(), err)
	}
	fd, dupErr := -1, error(nil)
	err = raw.Control(func(own uintptr) { fd, dupErr = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, dupErr); err != nil {
		return nil, fmt.Errorf("runner: %s: %w", d.Name(), err)
	}
	return os.NewFile(uintptr(fd), d.Name()), nil
}
