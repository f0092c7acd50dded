package cgroup

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// prefix begins the names of the directories of Managers.
	prefix = "bailiff."
	// selfPrefix begins the names of the leaves into which callers have moved
	// themselves. A sweeper doesn't kill what is in there.
	selfPrefix = "bailiff-self."
	// closeTimeout bounds the waiting for killed processes to leave a cgroup.
	closeTimeout = 5 * time.Second
)

// Options are the choices of Open. The zero value is what a judge needs.
type Options struct {
	// CPUQuota asks for SetCPUQuota. It is off unless asked for, as it puts each group
	// under the CPU controller, which shares the CPUs by group instead of by thread.
	CPUQuota bool
}

// Manager makes the groups of one judge. It is safe for concurrent use.
type Manager struct {
	found []*hierarchy // all that was located, for Sweep
	used  []*branch    // those where the Manager has a directory; the first holds every process of a group
	v2    *place       // nil if the version 2 hierarchy isn't used

	support [numFeatures]Support
	chosen  [numFeatures]*control // nil where not supported
	where   [numFeatures]*branch
	name    string

	counted featureSet // those that Stats has
	made    atomic.Uint64

	life   sync.RWMutex // read-locked while a group is made or closed
	closed bool
	mu     sync.Mutex
	groups map[*Group]struct{}
}

// branch is the Manager's directory in one hierarchy.
type branch struct {
	*hierarchy
	dir       string // its path
	fd        int    // of dir, with an exclusive lock
	files     []file // what a Group keeps open
	cloneInto bool   // whether CLONE_INTO_CGROUP works
}

// file is a control file that each Group keeps open.
type file struct {
	name     string
	flags    int
	reset    string // starts a peak anew, if the kernel lets it
	readings []reading
}

// Open finds the cgroups of the calling process and makes a directory in each
// hierarchy that provides a feature. The caller closes the Manager.
//
// If nothing at all can be used, for instance because an ordinary user lacks the
// access, the error is an *[UnavailableError] that names all features. Other errors
// mean that something went wrong: too many cgroups, say. Nothing is left behind then.
//
// The calling process may be moved to another cgroup, see the package comment.
func Open(o Options) (*Manager, error) {
	found, err := find()
	if err != nil {
		return nil, err
	}
	return open(found, o)
}

// find locates the hierarchies of the calling process.
func find() ([]*hierarchy, error) {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	members, err := parseMemberships(data)
	if err != nil {
		return nil, err
	}
	if data, err = os.ReadFile("/proc/self/mountinfo"); err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	mounts, err := parseMounts(data)
	if err != nil {
		return nil, err
	}
	return locate(members, mounts, isCgroupFS), nil
}

// isCgroupFS checks that dir is in a cgroup file system of the version.
func isCgroupFS(dir string, version int) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return pathError("statfs", dir, err)
	}
	magic := int64(unix.CGROUP_SUPER_MAGIC)
	if version == 2 {
		magic = unix.CGROUP2_SUPER_MAGIC
	}
	if int64(st.Type) != magic {
		return fmt.Errorf("%s is covered by another mount: unmount that", dir)
	}
	return nil
}

