package runner

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/initstub"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/rlimit"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// plan is all that a run needs and that can be known before it.
type plan struct {
	limits  Limits
	margin  float64
	stop    Limits           // where the run is stopped: beyond its limits by the margin
	init    *forkexec.Runner // pid 1
	program *forkexec.Runner
	by      MeasuredBy
	// killedBy is what counts the kernel's kills for memory.
	killedBy string
	// polled says that nothing but looking at /proc holds the memory limit.
	polled bool
	// slot is the kind of slot that the program is prepared for, nil if it is
	// started in a new sandbox.
	slot *slotKind

	// allowed is the policy where the filter tells of allowed calls, too: those that
	// leave something in a slot. Else nil.
	allowed *seccomp.Filter

	mode   Mode // Auto, if nobody is asked about calls
	rules  *policy.Policy
	traced bool
	// ruleset restricts a program that is left in the judge's own file system.
	ruleset *os.File
}

// namespaces are those that a program shares with its pid 1.
const namespaces = forkexec.PID | forkexec.Mount | forkexec.Network | forkexec.IPC | forkexec.UTS

func (s *Sandbox) plan(spec *Spec) (*plan, error) {
	if len(spec.Args) == 0 || spec.Args[0] == "" {
		return nil, fmt.Errorf("runner: no program: set Args: %w", unix.EINVAL)
	}
	for _, list := range [][]string{spec.Args, spec.Env} {
		for _, text := range list {
			if strings.IndexByte(text, 0) >= 0 {
				return nil, fmt.Errorf("runner: %q contains a NUL byte: %w", text, unix.EINVAL)
			}
		}
	}
	if spec.Keep != nil {
		if err := spec.Keep.check(); err != nil {
			return nil, err
		}
	}
	limits, err := spec.Limits.complete()
	if err != nil {
		return nil, err
	}
	if err := checkMargin(spec.Margin); err != nil {
		return nil, err
	}
	if err := s.checkRepeatable(spec.Repeatable); err != nil {
		return nil, err
	}
	p := &plan{limits: limits, margin: spec.Margin, stop: limits.beyond(spec.Margin)}
	if err := s.enforce(p); err != nil {
		return nil, err
	}
	tree := spec.Root
	if tree == nil && !spec.Host {
		tree = s.view
	}
	p.init, err = cached(s, s.inits, initKey{tree, spec.Loopback}, func() (*forkexec.Runner, error) {
		return forkexec.Prepare(s.initConfig(tree, spec.Loopback))
	})
	if err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	rules := spec.Policy
	if rules == nil {
		rules = s.policy
	}
	if p.mode, err = s.modeFor(spec, rules); err != nil {
		return nil, err
	}
	if err := checkHost(spec, p.mode, rules); err != nil {
		return nil, err
	}
	if spec.Host {
		if p.ruleset, err = s.ruleset(spec, rules); err != nil {
			return nil, fmt.Errorf("runner: %w", err)
		}
	}
	p.rules, p.traced = rules, p.mode == Ptrace || spec.Crash
	if p.slot, err = s.slotFor(spec, tree, p.init); err != nil {
		return nil, err
	}
	of := filterKey{rules: rules, mode: supervised(p.mode), slot: p.slot != nil}
	of.noted = of.slot && p.slot.renewal != nil && of.mode == ""
	filter, err := cached(s, s.filters, of, func() (*filter, error) { return s.newFilter(of) })
	if err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	p.allowed = filter.allowed
	key := programKey{
		slot: p.slot, loopback: spec.Loopback,
		text:   textOf(spec),
		extra:  len(spec.ExtraFiles),
		limits: p.stop, filter: filter, repeatable: spec.Repeatable, counted: spec.Instructions, traced: p.traced, host: spec.Host, walled: p.ruleset != nil,
	}
	p.program, err = cached(s, s.programs, key, func() (*forkexec.Runner, error) {
		return forkexec.Prepare(s.programConfig(spec, p, filter))
	})
	if err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	return p, nil
}

