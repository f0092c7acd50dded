package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/mount"
)

// scratchSize and scratchInodes limit each directory in memory that a program
// may write to. What is in there counts as the run's memory, too.
const (
	scratchSize   = 64 << 20
	scratchInodes = 8192
	rootInodes    = 2048
)

// SystemRoot returns a view with what programs and interpreters of the system
// need, and nothing else: /usr, read-only, with the links to it; of /etc only
// what the loader and runtimes look for; harmless devices; /proc with the
// run's own processes alone; /tmp and /dev/shm, writable, in memory, 64 MiB
// each.
func SystemRoot() *mount.Tree {
	t := new(mount.Tree).LimitRoot(mount.TmpfsOptions{Size: 1 << 20, Inodes: rootInodes})
	t.Bind("/usr", "/usr", mount.Optional) // a machine may have no more than a static shell
	for _, dir := range []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"} {
		if content, err := os.Readlink(dir); err == nil {
			t.Symlink(content, dir)
		} else {
			t.Bind(dir, dir, mount.Optional)
		}
	}
	for _, pattern := range []string{"/etc/ld.so.cache", "/etc/ld-musl-*.path", "/etc/alternatives", "/etc/java*"} {
		paths, _ := filepath.Glob(pattern) // the patterns are well-formed
		for _, path := range paths {
			t.Bind(path, path, mount.Optional)
		}
	}
	t.File("/etc/passwd", fmt.Sprintf("root:x:0:0:root:/:/usr/sbin/nologin\nsandbox:x:%d:%d:sandbox:/tmp:/bin/sh\n", insideID, insideID), 0o644)
	t.File("/etc/group", fmt.Sprintf("root:x:0:\nsandbox:x:%d:\n", insideID), 0o644)
	t.Devices()
	t.Proc("/proc", true)
	t.Tmpfs("/tmp", scratch())
	t.Tmpfs("/dev/shm", scratch())
	return t
}

func scratch() mount.TmpfsOptions {
	return mount.TmpfsOptions{Size: scratchSize, Inodes: scratchInodes, Mode: 0o1777}
}

// CommandRoot returns the view that fits a command line typed in a directory:
// SystemRoot, and at the same paths as outside an empty working directory,
// writable and in memory (unless it is one of the system's), with the program and every argument that names an
// existing regular file in it, read-only. Nothing else of the directory is
// there. Relative names are taken from dir, which must be absolute.
func CommandRoot(dir string, args []string) (*mount.Tree, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("runner: working directory %q is not absolute: %w", dir, unix.EINVAL)
	}
	t := SystemRoot()
	if dir = filepath.Clean(dir); dir != "/" && dir != "/tmp" && !ofSystem(dir, "/") {
		t.Tmpfs(dir, scratch())
	}
	shown := map[string]bool{}
	for _, arg := range args {
		path := arg
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		path = filepath.Clean(path)
		if shown[path] || ofSystem(path, dir) {
			continue
		}
		source, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue // an argument need not be a file
		}
		if info, err := os.Stat(source); err == nil && info.Mode().IsRegular() {
			shown[path] = true
			t.Bind(source, path, 0)
		}
	}
	return t, nil
}

// ofSystem says whether a path is in SystemRoot already, or of a kind that
// is nobody's file.
func ofSystem(path, dir string) bool {
	within := func(parent string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }
	if dir != "/" && within(dir) {
		return false
	}
	for _, parent := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sys", "/dev"} {
		if within(parent) {
			return true
		}
	}
	return false
}

// Lookup finds a program as a sandbox with [SystemRoot] and [DefaultEnv] would:
// a name with a slash is a path, made absolute; one without is searched for in
// /usr/local/bin, /usr/bin and /bin. The error matches fs.ErrNotExist or
// fs.ErrPermission.
func Lookup(name string) (string, error) {
	if strings.Contains(name, "/") {
		path, err := filepath.Abs(name)
		if err != nil {
			return "", fmt.Errorf("runner: %w", err)
		}
		return path, executable(path)
	}
	var refused error
	for _, dir := range filepath.SplitList(searchPath) {
		path := filepath.Join(dir, name)
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && refused == nil {
			refused = err
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", fmt.Errorf("runner: %s: %w in %s: give its path", name, fs.ErrNotExist, searchPath)
}

// executable tells early, and with a mend, what exec would refuse.
func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("runner: %w", err)
	case info.IsDir():
		return fmt.Errorf("runner: %s is a directory, not a program: %w", path, unix.EISDIR)
	case !info.Mode().IsRegular():
		return fmt.Errorf("runner: %s is no regular file: %w", path, fs.ErrPermission)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("runner: %s is not executable: chmod +x it, or run its interpreter: %w", path, fs.ErrPermission)
	}
	return nil
}
