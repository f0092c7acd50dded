package testprog

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// dir returns the artifact's directory, which is built if it isn't there yet.
func (a artifact) dir(t testing.TB) string {
	t.Helper()
	key, err := a.key()
	if err != nil {
		t.Fatalf("testprog: %s: %v", a.name, err)
	}
	cache, err := cacheDir()
	if err != nil {
		t.Fatalf("testprog: %v", err)
	}
	dir := filepath.Join(cache, a.name+"-"+key)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := a.make(dir); err != nil {
		t.Fatalf("testprog: %s: %v", a.name, err)
	}
	return dir
}

// key is a digest of all that the artifact is made from.
func (a artifact) key() (string, error) {
	hash := sha256.New()
	for _, source := range a.sources {
		code, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%d\n%s", len(code), code)
	}
	tool, err := os.Stat(a.tool)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(hash, "%q %d %d %q", a.tool, tool.Size(), tool.ModTime().UnixNano(), a.args)
	return fmt.Sprintf("%.8x", hash.Sum(nil)), nil
}

// make builds beside dir and renames when all is there, so that nobody ever sees half a
// program. Whoever comes at the same time waits at the lock of the source: two would do
// no harm, but cost twice.
func (a artifact) make(dir string) error {
	lock, err := os.Open(a.sources[0])
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}

	scratch, err := os.MkdirTemp(filepath.Dir(dir), "."+a.name+"-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	cmd := a.build(scratch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	if err := share(scratch); err != nil {
		return err
	}
	if err := os.Rename(scratch, dir); err != nil && !errors.Is(err, unix.EEXIST) && !errors.Is(err, unix.ENOTEMPTY) {
		return err
	}
	return nil
}

// share lets everyone read what is below dir, and run what can be run, whatever the umask.
func share(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}

// cacheDir is this user's directory for artifacts. It has to be the user's own, or
// another user could put programs into it that our tests run.
func cacheDir() (string, error) {
	parent, err := filepath.Abs(os.TempDir())
	if err != nil {
		return "", err
	}
	dir := filepath.Join(parent, fmt.Sprintf("bailiff-testprog-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; !info.IsDir() || int(owner) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s (%v, owner %d) isn't a directory that only we can write to: remove it, or set $TMPDIR", dir, info.Mode(), owner)
	}
	if info.Mode().Perm()&0o055 != 0o055 {
		if err := os.Chmod(dir, 0o755); err != nil {
			return "", err
		}
	}
	return dir, reachable(dir)
}

// reachable tells whether every user can run programs below dir.
func reachable(dir string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return fmt.Errorf("statfs %s: %w", dir, err)
	}
	if stat.Flags&unix.ST_NOEXEC != 0 {
		return fmt.Errorf("%s is mounted noexec: set $TMPDIR to a directory that programs can run from", dir)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("other users can't enter %s (%v), so a sandbox couldn't run a program there: set $TMPDIR to a directory open to all", dir, info.Mode())
		}
	}
	return nil
}
