package language

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// store keeps what was compiled, on disk, by the key of what it was made from.
// Several processes may use one directory:
//
//	lock           held shared to take, make and publish entries, and alone to drop them
//	entries/KEY/   what is finished: it comes here by one rename, and is not changed again
//	    files/     what the program sees
//	    meta.json  what it is, with a sum of each file
//	work/X/        what is being made, or removed
//
// Whoever uses an entry, or makes one, holds a lock (flock(2)) on its directory.
// The kernel drops the locks of a process that is killed, so what nobody holds
// is free to be removed.
type store struct {
	dir  string
	max  int64 // bytes
	log  *slog.Logger
	lock string

	mutex    sync.Mutex
	verified map[string]bool  // by key: looked at by this process
	sizes    map[string]int64 // by key
}

// meta is what is known of an entry.
type meta struct {
	Main        string          `json:"main"`
	Diagnostics string          `json:"diagnostics"`
	Command     []string        `json:"command"`
	Result      json.RawMessage `json:"result"`
	Files       []fileSum       `json:"files"`
	Synced      bool            `json:"synced"` // what is listed is on the disk
}

type fileSum struct {
	Path   string      `json:"path"` // hexadecimal: a name may be anything
	Size   int64       `json:"size"`
	Mode   os.FileMode `json:"mode"`
	SHA256 string      `json:"sha256"`
}

// openStore makes the directories and removes what dead processes have left.
func openStore(dir string, maximum int64, log *slog.Logger) (*store, error) {
	s := &store{dir: dir, max: maximum, log: log, lock: filepath.Join(dir, "lock"),
		verified: map[string]bool{}, sizes: map[string]int64{}}
	// What contestants write is nobody else's business.
	for _, d := range []string{dir, s.entries(), s.work()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("cache: %w", err)
		}
	}
	if err := s.trim(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *store) entries() string { return filepath.Join(s.dir, "entries") }
func (s *store) work() string    { return filepath.Join(s.dir, "work") }

// hold locks the store while f runs. flock is by open file, so each call opens its own.
func (s *store) hold(how int, f func() error) error {
	file, err := os.OpenFile(s.lock, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	defer file.Close()
	if err := flock(file, how); err != nil {
		return fmt.Errorf("cache: lock %s: %w", s.lock, err)
	}
	return f()
}

func flock(file *os.File, how int) error {
	for {
		if err := unix.Flock(int(file.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// entry is one that is used: nobody removes it before it is closed.
type entry struct {
	dir  string
	meta meta
	lock *os.File
}

func (e *entry) files() string { return filepath.Join(e.dir, "files") }

func (e *entry) close() error {
	if e.lock == nil {
		return nil
	}
	err := e.lock.Close()
	e.lock = nil
	return err
}

// get returns an entry, or nil if there is none. What is there and is not what
// its sums say is removed.
func (s *store) get(key string) (*entry, error) {
	e := &entry{dir: filepath.Join(s.entries(), key)}
	err := s.hold(unix.LOCK_SH, func() (err error) {
		if e.lock, err = os.Open(e.dir); err == nil {
			err = flock(e.lock, unix.LOCK_SH)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	if err := s.verify(key, e); err != nil {
		s.log.Warn("an entry of the cache is broken, and removed", "entry", e.dir, "reason", err)
		return nil, errors.Join(e.close(), s.drop(key))
	}
	now := time.Now()
	if err := os.Chtimes(e.dir, now, now); err != nil {
		return nil, errors.Join(fmt.Errorf("cache: %w", err), e.close())
	}
	return e, nil
}

// verify reads the meta.json of an entry and compares the files with it: once
// byte by byte, later by their sizes. Large entries are written through to the
// disk before they are published, and then the sizes say enough.
func (s *store) verify(key string, e *entry) error {
	text, err := os.ReadFile(filepath.Join(e.dir, "meta.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &e.meta); err != nil {
		return err
	}
	s.mutex.Lock()
	known := s.verified[key] || e.meta.Synced
	s.mutex.Unlock()
	sums, err := sumFiles(e.files(), !known)
	if err != nil {
		return err
	}
	same := slices.EqualFunc(sums, e.meta.Files, func(a, b fileSum) bool {
		return a.Path == b.Path && a.Size == b.Size && a.Mode == b.Mode && (known || a.SHA256 == b.SHA256)
	})
	if !same {
		return errors.New("its files are not those that were made")
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.verified[key] = true
	return nil
}

// sumFiles lists the regular files below a directory, by name.
func sumFiles(dir string, hash bool) ([]fileSum, error) {
	var sums []fileSum
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum := fileSum{Path: hex.EncodeToString([]byte(path[len(dir)+1:])), Size: info.Size(), Mode: info.Mode()}
		if hash {
			if sum.SHA256, err = sumFile(path); err != nil {
				return err
			}
		}
		sums = append(sums, sum)
		return nil
	})
	return sums, err
}

func sumFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// syncFiles writes all below a directory through to the disk.
func syncFiles(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(file.Sync(), file.Close())
	})
}

// stage makes a directory for an entry that is to be made, with an empty files
// in it. It is the caller's until it is published or closed.
func (s *store) stage() (e *entry, err error) {
	e = &entry{}
	// Locked, so that nobody who sweeps finds it before it has its own lock.
	err = s.hold(unix.LOCK_SH, func() (err error) {
		if e.dir, err = os.MkdirTemp(s.work(), "make-"); err != nil {
			return err
		}
		if e.lock, err = os.Open(e.dir); err != nil {
			return err
		}
		return flock(e.lock, unix.LOCK_EX)
	})
	if err == nil {
		// The sandbox binds it: other ids have to come in.
		err = errors.Join(os.Mkdir(e.files(), 0o755), os.Chmod(e.files(), 0o755))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cache: %w", err), s.discard(e))
	}
	return e, nil
}

// discard removes what was staged.
func (s *store) discard(e *entry) error {
	var err error
	if e.dir != "" {
		err = os.RemoveAll(e.dir)
	}
	return errors.Join(err, e.close())
}

// publish makes a staged entry what get finds. If somebody else was faster,
// theirs is returned.
func (s *store) publish(e *entry, key string) (*entry, error) {
	sums, err := sumFiles(e.files(), !e.meta.Synced)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	e.meta.Files = sums
	text, err := json.Marshal(e.meta)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	if err := os.WriteFile(filepath.Join(e.dir, "meta.json"), text, 0o600); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	to := filepath.Join(s.entries(), key)
	err = s.hold(unix.LOCK_SH, func() error {
		if err := os.Rename(e.dir, to); err != nil {
			return err
		}
		e.dir = to
		return flock(e.lock, unix.LOCK_SH)
	})
	if errors.Is(err, fs.ErrExist) || errors.Is(err, unix.ENOTEMPTY) {
		other, err := s.get(key)
		if other != nil || err != nil {
			return other, errors.Join(err, s.discard(e))
		}
		return nil, errors.New("cache: an entry comes and goes") // a broken one, removed by get
	}
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	s.mutex.Lock()
	s.verified[key] = true
	s.mutex.Unlock()
	return e, s.trim()
}