func open(found []*hierarchy, o Options) (_ *Manager, err error) {
	m := &Manager{
		found:  found,
		name:   prefix + strconv.Itoa(os.Getpid()) + "." + rand.Text()[:12],
		groups: map[*Group]struct{}{},
	}
	defer func() {
		if err != nil {
			if undo := m.Close(); undo != nil {
				err = errors.Join(err, undo)
			}
		}
	}()

	var missing [numFeatures][]error
	for i := range controls {
		c := &controls[i]
		if m.chosen[c.feature] != nil || c.feature == CPUQuota && !o.CPUQuota {
			continue
		}
		b, err := m.branchFor(c, o)
		if err == nil {
			err = b.offer(c)
		}
		if err == nil {
			m.chosen[c.feature], m.where[c.feature] = c, b
		} else if refused(err) {
			missing[c.feature] = append(missing[c.feature], err)
		} else {
			return nil, fail(err)
		}
	}
	if len(m.used) == 0 {
		all := &UnavailableError{Err: reasons(slices.Concat(missing[:]...))}
		for f := range numFeatures {
			all.Features = append(all.Features, f)
		}
		return nil, all
	}
	for f := range numFeatures {
		s := &m.support[f]
		s.Feature = f
		switch c := m.chosen[f]; {
		case c != nil:
			s.By = c.file
			if len(c.readings) > 0 {
				m.counted.add(f)
			}
		case f == CPUQuota && !o.CPUQuota:
			s.Err = &UnavailableError{[]Feature{f}, errors.New("not asked for: set Options.CPUQuota")}
		default:
			s.Err = &UnavailableError{[]Feature{f}, reasons(missing[f])}
		}
	}
	return m, nil
}

// errAbsent is the reason that is not worth telling beside any other.
var errAbsent = errors.New("no mounted hierarchy has what it takes")

// reasons joins errors on one line, without repetitions.
func reasons(errs []error) error {
	var all error
	seen := map[string]bool{}
	for _, err := range errs {
		switch {
		case err == errAbsent || seen[err.Error()]:
			continue
		case all == nil:
			all = err
		default:
			all = fmt.Errorf("%w; %w", all, err)
		}
		seen[err.Error()] = true
	}
	return cmp.Or(all, errAbsent)
}

// branchFor returns the Manager's directory in the hierarchy of a control, and makes it
// if this is the first control that asks.
func (m *Manager) branchFor(c *control, o Options) (*branch, error) {
	i := slices.IndexFunc(m.found, func(h *hierarchy) bool {
		return h.version == c.version && (h.version == 2 || slices.Contains(h.controllers, c.controller))
	})
	if i < 0 {
		return nil, errAbsent
	}
	h := m.found[i]
	for _, b := range m.used {
		if b.hierarchy == h {
			return b, nil
		}
	}
	if h.err == nil {
		b, err := m.makeBranch(h, o)
		if err == nil {
			m.used = append(m.used, b)
			return b, nil
		}
		if !refused(err) {
			return nil, err
		}
		h.err = err // not to be tried for each control again
	}
	return nil, h.err
}

// makeBranch makes and locks the Manager's directory in a hierarchy.
func (m *Manager) makeBranch(h *hierarchy, o Options) (_ *branch, err error) {
	p := &place{dir: h.own}
	if h.version == 2 {
		if p, err = placeV2(h.top, h.own, wantedV2(o), selfPrefix+strings.TrimPrefix(m.name, prefix)); err != nil {
			return nil, err
		}
		m.v2 = p
		defer func() {
			if err != nil {
				err = errors.Join(err, p.undo())
				m.v2 = nil
			}
		}()
	}
	b := &branch{hierarchy: h, dir: path.Join(p.dir, m.name)}
	if b.fd, err = makeLocked(b.dir); err != nil {
		return nil, err
	}
	if len(p.controllers) > 0 {
		if err = writeFile(path.Join(b.dir, "cgroup.subtree_control"), "+"+strings.Join(p.controllers, " +")); err != nil {
			return nil, errors.Join(err, b.remove())
		}
	}
	if h.version == 2 {
		if b.cloneInto, err = b.probeClone(); err != nil {
			return nil, errors.Join(err, b.remove())
		}
	}
	return b, nil
}

