package runner

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
)

// Pid 1 of a slot outlives its programs, so what a program could change of it, or have it
// do, the next one could find: whoever is in a pid namespace may ask how much CPU time its
// pid 1 has used, for example (clock_getcpuclockid(3)).

// deaf has pid 1 ignore all signals, which it then is not even woken by: the kernel reaps
// orphans by itself. Of what they have used it tells nobody, so it takes a cgroup to count
// that.
func deaf(config *forkexec.Config) {
	config.BlockSignals = false // else they would wait
	const last = unix.Signal(64)
	for signal := unix.Signal(1); signal <= last; signal++ {
		config.Ignore = append(config.Ignore, signal)
	}
}

// initExposed says whether a program has the user id of its pid 1, and may change its
// limits and how it is scheduled. Memory and /proc of pid 1 are closed to it all the same
// (package initstub).
func (s *Sandbox) initExposed() bool { return !s.ownID() || s.root && s.options.UID == initID }

// rlimits is RLIM_NLIMITS (asm-generic/resource.h).
const rlimits = 16

// bearing is what a program may change of a pid 1 with its own user id.
type bearing struct {
	limits [rlimits]unix.Rlimit
	sched  unix.SchedAttr
	cpus   unix.CPUSet
	ioprio uintptr
}

func bearingOf(pid int) (b bearing, err error) {
	for i := range b.limits {
		if err := unix.Prlimit(pid, i, nil, &b.limits[i]); err != nil {
			return b, fmt.Errorf("runner: limits of pid 1: %w", err)
		}
	}
	attr, err := unix.SchedGetAttr(pid, 0)
	if err != nil {
		return b, fmt.Errorf("runner: scheduling of pid 1: %w", err)
	}
	b.sched = *attr
	if err := unix.SchedGetaffinity(pid, &b.cpus); err != nil {
		return b, fmt.Errorf("runner: CPUs of pid 1: %w", err)
	}
	const process = 1 // IOPRIO_WHO_PROCESS
	var errno unix.Errno
	if b.ioprio, _, errno = unix.Syscall(unix.SYS_IOPRIO_GET, process, uintptr(pid), 0); errno != 0 {
		return b, fmt.Errorf("runner: I/O priority of pid 1: %w", errno)
	}
	return b, nil
}
