package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// slot is a sandbox that stands ready: pid 1 with its namespaces and mounts, and
// a cgroup. A program that is run in it finds no more of earlier ones than in a
// new sandbox:
//
//   - Processes: all of a run are in its cgroup, which must say that nobody is
//     left, not even a zombie, before the slot is used again. Timers, file locks,
//     open files and inotify watches end with their processes. Whatever had to be
//     killed costs the slot, since the kernel's own way to be sure is to kill pid 1.
//   - Process ids: the program is always 2, and what it starts 3 and up, as in a
//     new namespace. Else one run could count for the next (forkexec.Config.FirstPID).
//   - Files: what can be written to is as it was made, or is made anew, sizes and
//     all: see residue.go. To look for traces in a file system that was used would not
//     do: inode numbers and the times of directories tell, too. Where a program could
//     change what the paths mean by which that is done, or owns what it writes to,
//     each has a mount namespace of its own, a copy of the slot's, with all that is
//     writable mounted fresh (mount.Tree.CompileRenewal). What is left is read-only,
//     so that not even access times change.
//   - System V and POSIX IPC: a new namespace after each program that has made
//     something in it, or may have. Ids count up in there, so that an empty one is
//     not as new.
//   - Network: the slot's own, without an address, is kept, since a new one costs
//     more than all else together: but only under a policy that lets the program
//     make no socket there but connected pairs, else counters and ports would tell;
//     and only if none is left. Under other policies each program has a new one.
//   - The filter is the same for all that a deputy starts, and has no memory. A
//     program that wants another filter gets another deputy.
//   - Keys: a session keyring for each program. Those of the user are not the
//     slot's but the user id's: whether a program gets to them is the policy's to
//     say, in a slot or not.
//   - cgroup: new counters for each run (cgroup.Group.Turn), and a cgroup namespace.
//   - Pid 1 ignores all signals, so that no program has it do anything. Where a program
//     may change how it is scheduled, or its limits, that costs the slot (bearing.go).
//   - Host names can be set by nobody; of the user namespace nothing changes, since
//     a program has no capability and can make no namespace of its own.
type slot struct {
	kind    *slotKind
	init    *forkexec.Process
	pidfd   *os.File
	deputy  *forkexec.Deputy // starts the programs; nil before the first
	group   *cgroup.Group
	sources []source
	places  []place       // if the kind has a renewal
	bearing bearing       // of pid 1, if that is exposed
	residue atomic.Bool   // a program has made a call of those in residual
	free    time.Duration // since when it is idle
}

// slotKey is what slots have in common that can stand for one another.
type slotKey struct {
	view     string // its text
	loopback bool
}

// view is what is known of a tree.
type view struct {
	text     string
	writable bool  // a program can write somewhere that is not the caller's
	fixed    error // why what is writable in it can't be replaced, nil if it can
}

// source is what a view shows of the outside, as it was when the slot was made.
// A file that was replaced is another one, which the slot does not show; that the
// old one is mounted in the slot keeps its number from being given away.
type source struct {
	path     string
	device   uint64
	inode    uint64
	readable bool
}

func lookAt(path string) source {
	var stat unix.Stat_t
	if unix.Stat(path, &stat) != nil {
		return source{path: path}
	}
	return source{path, stat.Dev, stat.Ino, true}
}

// current says whether the slot still shows what a new one would.
func (l *slot) current() bool {
	for _, was := range l.sources {
		if lookAt(was.path) != was {
			return false
		}
	}
	return true
}

// newSlot makes one.
func (s *Sandbox) newSlot(kind *slotKind) (_ *slot, err error) {
	l := &slot{kind: kind}
	for _, path := range kind.sources {
		l.sources = append(l.sources, lookAt(path))
	}
	if l.group, err = s.takeGroup(); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closeSlot(l))
		}
	}()
	if l.init, err = kind.init.Start(forkexec.Inputs{Exec: s.stub, Files: []*os.File{s.lifeline}}); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if l.pidfd, err = l.init.PIDFD(); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if s.initExposed() {
		if l.bearing, err = bearingOf(l.init.PID); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// deputyFor returns a deputy that starts a program in the slot. It is another one
// than before if the program is to have another filter.
func (l *slot) deputyFor(program *forkexec.Runner, join []*os.File) (*forkexec.Deputy, error) {
	if l.deputy != nil {
		if program.Serves(l.deputy) {
			return l.deputy, nil
		}
		if err := l.deputy.Close(); err != nil {
			return nil, err
		}
	}
	var err error
	if l.deputy, err = program.Deputy(join); err == nil && l.kind.renewal != nil {
		err = l.renew()
	}
	return l.deputy, err
}

// closeSlot ends a slot, and with it whatever is left in it.
func (s *Sandbox) closeSlot(l *slot) error {
	var errs []error
	l.closePlaces()
	if l.deputy != nil {
		errs = append(errs, l.deputy.Close())
	}
	if l.init != nil {
		if _, err := stop(l.init); !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
	}
	if l.pidfd != nil {
		errs = append(errs, l.pidfd.Close())
	}
	ctx, cancel := context.WithTimeout(context.Background(), killTimeout)
	defer cancel()
	return errors.Join(append(errs, s.giveGroup(ctx, l.group))...)
}

// standing says whether slots can be used here at all, and if not, why.
func (s *Sandbox) standing() (err error) {
	switch {
	case s.options.Pool.Off:
		return errors.New("the pool is off")
	case s.cgroups == nil:
		return errors.New("there are no cgroups, which tell that a sandbox is empty again")
	}
	for _, need := range []cgroup.Feature{cgroup.PidsLimit, cgroup.CPUTime} {
		if _, err := s.cgroups.By(need); err != nil {
			return err
		}
	}
	// Needs CONFIG_CHECKPOINT_RESTORE.
	s.lastPID, err = os.OpenFile("/proc/sys/kernel/ns_last_pid", os.O_WRONLY, 0)
	return err
}

// opensSockets says whether a policy lets a program make a socket of any kind, or may if
// somebody is asked.
func opensSockets(rules *policy.Policy) (bool, error) {
	filter, err := rules.Filter(policy.FilterOptions{Ask: seccomp.Allow})
	if err != nil {
		return false, err
	}
	nr, _ := seccomp.Number("socket")
	for family := range uint64(unix.AF_MAX) {
		// The floor leaves but four families. A few more than there are: IPPROTO_MPTCP is 262.
		protocols := uint64(1)
		if slices.Contains([]uint64{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}, family) {
			protocols = 264
		}
		for kind := range uint64(16) {
			for _, flags := range []uint64{0, unix.SOCK_CLOEXEC, unix.SOCK_NONBLOCK, unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK} {
				for protocol := range protocols {
					d := seccomp.Data{Number: nr, Arch: seccomp.NativeArch, Args: [6]uint64{family, kind | flags, protocol}}
					if a := filter.Evaluate(&d); a.Permits() {
						return true, nil
					}
				}
			}
		}
	}
	return false, nil
}
