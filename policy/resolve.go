package policy

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Resolver finds what a path means to a process, as path_resolution(7) has it.
// What it finds can change at once after; that is for the caller to prevent.
type Resolver struct {
	// Root is the process's root directory as the caller sees it, such as
	// /proc/PID/root; "" is the caller's own.
	Root string
	// Dir is what a relative path starts from, absolute in Root and resolved.
	Dir string
	// PID is the process as its own /proc knows it, 0 for the caller. Its
	// directory there is called /proc/self in results, whichever way it was
	// named.
	PID int
}

const (
	maxLinks = 40   // MAXSYMLINKS
	maxPath  = 4096 // PATH_MAX, with the NUL
)

// Resolve is the path with no symlink in it; the last component may be one if
// follow is false, and may be missing. Errors are the kernel's: ENOENT,
// ENOTDIR, ELOOP, ENAMETOOLONG, EACCES.
//
// What a link in /proc leads to that has no path, such as an open pipe, is
// returned as the kernel names it: "pipe:[42]".
func (r Resolver) Resolve(name string, follow bool) (string, error) {
	resolved, err := r.resolve(name, follow)
	if err != nil {
		return "", fmt.Errorf("policy: resolve %q: %w", name, err)
	}
	return resolved, nil
}

func (r Resolver) resolve(name string, follow bool) (string, error) {
	if name == "" {
		return "", unix.ENOENT
	}
	if len(name) >= maxPath {
		return "", unix.ENAMETOOLONG
	}
	at, rest, links := "/", name, 0
	if name[0] != '/' {
		at = path.Join("/", r.Dir)
	}
	mustBeDirectory := strings.HasSuffix(name, "/") || strings.HasSuffix(name, "/.") || strings.HasSuffix(name, "/..")
	for rest != "" {
		var component string
		component, rest, _ = strings.Cut(rest, "/")
		switch component {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		last := strings.Trim(rest, "/") == ""
		next := r.canonical(path.Join(at, component))
		var stat unix.Stat_t
		err := unix.Lstat(r.physical(next), &stat)
		switch {
		case err == unix.ENOENT && last:
			return next, nil
		case err != nil:
			return "", err
		}
		switch kind := stat.Mode & unix.S_IFMT; {
		case kind == unix.S_IFLNK && (!last || follow || mustBeDirectory):
			if links++; links > maxLinks {
				return "", unix.ELOOP
			}
			target, jump, err := r.readlink(next)
			if err != nil {
				return "", err
			}
			if jump {
				if at = target; last {
					return at, nil
				}
				continue
			}
			if target[0] == '/' {
				at = "/"
			}
			if rest = target + "/" + rest; len(rest) > 2*maxPath {
				return "", unix.ENAMETOOLONG
			}
			// The slash just added says nothing about what the link names.
			rest = strings.TrimSuffix(rest, "/")
		case kind != unix.S_IFDIR && (!last || mustBeDirectory):
			return "", unix.ENOTDIR
		default:
			at = next
		}
	}
	return at, nil
}

// readlink is where a link leads. One of /proc's own (fd/3, exe, cwd) jumps
// there, whatever lies on the way by name.
func (r Resolver) readlink(link string) (target string, jump bool, err error) {
	buffer := make([]byte, maxPath)
	n, err := unix.Readlink(r.physical(link), buffer)
	if err != nil {
		return "", false, err
	}
	if target = string(buffer[:n]); target == "" {
		return "", false, unix.ENOENT
	}
	if strings.HasPrefix(link, "/proc/") && r.inProc(link) {
		relative := target[0] != '/' && !strings.Contains(target, ":[")
		return target, !relative, nil
	}
	return target, false, nil
}

func (r Resolver) inProc(link string) bool {
	var fs unix.Statfs_t
	err := unix.Statfs(r.physical(path.Dir(link)), &fs)
	return err == nil && fs.Type == unix.PROC_SUPER_MAGIC
}

// canonical names the process's own directory in /proc as self.
func (r Resolver) canonical(name string) string {
	own := "/proc/" + strconv.Itoa(r.pid())
	switch rest, ok := strings.CutPrefix(name, own); {
	case ok && (rest == "" || rest[0] == '/'):
		return "/proc/self" + rest
	case name == "/proc/thread-self":
		return "/proc/self/task/" + strconv.Itoa(r.pid())
	}
	return name
}

// physical is a resolved path as the caller sees it. "self" would be the
// caller there.
func (r Resolver) physical(name string) string {
	if rest, ok := strings.CutPrefix(name, "/proc/self"); ok && (rest == "" || rest[0] == '/') {
		name = "/proc/" + strconv.Itoa(r.pid()) + rest
	}
	return r.Root + name
}

func (r Resolver) pid() int {
	if r.PID == 0 {
		return unix.Getpid()
	}
	return r.PID
}