// textOf is what a program is started with, as a key: lists with their lengths, of
// texts that end with a NUL and have no other, and the directory last.
func textOf(spec *Spec) string {
	key := make([]byte, 0, 512)
	for _, list := range [][]string{spec.Args, spec.Env} {
		n := len(list)
		if list == nil {
			n = -1
		}
		key = append(strconv.AppendInt(key, int64(n), 10), 0)
		for _, text := range list {
			key = append(append(key, text...), 0)
		}
	}
	key = append(strconv.AppendInt(key, int64(len(spec.CPUs)), 10), 0)
	for _, cpu := range spec.CPUs {
		key = append(strconv.AppendInt(key, int64(cpu), 10), 0)
	}
	return string(append(key, spec.Dir...))
}

// slotFor settles whether a run uses a slot, and of which kind.
func (s *Sandbox) slotFor(spec *Spec, tree *mount.Tree, init *forkexec.Runner) (*slotKind, error) {
	if spec.Mode == NS || spec.Host {
		return nil, nil
	}
	reason := s.noSlots
	if spec.Keep != nil {
		reason = errors.New("what is to be kept is gone with the program")
	}
	if reason == nil {
		v, err := cached(s, s.views, tree, func() (*view, error) {
			calls, err := tree.CompileRenewal(!s.root)
			return &view{text: tree.String(), writable: len(calls) > 0, fixed: err}, nil
		})
		if err != nil {
			return nil, err
		}
		if reason = v.fixed; reason == nil {
			key := slotKey{v.text, spec.Loopback}
			kind, err := cached(s, s.kinds, key, func() (*slotKind, error) {
				return &slotKind{slotKey: key, init: init, tree: tree, writable: v.writable, sources: tree.Sources(), renewal: s.renewalOf(tree)}, nil
			})
			// Many views are for one run alone, and a slot for it would stand idle.
			if err != nil || !kind.seen.Swap(true) && spec.Mode != Pool {
				return nil, err
			}
			return kind, nil
		}
	}
	if spec.Mode == Pool {
		return nil, fmt.Errorf("runner: mode pool: no sandbox can be used again here: %w; leave the mode out, or say ns", reason)
	}
	return nil, nil
}

// renewalOf is how a slot with this view is made as new, nil if that can't be done
// where it stands. An ordinary user's programs own what they write to, so that its
// times prove nothing; nor do root's without a user namespace, if programs are root.
func (s *Sandbox) renewalOf(tree *mount.Tree) *forkexec.Renewal {
	if !s.root || s.users == nil {
		return nil
	}
	renewal, err := forkexec.PrepareRenewal(tree, false, forkexec.IPC, s.key)
	if err != nil {
		s.log.Debug("each program in a slot gets its own copy of the view", "reason", err)
		return nil
	}
	return renewal
}

// newFilter compiles a policy.
func (s *Sandbox) newFilter(of filterKey) (*filter, error) {
	options := s.filterOptions(of.mode)
	f, err := of.rules.Filter(options)
	if err != nil {
		return nil, err
	}
	made := &filter{Filter: f}
	if of.slot { // to look for sockets takes longer than all else that a single run needs
		if made.sockets, err = opensSockets(of.rules); err != nil {
			return nil, err
		}
	}
	if of.noted {
		made.allowed = f
		options.Noted = residual()
		made.Filter, err = of.rules.Filter(options)
	}
	return made, err
}

