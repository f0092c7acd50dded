package cgroup

import (
	"errors"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// place is where a Manager makes its directory in the version 2 hierarchy, and what
// had to be done for that.
type place struct {
	dir         string   // the parent
	controllers []string // that children of dir have, of those wanted
	enabled     []string // of these, what was switched on here
	leaf        string   // where the caller has moved itself, or ""
}

// placeV2 chooses the parent as the package comment says. selfName names the leaf.
// It must be undone with undo.
func placeV2(top, own string, wanted []string, selfName string) (*place, error) {
	if strings.HasPrefix(path.Base(own), selfPrefix) {
		own = path.Dir(own) // another Manager has moved us there
	}
	has, err := readWords(path.Join(top, "cgroup.controllers"))
	if err != nil {
		return nil, err
	}
	wanted = slices.DeleteFunc(slices.Clone(wanted), func(c string) bool { return !slices.Contains(has, c) })

	var first error
	for dir := own; ; dir = path.Dir(dir) {
		p, err := tryPlace(dir, wanted, selfName, dir == own)
		if err == nil {
			return p, nil
		}
		if !refused(err) {
			return nil, err
		}
		if first == nil {
			first = err
		}
		if dir == top || dir == "/" {
			break
		}
	}
	// Nowhere all of them: what the own cgroup has, without any change to it.
	has, err = readWords(path.Join(own, "cgroup.subtree_control"))
	if err != nil {
		return nil, err
	}
	some := slices.DeleteFunc(wanted, func(c string) bool { return !slices.Contains(has, c) })
	if p, err := tryPlace(own, some, selfName, false); err == nil {
		return p, nil
	}
	return nil, first
}

// tryPlace checks whether children of dir can be made, joined by the caller's
// children and have the controllers, and sees to the latter.
func tryPlace(dir string, wanted []string, selfName string, mayMove bool) (*place, error) {
	// Who joins a child needs to write the cgroup.procs of the common ancestor.
	for _, p := range []string{dir, path.Join(dir, "cgroup.procs")} {
		if err := unix.Faccessat(unix.AT_FDCWD, p, unix.W_OK, unix.AT_EACCESS); err != nil {
			return nil, pathError("write", p, err)
		}
	}
	has, err := readWords(path.Join(dir, "cgroup.controllers"))
	if err != nil {
		return nil, err
	}
	on, err := readWords(path.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return nil, err
	}
	p := &place{dir: dir, controllers: wanted}
	for _, c := range wanted {
		if !slices.Contains(has, c) {
			return nil, pathError("use controller "+c, dir, unix.ENODEV)
		}
		if !slices.Contains(on, c) {
			p.enabled = append(p.enabled, c)
		}
	}
	if len(p.enabled) == 0 {
		return p, nil
	}
	err = p.enable()
	if errors.Is(err, unix.EBUSY) && mayMove && alone(dir) {
		if err = p.moveSelf(selfName); err == nil {
			err = p.enable()
		}
	}
	if err != nil {
		p.enabled = nil
		return nil, errors.Join(err, p.undo())
	}
	return p, nil
}

func (p *place) enable() error {
	file := path.Join(p.dir, "cgroup.subtree_control")
	return writeFile(file, "+"+strings.Join(p.enabled, " +"))
}

// alone reports whether the caller is the only process in dir. Processes of other pid
// namespaces are listed as 0.
func alone(dir string) bool {
	pids, err := readWords(path.Join(dir, "cgroup.procs"))
	return err == nil && len(pids) == 1 && pids[0] == strconv.Itoa(os.Getpid())
}

// moveSelf makes a child cgroup and moves the caller, with all its threads, there.
func (p *place) moveSelf(name string) error {
	leaf := path.Join(p.dir, name)
	if err := os.Mkdir(leaf, 0o755); err != nil {
		return pathError("mkdir", leaf, errors.Unwrap(err))
	}
	// A sweeper that takes the empty leaf for a leftover makes this fail: ENOENT.
	if err := writeFile(path.Join(leaf, "cgroup.procs"), strconv.Itoa(os.Getpid())); err != nil {
		return errors.Join(err, os.Remove(leaf))
	}
	p.leaf = leaf
	return nil
}

// undo reverses what choosing the place has changed. It leaves the controllers on, and
// the caller in its leaf, if others use them by now.
func (p *place) undo() error {
	if len(p.enabled) > 0 {
		err := writeFile(path.Join(p.dir, "cgroup.subtree_control"), "-"+strings.Join(p.enabled, " -"))
		if errors.Is(err, unix.EBUSY) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	if p.leaf == "" {
		return nil
	}
	if err := writeFile(path.Join(p.dir, "cgroup.procs"), strconv.Itoa(os.Getpid())); err != nil {
		if errors.Is(err, unix.EBUSY) {
			return nil
		}
		return err
	}
	// Children that the caller has started for other purposes are there still.
	if err := os.Remove(p.leaf); err != nil && !errors.Is(err, unix.EBUSY) {
		return pathError("rmdir", p.leaf, errors.Unwrap(err))
	}
	return nil
}

// readWords returns the words of a control file.
func readWords(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, pathError("read", file, errors.Unwrap(err))
	}
	return strings.Fields(string(data)), nil
}

// writeFile writes to a control file that exists.
func writeFile(file, s string) error {
	if err := writeAt(unix.AT_FDCWD, file, s); err != nil {
		return pathError("write "+s+" to", file, err)
	}
	return nil
}
