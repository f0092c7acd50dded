package language

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// drop removes an entry that nobody uses.
func (s *store) drop(key string) error {
	var gone *entry
	err := s.hold(unix.LOCK_EX, func() (err error) {
		gone, err = s.detach(filepath.Join(s.entries(), key))
		return err
	})
	if gone != nil {
		err = errors.Join(err, s.discard(gone))
	}
	return err
}

// detach takes a directory that nobody uses away from where it can be found.
// The store must be locked alone. It is nil if somebody uses it.
func (s *store) detach(dir string) (*entry, error) {
	lock, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	if err := flock(lock, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, fmt.Errorf("cache: lock %s: %w", dir, err)
	}
	e := &entry{dir: dir, lock: lock}
	if filepath.Dir(dir) == s.work() {
		return e, nil
	}
	to, err := os.MkdirTemp(s.work(), "drop-")
	if err == nil {
		// Onto an empty directory, which os.Rename refuses.
		if err = unix.Rename(dir, to); err == nil {
			e.dir = to
			return e, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("cache: %w", err), e.close())
}

// trim removes what dead processes were making, and then the entries that were
// not used for longest, until the rest is small enough.
func (s *store) trim() error {
	var gone []*entry
	err := s.hold(unix.LOCK_EX, func() error {
		left, err := os.ReadDir(s.work())
		if err != nil {
			return fmt.Errorf("cache: %w", err)
		}
		for _, d := range left {
			e, err := s.detach(filepath.Join(s.work(), d.Name()))
			if err != nil {
				return err
			}
			if e != nil {
				gone = append(gone, e)
			}
		}
		all, total, err := s.list()
		if err != nil {
			return err
		}
		for _, old := range all {
			if total <= s.max {
				break
			}
			e, err := s.detach(filepath.Join(s.entries(), old.key))
			if err != nil {
				return err
			}
			if e != nil {
				gone = append(gone, e)
				total -= old.size
			}
		}
		return nil
	})
	for _, e := range gone {
		err = errors.Join(err, s.discard(e))
	}
	return err
}

type listed struct {
	key  string
	size int64
	used time.Time
}

// list are all entries, the one that was not used for longest first.
func (s *store) list() (all []listed, total int64, err error) {
	dirs, err := os.ReadDir(s.entries())
	if err != nil {
		return nil, 0, fmt.Errorf("cache: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	sizes := map[string]int64{}
	for _, d := range dirs {
		info, err := d.Info()
		if err != nil {
			return nil, 0, fmt.Errorf("cache: %w", err)
		}
		size, ok := s.sizes[d.Name()]
		if !ok {
			sums, err := sumFiles(filepath.Join(s.entries(), d.Name()), false)
			if err != nil {
				return nil, 0, fmt.Errorf("cache: %w", err)
			}
			for _, f := range sums {
				size += f.Size
			}
		}
		sizes[d.Name()] = size
		total += size
		all = append(all, listed{d.Name(), size, info.ModTime()})
	}
	s.sizes = sizes
	slices.SortFunc(all, func(a, b listed) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.key, b.key)) })
	return all, total, nil
}
