package runner

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Status is the verdict on a run.
type Status uint8

// The statuses, in the order in which they are decided: the first that fits.
const (
	// InternalError: the runner failed; never the program's fault, and never
	// hidden behind another status.
	InternalError Status = iota
	// ForbiddenAccess: a system call or file that the policy forbids on pain
	// of death. Its text is "violation".
	ForbiddenAccess
	// MemoryLimit: the kernel killed in the run's cgroup, or the program
	// failed when its memory had reached the limit.
	MemoryLimit
	// TimeLimit: more CPU time than allowed.
	TimeLimit
	// WallLimit: more wall time than allowed, with CPU time within its limit.
	WallLimit
	// OutputLimit: more bytes written than allowed.
	OutputLimit
	// RuntimeError: an exit code other than 0, or a signal of its own.
	RuntimeError
	// OK: exit 0 within all limits.
	OK
	numStatuses
)

// statusNames is the vocabulary: index, text form.
var statusNames = [numStatuses]string{
	InternalError:   "internal_error",
	ForbiddenAccess: "violation",
	MemoryLimit:     "memory_limit",
	TimeLimit:       "time_limit",
	WallLimit:       "wall_limit",
	OutputLimit:     "output_limit",
	RuntimeError:    "runtime_error",
	OK:              "ok",
}

// String returns the status's name, such as "time_limit".
func (s Status) String() string {
	if s < numStatuses {
		return statusNames[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// MarshalText writes the status's name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a status's name.
func (s *Status) UnmarshalText(text []byte) error {
	for i, name := range statusNames {
		if name == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("runner: no status %q: have %q", text, statusNames)
}

// evidence is all that a status is decided by.
type evidence struct {
	failed     error // of the runner itself
	end        unix.WaitStatus
	violation  *Violation
	oomKills   int64
	memoryPeak int64  // Unmeasured if nothing does
	memoryOver bool   // the watcher has seen more than the limit
	killedBy   string // what counts the kernel's kills
	cpu, wall  time.Duration
	outputOver bool
	limits     Limits
	by         MeasuredBy
}

// nearly is how far below its limit a cgroup may stay and refuse memory all
// the same: the kernel asks for what a thread or a pipe needs in one piece.
const nearly = 64 << 10

// verdict decides. The result depends on nothing but its argument.
func verdict(e evidence) (Status, *Limit) {
	memory := func() *Limit {
		by := e.by.Memory
		if by == "" { // no peak is measured (memory.peak came with Linux 5.19), but kills are counted
			by = e.killedBy
		}
		return &Limit{"memory", e.limits.Memory, by}
	}
	bad := e.end.Signaled() || e.end.ExitStatus() != 0
	switch {
	case e.failed != nil:
		return InternalError, nil
	case e.violation != nil:
		return ForbiddenAccess, nil
	case e.oomKills > 0 || e.memoryOver:
		return MemoryLimit, memory()
	case e.limits.CPU != Unlimited && e.cpu > e.limits.CPU:
		return TimeLimit, &Limit{"cpu", int64(e.limits.CPU), e.by.CPU}
	case e.limits.Wall != Unlimited && e.wall > e.limits.Wall:
		return WallLimit, &Limit{"wall", int64(e.limits.Wall), "CLOCK_MONOTONIC"}
	case e.outputOver:
		return OutputLimit, &Limit{"output", e.limits.Output, "pipe"}
	// A peak at the limit proves nothing by itself: the cache of files is
	// charged, too, and fills whatever there is. But a program that failed
	// there was refused memory.
	case bad && e.limits.Memory != Unlimited && e.memoryPeak != Unmeasured && e.memoryPeak >= e.limits.Memory-nearly:
		return MemoryLimit, memory()
	case e.end.Signaled() && e.end.Signal() == unix.SIGXFSZ && e.limits.FileSize != Unlimited:
		return RuntimeError, &Limit{"file_size", e.limits.FileSize, "RLIMIT_FSIZE"}
	case bad:
		return RuntimeError, nil
	}
	return OK, nil
}
