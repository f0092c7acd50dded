package cgroup

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/mountinfo"
)

// membership is a line of /proc/PID/cgroup (cgroups(7)): the cgroup of a process in
// one hierarchy.
type membership struct {
	controllers []string // empty for version 2
	path        string   // from the root of the reader's cgroup namespace
}

func (m membership) version() int {
	if len(m.controllers) == 0 {
		return 2
	}
	return 1
}

// parseMemberships parses /proc/PID/cgroup: "id:controller,controller:path".
func parseMemberships(data []byte) ([]membership, error) {
	var all []membership
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		// Only the path may hold colons, and a name=: that of a named hierarchy has none.
		f := strings.SplitN(line, ":", 3)
		if len(f) != 3 || !strings.HasPrefix(f[2], "/") {
			return nil, fmt.Errorf("cgroup: malformed membership %q", line)
		}
		if _, err := strconv.ParseUint(f[0], 10, 32); err != nil {
			return nil, fmt.Errorf("cgroup: malformed hierarchy id in %q", line)
		}
		m := membership{path: f[2]}
		if f[1] != "" {
			m.controllers = strings.Split(f[1], ",")
		}
		all = append(all, m)
	}
	return all, nil
}

// mountPoint is a cgroup mount of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
type mountPoint struct {
	version  int
	root     string   // the cgroup that is mounted, from the root of the reader's cgroup namespace
	dir      string   // where it is mounted
	options  []string // of the superblock: the controllers of a version 1 hierarchy
	readOnly bool
}

// parseMounts parses /proc/PID/mountinfo and returns the cgroup mounts, in order.
func parseMounts(data []byte) ([]mountPoint, error) {
	var all []mountPoint
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		// id parent major:minor root dir options [tags…] - type source super-options
		head, tail, ok := strings.Cut(line, " - ")
		h, t := strings.Split(head, " "), strings.Split(tail, " ")
		if !ok || len(h) < 6 || len(t) < 3 {
			return nil, fmt.Errorf("cgroup: malformed mount %q", line)
		}
		m := mountPoint{root: mountinfo.Unescape(h[3]), dir: mountinfo.Unescape(h[4]), options: strings.Split(t[2], ",")}
		switch t[0] {
		case "cgroup":
			m.version = 1
		case "cgroup2":
			m.version = 2
		default:
			continue
		}
		m.readOnly = slices.Contains(strings.Split(h[5], ","), "ro") || slices.Contains(m.options, "ro")
		all = append(all, m)
	}
	return all, nil
}

// below returns where path lies under root, both as seen in one cgroup namespace, and
// whether it does. A path outside of the namespace begins with "/..", as does the
// root of a mount made outside of it; the names between "/.." and "/" are unknown.
func below(root, p string) (string, bool) {
	rel := p
	if root != "/" {
		var ok bool
		if rel, ok = strings.CutPrefix(p, root); !ok || rel != "" && rel[0] != '/' {
			return "", false
		}
	}
	if slices.Contains(strings.Split(rel, "/"), "..") {
		return "", false
	}
	return path.Clean("/" + rel), true
}

// hierarchy is one cgroup hierarchy as the caller sees it.
type hierarchy struct {
	version     int
	controllers []string // of version 1; those of version 2 are in its files
	top         string   // directory of the topmost cgroup that is mounted
	own         string   // directory of the caller's own cgroup
	err         error    // why it can't be used; then top and own are empty
}

// name returns how messages call the hierarchy.
func (h *hierarchy) name() string {
	if h.version == 2 {
		return "cgroup2"
	}
	return strings.Join(h.controllers, ",")
}

// locate joins what /proc/self/cgroup and /proc/self/mountinfo say. usable tells
// whether a directory really is in a cgroup file system of the version: a mount point
// may be covered by a later mount. Named hierarchies (name=systemd) count nothing and
// are left out.
func locate(members []membership, mounts []mountPoint, usable func(dir string, version int) error) []*hierarchy {
	var all []*hierarchy
	for _, m := range members {
		if len(m.controllers) == 1 && strings.HasPrefix(m.controllers[0], "name=") {
			continue
		}
		h := &hierarchy{version: m.version(), controllers: m.controllers}
		h.err = fmt.Errorf("the %s hierarchy is not mounted: mount it", h.name())
		all = append(all, h)
		for _, mp := range mounts {
			if mp.version != h.version || h.version == 1 && !slices.Contains(mp.options, m.controllers[0]) {
				continue
			}
			rel, ok := below(mp.root, m.path)
			if !ok {
				h.err = fmt.Errorf("own cgroup %s is outside of what is mounted at %s (%s): mount the hierarchy from its root", m.path, mp.dir, mp.root)
				continue
			}
			if mp.readOnly {
				h.err = pathError("mkdir", mp.dir, unix.EROFS)
				continue
			}
			if err := usable(mp.dir, h.version); err != nil {
				h.err = err
				continue
			}
			h.top, h.own, h.err = mp.dir, path.Join(mp.dir, rel), nil
			break
		}
	}
	return all
}
