package runner

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/initstub"
	"github.com/bailiff-judge/bailiff/internal/perf"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// insideID is the user and group id of every program, as itself sees it.
const insideID = 1000

// initID is that of pid 1 where the judge is root: nobody's.
const initID = 65534

// defaultID is the id outside: isolate's first, which distributions leave free.
const defaultID = 60000

// Options are the choices of [New]. The zero value is what a judge needs.
type Options struct {
	// Logger is told what the sandbox does and does without; nil is silence.
	Logger *slog.Logger
	// UID and GID are who programs are outside the sandbox, if the judge is
	// root; 0 is 60000. As an ordinary user they are that user, or with SubIDs
	// one of the ids granted, the first for 0.
	UID, GID uint32
	// SubIDs gives an ordinary user's programs an id that is not the judge's, of
	// those that /etc/subuid and /etc/subgid grant. It needs newuidmap(1), and is
	// an error where that or a grant is missing. Programs then share an id, so a
	// limit on processes needs cgroups; mode notify can't be had, in which the
	// judge opens files in the program's name; and what a program keeps is read
	// by the judge only if all may read it. Root does not need it.
	SubIDs bool
	// BestEffort runs a program also where one of its limits can't be
	// enforced. Without, that is a [*LimitError].
	BestEffort bool
	// Pool is about sandboxes that stand ready for the next run.
	Pool PoolOptions
}

// LimitError says that a limit can't be enforced here. It wraps the reason and
// matches errors.ErrUnsupported.
type LimitError struct {
	Name string
	Err  error
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("runner: no limit on %s can be enforced here: %v; say that it is unlimited, or ask for best effort", e.Name, e.Err)
}

// Unwrap returns the reason.
func (e *LimitError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, errors.ErrUnsupported) true.
func (e *LimitError) Is(target error) bool { return target == errors.ErrUnsupported }

// Sandbox runs programs. It is safe for concurrent use.
type Sandbox struct {
	options Options
	log     *slog.Logger
	root    bool            // the judge may do everything
	cgroups *cgroup.Manager // nil if there are none for us
	stub    *os.File        // the program of pid 1
	users   *os.File        // as root: the user namespace of all programs, nil if there can be none
	subIDs  *os.File        // with Options.SubIDs: that of all runs, in which the judge is root
	view    *mount.Tree     // for a Spec that names none
	policy  *policy.Policy  // the same
	// lifeline is a pipe whose write end nobody but the judge holds.
	lifeline, lifelineEnd *os.File

	life   sync.RWMutex // read-locked while a run goes on
	closed bool

	mutex    sync.Mutex
	views    map[*mount.Tree]*view
	kinds    map[slotKey]*slotKind
	inits    map[initKey]*forkexec.Runner
	programs map[programKey]*forkexec.Runner
	filters  map[filterKey]*filter
	rulesets map[rulesetKey]*os.File
	tracers  []*ptracer.Tracer // free ones
	groups   []*cgroup.Group   // free ones

	pool *pool
	// lastPID is /proc/sys/kernel/ns_last_pid, nil if slots can't be used for the
	// reason in noSlots.
	lastPID *os.File
	noSlots error
	// counted is what Result.Instructions counts.
	counted perf.Event
	// repeatable is what runs can be made repeatable by, and what not, once
	// somebody has asked.
	repeats    sync.Once
	repeatable []repeatable
	// key lets programs be set up under their filter; no program may know it.
	key uint64
}

// initKey is what the set-up of pid 1 depends on.
type initKey struct {
	view     *mount.Tree
	loopback bool
}

// filterKey is what a filter is compiled from.
type filterKey struct {
	rules *policy.Policy
	mode  Mode // "" if nobody is asked
	slot  bool // for programs in slots
	noted bool // tells of calls that leave something in one
}

// supervised is the mode as filters know it.
func supervised(m Mode) Mode {
	if m == Ptrace || m == Notify {
		return m
	}
	return ""
}

// filter is a policy's, and whether programs can make sockets under it.
type filter struct {
	*seccomp.Filter
	sockets bool            // of one for slots
	allowed *seccomp.Filter // without what is noted, nil if nothing is
}

// programKey is what the set-up of a program depends on: a judge runs the same
// one on many inputs.
type programKey struct {
	text       string
	extra      int
	limits     Limits
	filter     *filter
	traced     bool
	repeatable Repeatable
	counted    bool
	host       bool
	walled     bool
	// Of a program that is run in a slot also what is made anew in it.
	slot     *slotKind
	loopback bool
}

