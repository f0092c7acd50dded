package cgroup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Unlimited lifts a limit.
const Unlimited = -1

// maxPids is PID_MAX_LIMIT of include/linux/threads.h, for 64 bits.
const maxPids = 4 << 20

// residue is how many bytes may stay charged to a group after Reset. The per-CPU
// batches of charges that the kernel keeps are of that size (64 pages for each), and
// the next run uses them up. More than that is cached files.
const residue = 1 << 20

// Group is a cgroup for one run at a time: a directory in each hierarchy that the Manager
// uses. It holds about 15 descriptors, all closed on exec.
//
// Stats, Kill, Empty, Procs, Freeze and Thaw may be called at the same time; the
// limits, Reset and Close only when nothing else is.
type Group struct {
	m     *Manager
	parts []*part // as m.used
	base  values  // of the fields that only grow, at the last Reset

	memory, pids  int64
	quota, period time.Duration
	frozen        atomic.Bool
	killed        atomic.Bool
}

var errClosed = errors.New("cgroup: the group is closed")

// part is a group's directory in one hierarchy.
type part struct {
	branch *branch
	name   string
	dir    int   // descriptor of the directory
	join   int   // of "tasks" or "cgroup.procs", for writing
	files  []int // as branch.files
}

func (p *part) path() string   { return path.Join(p.branch.dir, p.name) }
func (p *part) target() target { return target{p.branch.fd, p.name, p.path()} }

// fail wraps an error with what was done to which file of the part.
func (p *part) fail(op, file string, err error) error {
	return fail(pathError(op, path.Join(p.path(), file), err))
}

// New makes a group without limits. If it fails, for instance with ENOSPC, it leaves
// nothing behind.
func (m *Manager) New() (*Group, error) {
	m.life.RLock()
	defer m.life.RUnlock()
	if m.closed {
		return nil, errors.New("cgroup: New after Close of the Manager")
	}
	g := &Group{m: m, memory: Unlimited, pids: Unlimited, quota: Unlimited}
	name := strconv.FormatUint(m.made.Add(1), 10)
	for _, b := range m.used {
		p := &part{branch: b, name: name, dir: -1, join: -1}
		if err := p.make(); err != nil {
			return nil, errors.Join(err, g.remove())
		}
		g.parts = append(g.parts, p)
	}
	m.mu.Lock()
	m.groups[g] = struct{}{}
	m.mu.Unlock()
	return g, nil
}

// make makes the directory and opens its files; on failure neither is left.
func (p *part) make() error {
	if err := unix.Mkdirat(p.branch.fd, p.name, 0o755); err != nil {
		return p.fail("mkdir", "", err)
	}
	if err := p.open(); err != nil {
		p.close()
		return errors.Join(err, unix.Unlinkat(p.branch.fd, p.name, unix.AT_REMOVEDIR))
	}
	return nil
}

// open opens the directory and the files in it. What it has not opened is -1.
func (p *part) open() (err error) {
	open := func(dir int, name string, flags int) int {
		fd := -1
		if err == nil {
			if fd, err = openAt(dir, name, flags); err != nil {
				err = p.fail("open", name, err)
			}
		}
		return fd
	}
	p.dir = open(p.branch.fd, p.name, unix.O_RDONLY|unix.O_DIRECTORY)
	p.join = open(p.dir, p.branch.joinFile(), unix.O_WRONLY)
	for _, f := range p.branch.files {
		p.files = append(p.files, open(p.dir, f.name, f.flags))
	}
	return err
}

// joinFile is the file by which a process of one thread moves itself. Version 1's "tasks"
// spares the lock that keeps all processes of the machine from forking meanwhile, which
// cgroup.procs takes (cgroup_procs_write_start in kernel/cgroup/cgroup.c).
func (b *branch) joinFile() string {
	if b.version == 2 {
		return "cgroup.procs"
	}
	return "tasks"
}