// probeClone reports whether a child can be started in a cgroup by CLONE_INTO_CGROUP. The
// kernel may lack it (before 5.7), a container's seccomp filter may refuse clone3, or the
// child is killed at once: see Group.stale, if the caller itself is in a cgroup that was
// killed before.
func (b *branch) probeClone() (bool, error) {
	const name = "probe"
	p := &part{branch: b, name: name, dir: -1, join: -1}
	if err := p.make(); err != nil {
		return false, err
	}
	defer p.close()
	pid, err := syscall.ForkExec("/", []string{"/"}, &syscall.ProcAttr{
		Sys: &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: p.dir},
	})
	if err == nil { // the child didn't live to fail
		_, _ = retry(func() (int, error) { return syscall.Wait4(pid, nil, 0, nil) })
	}
	return err == syscall.EACCES, reap([]target{p.target()}, closeTimeout)
}

// wantedV2 returns the controllers that features are asked of in version 2.
func wantedV2(o Options) []string {
	var wanted []string
	for _, c := range controls {
		if c.version == 2 && c.controller != "" && !slices.Contains(wanted, c.controller) && (c.feature != CPUQuota || o.CPUQuota) {
			wanted = append(wanted, c.controller)
		}
	}
	return wanted
}

// makeLocked makes a cgroup directory and locks it, as the mark of a living owner. Only
// the owner may open it, so that nobody else can hold the lock. A sweeper may lock and
// remove it before it is locked here: then it is made again. That a sweeper, who waits
// for closeTimeout at most, is busy elsewhere is no reason to give up.
func makeLocked(dir string) (int, error) {
	for end := time.Now().Add(2 * closeTimeout); ; time.Sleep(time.Millisecond) {
		if err := unix.Mkdir(dir, 0o700); err != nil && err != unix.EEXIST {
			return -1, pathError("mkdir", dir, err)
		}
		fd, err := lockDir(dir)
		if err == nil {
			return fd, nil
		}
		switch {
		case err != unix.EWOULDBLOCK && err != unix.ENOENT:
			return -1, errors.Join(pathError("lock", dir, err), unix.Rmdir(dir))
		case time.Now().After(end):
			return -1, fmt.Errorf("lock %s: somebody who sweeps has held it for %v", dir, 2*closeTimeout)
		}
	}
}