// enforce settles what holds each limit and what measures it.
func (s *Sandbox) enforce(p *plan) error {
	by := func(f cgroup.Feature, fallback string) string {
		if s.cgroups != nil {
			if name, err := s.cgroups.By(f); err == nil {
				return name
			}
		}
		return fallback
	}
	p.by = MeasuredBy{
		CPU:       by(cgroup.CPUTime, "wait4"),
		Memory:    by(cgroup.MemoryPeak, "/proc/PID/status"),
		Processes: by(cgroup.PidsPeak, ""),
	}
	p.killedBy = by(cgroup.OOMKills, "")
	p.polled = by(cgroup.MemoryLimit, "") == "" && p.limits.Memory != Unlimited
	if p.limits.Processes == Unlimited || by(cgroup.PidsLimit, "") != "" {
		return nil
	}
	// RLIMIT_NPROC counts an id's processes in its user namespace. An ordinary
	// user's programs have one each; root's share theirs, and it never holds root.
	if s.ownID() || unix.Geteuid() == 0 {
		err := error(&LimitError{"processes", errors.New("there is no pids controller, and programs share a user id")})
		if !s.options.BestEffort {
			return err
		}
		s.log.Warn("limit left out", "reason", err)
	}
	return nil
}

// initConfig is how pid 1 is started.
func (s *Sandbox) initConfig(view *mount.Tree, loopback bool) forkexec.Config {
	config := forkexec.Config{
		Path: initstub.Name, ExecFile: true, Files: 1, BlockSignals: true, NewSession: true, NewKeyring: true,
		Namespaces: namespaces, Hostname: "sandbox", Loopback: loopback, Mounts: view,
	}
	if view == nil {
		config.Namespaces &^= forkexec.Mount
	}
	if s.noSlots == nil {
		deaf(&config)
	}
	if s.root {
		config.Credential = &forkexec.Credential{UID: initID, GID: initID}
		return config
	}
	if s.subIDs != nil {
		config.Join = []forkexec.Namespace{forkexec.User}
		return config
	}
	s.ownNamespace(&config)
	return config
}

// ownNamespace adds a user namespace in which an ordinary user may do the rest.
func (s *Sandbox) ownNamespace(config *forkexec.Config) {
	config.Namespaces |= forkexec.User
	config.UIDMap = []forkexec.IDMap{{Inside: insideID, Outside: uint32(unix.Geteuid()), Count: 1}}
	config.GIDMap = []forkexec.IDMap{{Inside: insideID, Outside: uint32(unix.Getegid()), Count: 1}}
	config.Sysctls = noNested
}

// programConfig is how the program is started.
func (s *Sandbox) programConfig(spec *Spec, p *plan, filter *filter) forkexec.Config {
	config := forkexec.Config{
		Path: spec.Args[0], Args: spec.Args, Env: spec.Env, Dir: spec.Dir, Files: 3 + len(spec.ExtraFiles),
		NewSession: true, NewKeyring: true, CPUs: spec.CPUs,
		Rlimits: p.rlimits(s), Seccomp: filter.Instructions(), SeccompFlags: filter.Flags(), Listener: p.mode != Ptrace, Sync: p.traced || spec.Instructions,
		Join: []forkexec.Namespace{namespaces}, Landlock: p.ruleset != nil,
	}
	if spec.Host {
		config.Join[0] &^= forkexec.Mount
	}
	config.Key = s.key
	umask := 0o22
	config.Umask = &umask
	if config.Env == nil {
		config.Env = DefaultEnv()
	}
	spec.Repeatable.apply(&config)
	config.Dir = spec.dir()
	switch {
	case !s.root:
		config.Join[0] |= forkexec.User
		config.Credential = &forkexec.Credential{UID: insideID, GID: insideID, NoSetgroups: s.subIDs == nil}
	case s.users == nil:
		config.Credential = &forkexec.Credential{UID: s.options.UID, GID: s.options.GID}
	default:
		config.Join = append(config.Join, forkexec.User)
		config.Credential = &forkexec.Credential{UID: insideID, GID: insideID}
	}
	if p.slot != nil {
		s.inSlot(&config, spec, p.slot, filter)
	}
	// Also where there are no cgroups for us: the judge's own says who runs it.
	if _, err := os.Lstat("/proc/self/ns/cgroup"); err == nil {
		config.Namespaces |= forkexec.Cgroup
	}
	if s.cgroups != nil {
		config.CgroupV2 = s.cgroups.CloneInto()
		config.Cgroups = s.cgroups.Joins(config.CgroupV2)
	}
	return config
}

