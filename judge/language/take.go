package language

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Bounds of what is taken from what a compiler has made.
const (
	maxProductFiles = 8192
	maxProductDepth = 16
)

// taker copies a directory that a hostile program has filled, when nobody
// changes it any more. Only directories and regular files come along, with
// neither their owner nor their mode: links, pipes, sockets and devices stay.
type taker struct {
	to    string
	room  int64 // bytes
	files int
}

// take copies the directory from into to, which is there.
func take(from *os.File, to string, room int64) error {
	t := &taker{to: to, room: room, files: maxProductFiles}
	return t.directory(from, "", 0)
}

func (t *taker) directory(from *os.File, at string, depth int) error {
	if depth > maxProductDepth {
		return refusal(fmt.Sprintf("the compiler has made directories in directories, more than %d deep", maxProductDepth))
	}
	for {
		names, err := from.Readdirnames(256)
		for _, name := range names {
			if err := t.entry(from, at, name, depth); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *taker) entry(from *os.File, at, name string, depth int) error {
	if t.files--; t.files < 0 {
		return refusal(fmt.Sprintf("the compiler has made more than %d files", maxProductFiles))
	}
	// A pipe would wait, without O_NONBLOCK; a link is ELOOP, a socket ENXIO.
	fd, err := unix.Openat(int(from.Fd()), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	switch err {
	case nil:
	case unix.ELOOP, unix.ENXIO, unix.EACCES:
		return nil
	default:
		return fmt.Errorf("open %q: %w", filepath.Join(at, name), err)
	}
	file := os.NewFile(uintptr(fd), name)
	defer file.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return fmt.Errorf("stat %q: %w", filepath.Join(at, name), err)
	}
	path := filepath.Join(at, name)
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := os.Mkdir(filepath.Join(t.to, path), 0o755); err != nil {
			return err
		}
		return t.directory(file, path, depth+1)
	case unix.S_IFREG:
		return t.file(file, path, &stat)
	}
	return nil
}

func (t *taker) file(from *os.File, path string, stat *unix.Stat_t) error {
	// The holes of a sparse file would be written out.
	if t.room -= stat.Size; t.room < 0 {
		return refusal("the compiler has made too much: it is over the limit on the program's size")
	}
	to, err := os.OpenFile(filepath.Join(t.to, path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.CopyN(to, from, stat.Size)
	if err == nil {
		mode := os.FileMode(0o444)
		if stat.Mode&0o111 != 0 {
			mode = 0o555
		}
		err = to.Chmod(mode)
	}
	if closeErr := to.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("take %q: %w", strings.ToValidUTF8(path, "?"), err)
	}
	return nil
}