// New makes a sandbox, and removes what judges that were killed have left
// behind. It fails only if the machine can't isolate a program at all; what
// else is missing shows in the runs: as a *[LimitError], or in
// [Result.MeasuredBy]. A judge that gives up root does so before New, or after Close.
func New(o Options) (_ *Sandbox, err error) {
	s := &Sandbox{
		options: o, log: o.Logger, root: mayDoAll(), view: SystemRoot(), counted: perf.Instructions,
		views: map[*mount.Tree]*view{}, kinds: map[slotKey]*slotKind{}, inits: map[initKey]*forkexec.Runner{}, programs: map[programKey]*forkexec.Runner{}, filters: map[filterKey]*filter{}, rulesets: map[rulesetKey]*os.File{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.root {
		s.options.UID, s.options.GID = cmp.Or(o.UID, defaultID), cmp.Or(o.GID, defaultID)
	}
	s.pool = newPool(s)
	for s.key == 0 {
		var random [8]byte
		_, _ = rand.Read(random[:]) // which never fails
		s.key = binary.NativeEndian.Uint64(random[:])
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.policy, err = policy.Named("default"); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if s.stub, err = initstub.Open(); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if s.lifeline, s.lifelineEnd, err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if s.cgroups, err = cgroup.Open(cgroup.Options{}); err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			return nil, fmt.Errorf("runner: %w", err)
		}
		s.log.Info("no cgroups", "reason", err)
		s.cgroups, err = nil, nil
	} else if n, err := s.cgroups.Sweep(); n > 0 || err != nil {
		s.log.Info("swept up after dead judges", "judges", n, "error", err)
	}
	if s.root {
		if s.users, err = s.newUserNamespace(); err != nil {
			s.log.Warn("no user namespace: programs are told from others by their ids alone", "reason", err)
			err = nil
		}
	} else if o.SubIDs {
		if s.subIDs, err = s.newSubIDs(); err != nil {
			return nil, fmt.Errorf("runner: subordinate ids: %w", err)
		}
	}
	if s.noSlots = s.standing(); s.noSlots != nil {
		s.log.Info("every run gets a new sandbox", "reason", s.noSlots)
	}
	return s, nil
}

// mayDoAll says whether the caller is root and may do what root may; in a
// container it may be root by name alone, and is then an ordinary user to us.
func mayDoAll() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return os.Geteuid() == 0 && unix.Capget(&header, &data[0]) == nil && data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}

// noNested keeps programs from making user namespaces of their own, in which
// they would have capabilities: most holes of the kernel start there.
var noNested = []forkexec.Sysctl{{Path: "user/max_user_namespaces", Value: "0"}}

// newUserNamespace makes one that a program enters when everything else is set
// up. It owns none of the other namespaces, so even all capabilities in it
// give a program no right to them.
func (s *Sandbox) newUserNamespace() (*os.File, error) {
	return s.userNamespace([]forkexec.IDMap{{Inside: insideID, Outside: s.options.UID, Count: 1}},
		[]forkexec.IDMap{{Inside: insideID, Outside: s.options.GID, Count: 1}})
}

// userNamespace makes one with these ids, which stays as long as the file.
func (s *Sandbox) userNamespace(uids, gids []forkexec.IDMap) (*os.File, error) {
	runner, err := forkexec.Prepare(forkexec.Config{
		Path: initstub.Name, ExecFile: true, Files: 1, BlockSignals: true, Namespaces: forkexec.User,
		UIDMap: uids, GIDMap: gids, Setgroups: true, Sysctls: noNested,
	})
	if err != nil {
		return nil, err
	}
	holder, err := runner.Start(forkexec.Inputs{Exec: s.stub, Files: []*os.File{s.lifeline}})
	if err != nil {
		return nil, err
	}
	users, err := os.Open(fmt.Sprintf("/proc/%d/ns/user", holder.PID))
	_, waitErr := stop(holder)
	if err = errors.Join(err, waitErr); err != nil && users != nil {
		users.Close()
	}
	return users, err
}

// stop kills pid 1 of a namespace and reaps it, when all others in it are dead and
// reaped. Only its own descendants are in there: the policies' floor keeps programs
// from giving the judge children (CLONE_PARENT).
func stop(p *forkexec.Process) (forkexec.State, error) {
	if err := p.Kill(); err != nil {
		return forkexec.State{}, err
	}
	return p.Wait()
}

// Close waits for the runs that go on and gives everything back. A second
// Close does nothing.
func (s *Sandbox) Close() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	s.pool.close()
	for _, file := range []*os.File{s.lastPID, s.stub, s.users, s.subIDs, s.lifeline, s.lifelineEnd} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	for _, t := range s.tracers {
		t.Close()
	}
	for _, file := range s.rulesets {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	for _, g := range s.groups {
		errs = append(errs, g.Close())
	}
	if s.cgroups != nil {
		errs = append(errs, s.cgroups.Close())
	}
	return errors.Join(errs...)
}

// maxCached bounds what is kept of views and policies that callers make anew
// for each run.
const maxCached = 64

// cached returns what make makes of a key, and keeps it.
func cached[K comparable, V any](s *Sandbox, store map[K]V, key K, make func() (V, error)) (V, error) {
	s.mutex.Lock()
	value, ok := store[key]
	s.mutex.Unlock()
	if ok {
		return value, nil
	}
	value, err := make()
	if err != nil {
		return value, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(store) >= maxCached {
		clear(store)
	}
	store[key] = value
	return value, nil
}

// takeGroup returns a cgroup for one run, nil if there are none.
func (s *Sandbox) takeGroup() (*cgroup.Group, error) {
	if s.cgroups == nil {
		return nil, nil
	}
	s.mutex.Lock()
	if n := len(s.groups); n > 0 {
		g := s.groups[n-1]
		s.groups = s.groups[:n-1]
		s.mutex.Unlock()
		return g, nil
	}
	s.mutex.Unlock()
	return s.cgroups.New()
}

// giveGroup makes a cgroup ready for the next run, or removes it.
func (s *Sandbox) giveGroup(ctx context.Context, g *cgroup.Group) error {
	if g == nil {
		return nil
	}
	err := g.Reset()
	if errors.Is(err, unix.EBUSY) {
		if err = g.Kill(ctx); err == nil {
			err = g.Reset()
		}
	}
	if err != nil {
		s.log.Warn("a cgroup can't be used again", "reason", err)
		return g.Close()
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.groups = append(s.groups, g)
	return nil
}