func (p *part) close() {
	for _, fd := range append(p.files, p.dir, p.join) {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	p.dir, p.join, p.files = -1, -1, nil
}

// CgroupFD returns a descriptor for clone3's CLONE_INTO_CGROUP (Linux 5.7), by which a
// process starts in the group's version 2 cgroup, and whether there is one and Open has
// seen it work. It is valid until Reset or Close.
func (g *Group) CgroupFD() (fd int, ok bool) {
	for _, p := range g.parts {
		if p.branch.cloneInto {
			return p.dir, true
		}
	}
	return -1, false
}

// JoinFDs appends to fds the descriptors into each of which the child, while it has one
// thread, must write "0" to join the group, in this order: whoever is in any cgroup of
// the group is then in the first. With cloned the one of CgroupFD is left out. They are
// valid until Reset or Close.
func (g *Group) JoinFDs(fds []int, cloned bool) []int {
	for _, p := range g.parts {
		if !cloned || p.branch.version == 1 {
			fds = append(fds, p.join)
		}
	}
	return fds
}

// Add moves a process, with all its threads, into the group. What it has used so far, and
// children it has already, stay elsewhere: a program that is to be held to limits joins
// before exec, by CgroupFD and JoinFDs.
func (g *Group) Add(pid int) error {
	for _, p := range g.parts {
		if err := writeAt(p.dir, "cgroup.procs", strconv.Itoa(pid)); err != nil {
			return p.fail("add process "+strconv.Itoa(pid)+" to", "", err)
		}
	}
	return nil
}

// SetMemory limits the bytes charged to the group, memory and swap together; swap isn't
// used. The kernel rounds down to pages. Unlimited lifts the limit. An
// *[UnavailableError] tells that nothing here can.
//
// At the limit the kernel reclaims what it can, then kills (Stats.OOMKills).
func (g *Group) SetMemory(bytes int64) error {
	c, p, err := g.control(MemoryLimit)
	if err != nil {
		return err
	}
	if bytes != Unlimited && bytes < int64(unix.Getpagesize()) {
		return fmt.Errorf("cgroup: memory limit of %d bytes: must be at least a page, or Unlimited", bytes)
	}
	if bytes == g.memory {
		return nil
	}
	limit := c.limit(bytes)
	memory, swap := [2]string{c.file, limit}, [2]string{c.also, limit}
	if p.branch.version == 2 && bytes != Unlimited {
		swap[1] = "0" // version 2 limits swap alone, version 1 memory and swap together
	}
	// The limit with swap must never be less than the one without.
	order := [][2]string{memory, swap}
	if g.memory != Unlimited && (bytes == Unlimited || bytes > g.memory) {
		order = [][2]string{swap, memory}
	}
	for _, w := range order {
		if err = p.write(w[0], w[1]); err != nil {
			break
		}
	}
	if err == nil {
		g.memory = bytes
	}
	return err
}

// SetPids limits how many processes and threads the group may have; more make fork and
// clone fail with EAGAIN. Unlimited lifts the limit. An *[UnavailableError] tells that
// nothing here can.
func (g *Group) SetPids(n int64) error {
	c, p, err := g.control(PidsLimit)
	if err != nil {
		return err
	}
	if n != Unlimited && (n < 1 || n > maxPids) {
		return fmt.Errorf("cgroup: limit of %d processes: must be 1 to %d, or Unlimited", n, maxPids)
	}
	if n == g.pids {
		return nil
	}
	if err = p.write(c.file, c.limit(n)); err == nil {
		g.pids = n
	}
	return err
}

// SetCPUQuota lets the group use the CPU for quota in each period (1 ms to 1 s), summed over
// all CPUs; then it waits. A quota of Unlimited lifts the limit. An *[UnavailableError]
// tells that nothing here can, or that Options.CPUQuota is not set.
func (g *Group) SetCPUQuota(quota, period time.Duration) error {
	c, p, err := g.control(CPUQuota)
	if err != nil {
		return err
	}
	if quota != Unlimited && quota < time.Millisecond || period < time.Millisecond || period > time.Second {
		return fmt.Errorf("cgroup: CPU quota of %v in each %v: must be at least 1ms, or Unlimited, in 1ms to 1s", quota, period)
	}
	if quota == g.quota && period == g.period {
		return nil
	}
	limit, us := c.limit(Unlimited), strconv.FormatInt(period.Microseconds(), 10)
	if quota != Unlimited {
		limit = c.limit(quota.Microseconds())
	}
	if p.branch.version == 2 {
		err = p.write(c.file, limit+" "+us)
	} else if err = p.write(c.file, c.limit(Unlimited)); err == nil { // without a quota any period will do
		if err = p.write(c.also, us); err == nil {
			err = p.write(c.file, limit)
		}
	}
	if err == nil {
		g.quota, g.period = quota, period
	}
	return err
}

// control returns what provides a feature, and the part that has it.
func (g *Group) control(f Feature) (*control, *part, error) {
	if err := g.m.support[f].Err; err != nil {
		return nil, nil, err
	}
	for _, p := range g.parts {
		if p.branch == g.m.where[f] {
			return g.m.chosen[f], p, nil
		}
	}
	return nil, nil, errClosed
}

// write writes to a file that is kept open, or does nothing if the kernel doesn't have
// the file, as that for swap.
func (p *part) write(name, s string) error {
	for i, f := range p.branch.files {
		if f.name == name {
			if err := write(p.files[i], s); err != nil {
				return p.fail("write "+s+" to", name, err)
			}
		}
	}
	return nil
}

// Freeze stops all processes of the group, and returns when they have stopped or the
// context ends. They are frozen until Thaw, Reset or Close, and can be killed.
func (g *Group) Freeze(ctx context.Context) error {
	c, p, err := g.control(Freeze)
	if err != nil {
		return err
	}
	g.frozen.Store(true)
	z, _ := freezer(p.dir)
	err = z.start(ctx, p.dir)
	g.frozen.Store(true) // also if there was a Thaw meanwhile, which start undoes
	if err != nil {
		return p.fail("freeze by", c.file, err)
	}
	return nil
}

// Thaw lets frozen processes run again.
func (g *Group) Thaw() error {
	c, p, err := g.control(Freeze)
	if err != nil {
		return err
	}
	z, _ := freezer(p.dir)
	if err := z.stop(p.dir); err != nil {
		return p.fail("thaw by", c.file, err)
	}
	g.frozen.Store(false)
	return nil
}

// Procs returns the pids of the processes in the group, zombies left out, as seen from
// the caller's pid namespace; one that isn't seen there is left out or 0.
func (g *Group) Procs() ([]int, error) {
	p, err := g.first()
	if err != nil {
		return nil, err
	}
	pids, err := procs(p.dir)
	if err != nil {
		return nil, p.fail("read", "cgroup.procs", err)
	}
	return pids, nil
}

// Empty reports whether no process is left in the group. Zombies don't count.
func (g *Group) Empty() (bool, error) {
	p, err := g.first()
	if err != nil {
		return false, err
	}
	if p.branch.version == 1 {
		pids, err := g.Procs()
		return len(pids) == 0, err
	}
	// Unlike cgroup.procs this has no list to walk, and counts cgroups below, too.
	data, err := readAt(p.dir, "cgroup.events")
	if err != nil {
		return false, p.fail("read", "cgroup.events", err)
	}
	n, _ := parseValue(data, "populated")
	return n == 0, nil
}

// first returns the part that has all processes of the group, see JoinFDs.
func (g *Group) first() (*part, error) {
	if len(g.parts) == 0 {
		return nil, errClosed
	}
	return g.parts[0], nil
}

// WaitEmpty returns when no process is left in the group, or the context ends.
func (g *Group) WaitEmpty(ctx context.Context) error {
	return g.poll(ctx, g.Empty)
}

// poll is poll with an error that names the group.
func (g *Group) poll(ctx context.Context, done func() (bool, error)) error {
	err := poll(ctx, done)
	if err != nil && ctx.Err() != nil && len(g.parts) > 0 {
		err = fmt.Errorf("cgroup: waiting for the processes in %s to end: %w", g.parts[0].path(), err)
	}
	return err
}

// Kill kills every process in the group, however fast they fork, frozen or not, and
// returns when none is left or the context ends. Killed children of the caller remain to
// be waited for.
func (g *Group) Kill(ctx context.Context) error {
	if empty, err := g.Empty(); empty || err != nil {
		return err
	}
	c, p, err := g.control(Kill)
	if err != nil {
		return err
	}
	g.killed.Store(true)
	return g.poll(ctx, func() (bool, error) {
		if err := kick(p.dir); err != nil {
			return false, p.fail("kill by", c.file, err)
		}
		return g.Empty()
	})
}

// Reset prepares the group for the next run: the counters start anew, the group is
// thawed, and memory that the last run has left charged is let go. The limits stay
// as they are. It fails with EBUSY if processes are inside; after any other error the
// group must be closed.
//
// A directory is replaced by a fresh one, at the cost of New for that hierarchy, where the
// kernel can't start a count anew (pids.peak of more than one process, memory.peak before
// Linux 6.12), where much memory is still charged (files in the page cache: to reclaim
// them takes up to 100 ms), and after Kill. So ask again for CgroupFD and JoinFDs.
func (g *Group) Reset() error {
	p, err := g.first()
	if err != nil {
		return err
	}
	empty, err := g.Empty()
	if err != nil {
		return err
	}
	if !empty {
		return p.fail("reset", "", unix.EBUSY)
	}
	if g.frozen.Load() {
		if err := g.Thaw(); err != nil {
			return err
		}
	}
	v, err := g.read()
	if err != nil {
		return err
	}
	return g.reset(v)
}

// Turn reads the counters and prepares the group for the next run, as Stats and
// Reset do, with one look at it. It fails with EBUSY if a process is inside, a
// zombie included where there is a pids controller; then the Stats are of now, and
// nothing has changed.
func (g *Group) Turn() (Stats, error) {
	p, err := g.first()
	if err != nil {
		return Stats{}, err
	}
	v, err := g.read()
	if err != nil {
		return Stats{}, err
	}
	empty := v[pidsNow] == 0
	if !g.m.counted.has(PidsLimit) {
		if empty, err = g.Empty(); err != nil {
			return Stats{}, err
		}
	}
	stats := g.stats(v)
	if !empty {
		return stats, p.fail("reset", "", unix.EBUSY)
	}
	if g.frozen.Load() {
		if err := g.Thaw(); err != nil {
			return stats, err
		}
	}
	return stats, g.reset(v)
}

// reset starts anew a group that is empty and thawed, and whose numbers are v.
func (g *Group) reset(v values) (err error) {
	renewed := false
	for _, p := range g.parts {
		if g.stale(p, v) {
			renewed = true
			err = g.renew(p)
		} else {
			err = p.resetPeaks()
		}
		if err != nil {
			return err
		}
	}
	g.killed.Store(false)
	if g.base = v; renewed {
		g.base, err = g.read()
	}
	return err
}

// stale reports whether a part can't be used again. A pids.peak of 1 will be true of the
// next run, too.
//
// After a write to cgroup.kill the kernel kills whatever starts in the cgroup by
// CLONE_INTO_CGROUP: cgroup_css_set_fork in kernel/cgroup/cgroup.c remembers the kill_seq of
// the parent's cgroup, and cgroup_post_fork compares it to that of the child's (seen with
// Linux 6.18).
func (g *Group) stale(p *part, v values) bool {
	return p.branch == g.m.where[Kill] && p.branch.version == 2 && g.killed.Load() ||
		p.branch == g.m.where[PidsPeak] && v[pidsPeak] > 1 ||
		p.branch == g.m.where[MemoryUsage] && v[memoryUsage] > residue ||
		p.branch == g.m.where[MemoryPeak] && v[memoryPeak] > residue && !p.branch.resets()
}

// renew replaces a part by a fresh one with the same limits.
func (g *Group) renew(p *part) error {
	p.close()
	if err := reap([]target{p.target()}, closeTimeout); err != nil {
		return err
	}
	if err := p.make(); err != nil {
		return err
	}
	var errs []error
	if memory := g.memory; p.branch == g.m.where[MemoryLimit] {
		g.memory = Unlimited
		errs = append(errs, g.SetMemory(memory))
	}
	if pids := g.pids; p.branch == g.m.where[PidsLimit] {
		g.pids = Unlimited
		errs = append(errs, g.SetPids(pids))
	}
	if quota := g.quota; p.branch == g.m.where[CPUQuota] && quota != Unlimited {
		g.quota = Unlimited
		errs = append(errs, g.SetCPUQuota(quota, g.period))
	}
	return errors.Join(errs...)
}

// resets reports whether the kernel lets the peak of the branch start anew.
func (b *branch) resets() bool {
	return slices.ContainsFunc(b.files, func(f file) bool { return f.reset != "" })
}

func (p *part) resetPeaks() error {
	for _, f := range p.branch.files {
		if f.reset != "" {
			if err := p.write(f.name, f.reset); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close kills what is in the group, removes its directories and closes its descriptors. It
// waits up to five seconds for processes to be gone. A second Close does nothing.
func (g *Group) Close() error {
	g.m.life.RLock()
	defer g.m.life.RUnlock()
	if len(g.parts) == 0 {
		return nil
	}
	g.m.mu.Lock()
	delete(g.m.groups, g)
	g.m.mu.Unlock()
	return g.remove()
}

func (g *Group) remove() error {
	// All at once: a process is gone from one hierarchy when it is from the others.
	targets := make([]target, len(g.parts))
	for i, p := range g.parts {
		targets[i] = p.target()
	}
	g.closeFiles()
	return reap(targets, closeTimeout)
}

func (g *Group) closeFiles() {
	for _, p := range g.parts {
		p.close()
	}
	g.parts = nil
}
