package judge

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// workDir is a directory for files while tests run, which nobody else can
// enter. As long as its judge lives, it holds a lock on it (flock(2)); so what
// a killed judge has left is known by having none, and the next one removes it.
type workDir struct {
	path string
	lock *os.File
}

const workPrefix = "bailiff-judge-"

func newWorkDir(parent string, log *slog.Logger) (*workDir, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent, log)
	path, err := os.MkdirTemp(parent, workPrefix)
	if err != nil {
		return nil, fmt.Errorf("no place for files: %w", err)
	}
	lock, err := os.Open(path)
	if err == nil {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), os.RemoveAll(path))
	}
	return &workDir{path, lock}, nil
}

// sweep removes what dead judges have left. One that is just being made has no
// lock for a moment; it is empty, and its judge would find it gone, so only
// those with something in them are removed, or old ones.
func sweep(parent string, log *slog.Logger) {
	paths, _ := filepath.Glob(filepath.Join(parent, workPrefix+"*")) // the pattern is well-formed
	for _, path := range paths {
		dir, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
		if err != nil {
			continue // somebody else's
		}
		names, _ := dir.Readdirnames(1)
		if len(names) > 0 && unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			err := os.RemoveAll(path)
			log.Info("swept up after a dead judge", "dir", path, "error", err)
		}
		dir.Close()
	}
}

func (w *workDir) close() error { return errors.Join(os.RemoveAll(w.path), w.lock.Close()) }