// lockDir opens a directory and takes the lock on it without waiting. The error is
// EWOULDBLOCK if the lock is held, and ENOENT if the directory is gone by the time it
// is locked.
func lockDir(dir string) (int, error) {
	fd, err := openAt(unix.AT_FDCWD, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return -1, err
	}
	_, err = retry(func() (struct{}, error) { return struct{}{}, unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	var locked, named unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &locked)
	}
	if err == nil {
		err = unix.Lstat(dir, &named)
	}
	if err == nil && locked.Ino != named.Ino {
		err = unix.ENOENT
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// offer checks that the kernel has the files of a control, and notes those that each
// Group shall keep open.
func (b *branch) offer(c *control) error {
	if err := unix.Faccessat(b.fd, c.file, unix.F_OK, 0); err != nil {
		return fmt.Errorf("no %s in cgroups below %s: the kernel is too old, or the controller isn't given to them: %w", c.file, path.Dir(b.dir), err)
	}
	var files []file
	if c.write {
		files = append(files, file{name: c.file, flags: unix.O_WRONLY})
	}
	if c.also != "" {
		if err := unix.Faccessat(b.fd, c.also, unix.F_OK, 0); err == nil {
			files = append(files, file{name: c.also, flags: unix.O_WRONLY})
		} else if c.feature == MemoryLimit && swapping() {
			return fmt.Errorf("%s: swap is on, and not limited: turn it off (swapoff -a), or boot with swapaccount=1: %w", path.Join(b.dir, c.also), err)
		}
	}
	for _, r := range c.readings {
		data, err := readAt(b.fd, r.file)
		if err != nil {
			return pathError("read", path.Join(b.dir, r.file), err)
		}
		if _, ok := parseValue(data, r.key); !ok {
			return pathError("find "+r.key+" in", path.Join(b.dir, r.file), unix.ENOENT)
		}
		f := file{name: r.file, flags: unix.O_RDONLY, readings: []reading{r}}
		if c.reset != "" {
			// Root may open what has no write operation; only writing tells.
			if fd, err := openAt(b.fd, r.file, unix.O_RDWR); err == nil {
				if _, err := unix.Write(fd, []byte(c.reset)); err == nil {
					f.flags, f.reset = unix.O_RDWR, c.reset
				}
				unix.Close(fd)
			}
		}
		files = append(files, f)
	}
	for _, f := range files {
		if i := slices.IndexFunc(b.files, func(g file) bool { return g.name == f.name }); i >= 0 {
			b.files[i].readings = append(b.files[i].readings, f.readings...)
		} else {
			b.files = append(b.files, f)
		}
	}
	return nil
}

// swapping reports whether the machine has swap space.
func swapping() bool {
	data, err := os.ReadFile("/proc/swaps") // a heading, then a line for each
	return err == nil && strings.Count(string(data), "\n") > 1
}

// Features tells for each feature what provides it here, in the order of the constants.
func (m *Manager) Features() []Support { return slices.Clone(m.support[:]) }

// By returns the name of the control file that provides a feature, such as
// "memory.max", or an *[UnavailableError].
func (m *Manager) By(f Feature) (string, error) {
	if f >= numFeatures {
		return "", &UnavailableError{[]Feature{f}, errors.New("there is no such feature")}
	}
	return m.support[f].By, m.support[f].Err
}

// Has reports whether something here provides a feature.
func (m *Manager) Has(f Feature) bool {
	_, err := m.By(f)
	return err == nil
}

// CloneInto reports whether a Group's CgroupFD can be used.
func (m *Manager) CloneInto() bool {
	return slices.ContainsFunc(m.used, func(b *branch) bool { return b.cloneInto })
}

// Joins returns how many descriptors a Group's JoinFDs gives.
func (m *Manager) Joins(cloned bool) int {
	n := 0
	for _, b := range m.used {
		if !cloned || b.version == 1 {
			n++
		}
	}
	return n
}

// Sweep kills the processes that dead judges have left in their groups, removes their
// directories from where this Manager stands, and returns how many judges they were.
// The groups of living judges are not touched, be they in another pid namespace. It
// waits up to five seconds for the killed processes to be gone.
func (m *Manager) Sweep() (int, error) {
	var dead []target
	names := map[string]struct{}{}
	for _, h := range m.found {
		parent := h.own
		if h.err != nil {
			continue
		}
		if h.version == 2 && m.v2 != nil {
			parent = m.v2.dir
		}
		entries, err := os.ReadDir(parent)
		if err != nil {
			return 0, fmt.Errorf("cgroup: %w", err)
		}
		for _, e := range entries {
			dir := path.Join(parent, e.Name())
			if strings.HasPrefix(e.Name(), selfPrefix) {
				_ = unix.Rmdir(dir) // EBUSY while somebody lives there
				continue
			}
			if !strings.HasPrefix(e.Name(), prefix) {
				continue
			}
			fd, err := lockDir(dir)
			if err != nil {
				continue // alive, just removed, or another user's
			}
			defer unix.Close(fd)
			dead = append(dead, target{unix.AT_FDCWD, dir, dir})
			names[e.Name()] = struct{}{}
		}
	}
	return len(names), reap(dead, closeTimeout)
}

// Close kills what is in the Manager's groups, removes its directories, and moves the
// caller back if Open has moved it. A second Close does nothing.
func (m *Manager) Close() error {
	m.life.Lock()
	defer m.life.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	var errs []error
	for g := range m.groups {
		g.closeFiles()
	}
	for _, b := range m.used {
		errs = append(errs, b.remove())
	}
	if m.v2 != nil {
		errs = append(errs, m.v2.undo())
	}
	return errors.Join(errs...)
}

// remove removes the directory with all that is in it, then gives up the lock.
func (b *branch) remove() error {
	defer unix.Close(b.fd)
	return reap([]target{{unix.AT_FDCWD, b.dir, b.dir}}, closeTimeout)
}