// inSlot adds what each program in a slot has to itself; see slot.
func (s *Sandbox) inSlot(config *forkexec.Config, spec *Spec, kind *slotKind, filter *filter) {
	own := forkexec.Namespace(0)
	if filter.sockets {
		own |= forkexec.Network
		config.Loopback = spec.Loopback
	}
	if kind.renewal == nil {
		own |= forkexec.IPC
	}
	config.Join[0] &^= own | forkexec.IPC // of which the deputy has one
	config.Namespaces |= own
	if kind.writable && kind.renewal == nil {
		config.Namespaces |= forkexec.Mount
		config.Renew = kind.tree
	}
	config.FirstPID, config.Deputy = firstPID, true
	config.KeepBounding = s.users != nil || !s.root // in a user namespace that owns nothing
}

// firstPID is the id of every program, in its own pid namespace: the stub is 1.
const firstPID = 2

// rlimits are those of each process. That of CPU time is a net below the real
// one. There is none on memory: what RLIMIT_AS and RLIMIT_DATA count, runtimes
// of languages take by the gigabyte and never use.
func (p *plan) rlimits(s *Sandbox) rlimit.Set {
	l := p.stop
	set := rlimit.Set{
		rlimit.Core:     rlimit.Exactly(0),
		rlimit.Stack:    rlimit.Exactly(amount(l.Stack)),
		rlimit.FileSize: rlimit.Exactly(amount(l.FileSize)),
		rlimit.Files:    rlimit.Exactly(amount(int64(l.OpenFiles))),
		// Kernel memory that is charged to nobody.
		rlimit.MsgQueue:   atMost(unix.RLIMIT_MSGQUEUE, 512<<10),
		rlimit.SigPending: atMost(unix.RLIMIT_SIGPENDING, 1024),
	}
	if l.Stack == Unlimited {
		set[rlimit.Stack] = atMost(unix.RLIMIT_STACK, rlimit.Unlimited)
	}
	if l.OpenFiles == Unlimited {
		set[rlimit.Files] = atMost(unix.RLIMIT_NOFILE, rlimit.Unlimited)
	}
	if l.CPU != Unlimited {
		// The first whole second beyond the limit; a process that has had one
		// more is killed whatever it does about SIGXCPU.
		seconds := uint64(l.CPU/time.Second) + 2
		set[rlimit.CPU] = rlimit.Range(seconds, seconds+1)
	}
	if !s.ownID() && l.Processes != Unlimited && (s.cgroups == nil || !s.cgroups.Has(cgroup.PidsLimit)) {
		// Pid 1 counts, and for the first moments so does the deputy that has
		// started the program; so later there may be one more than allowed.
		set[rlimit.Processes] = rlimit.Exactly(uint64(l.Processes) + 2)
	}
	return set
}

// atMost is a limit that nobody has asked for, so it may be lower than n: no
// process can raise its hard limit.
func atMost(resource int, n uint64) rlimit.Limit {
	var own unix.Rlimit
	if err := unix.Getrlimit(resource, &own); err == nil {
		n = min(n, own.Max)
	}
	return rlimit.Exactly(n)
}

// amount is a limit as rlimits have it.
func amount(n int64) uint64 {
	if n == Unlimited {
		return rlimit.Unlimited
	}
	return uint64(n)
}

// Explain says, one system call a line, what a run of spec will do before the
// program starts.
func (s *Sandbox) Explain(spec Spec) (string, error) {
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return "", errClosed
	}
	p, err := s.plan(&spec)
	if err != nil {
		return "", err
	}
	first, between := "# pid 1, which holds the namespaces", ""
	if p.slot != nil {
		first += ": made once for many programs"
		if p.slot.renewal != nil {
			between = "\n# what is made new after a program that has left something\n" + p.slot.renewal.Explain()
		}
	}
	return first + "\n" + p.init.Explain() + "\n# the program\n" + p.program.Explain() + between, nil
}

var errClosed = errors.New("runner: the sandbox is closed")
