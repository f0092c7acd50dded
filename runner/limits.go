package runner

import (
	"errors"
	"fmt"
	"time"
)

// Unlimited, as any limit, says that there is none. Zero never does: it is the
// default.
const Unlimited = -1

// Limits are what a run may use, all its processes together. A field that is
// zero has its default (see [DefaultLimits]); one that is [Unlimited] has no limit.
type Limits struct {
	// CPU is user and system time. It is checked when it can first be
	// exceeded, by the run's CPU clock.
	CPU time.Duration
	// Wall is the time from exec to the end. Its default is three times the
	// CPU limit and one second.
	Wall time.Duration
	// Memory is in bytes: what the run's cgroup is charged at its peak,
	// swap off. Files in a tmpfs count.
	Memory int64
	// Output is in bytes: written to stdout and stderr together.
	Output int64
	// Stack is in bytes: of the first thread (RLIMIT_STACK).
	Stack int64
	// Processes is the number of processes and threads at one time.
	Processes int
	// FileSize is in bytes: of each file the program writes (RLIMIT_FSIZE).
	FileSize int64
	// OpenFiles is the number of descriptors of each process (RLIMIT_NOFILE).
	OpenFiles int
}

// DefaultLimits returns what the zero value of each field stands for.
func DefaultLimits() Limits {
	return Limits{
		CPU:       2 * time.Second,
		Wall:      7 * time.Second,
		Memory:    256 << 20,
		Output:    64 << 20,
		Stack:     64 << 20,
		Processes: 1,
		FileSize:  64 << 20,
		OpenFiles: 256,
	}
}

// The smallest limits that make sense: below them no program can start, or
// every measurement is noise.
const (
	minTime   = time.Millisecond
	minMemory = 1 << 20
	minStack  = 64 << 10
	minFiles  = 8
)

// complete returns the limits with defaults filled in.
func (l Limits) complete() (Limits, error) {
	d := DefaultLimits()
	if l.CPU != 0 && l.Wall == 0 {
		d.Wall = Unlimited
		if l.CPU != Unlimited && l.CPU < (1<<62)/3 {
			d.Wall = 3*l.CPU + time.Second
		}
	}
	var errs []error
	check := func(name string, value, least int64) {
		if value != Unlimited && value < least {
			errs = append(errs, fmt.Errorf("runner: limit %s of %d is below the least, %d: raise it, or say Unlimited", name, value, least))
		}
	}
	l = l.Or(d)
	check("cpu (ns)", int64(l.CPU), int64(minTime))
	check("wall (ns)", int64(l.Wall), int64(minTime))
	check("memory (bytes)", l.Memory, minMemory)
	check("output (bytes)", l.Output, 1)
	check("stack (bytes)", l.Stack, minStack)
	check("processes", int64(l.Processes), 1)
	check("file size (bytes)", l.FileSize, 1)
	check("open files", int64(l.OpenFiles), minFiles)
	return l, errors.Join(errs...)
}

// Or returns the limits, with those of other where a field is zero.
func (l Limits) Or(other Limits) Limits {
	set(&l.CPU, other.CPU)
	set(&l.Wall, other.Wall)
	set(&l.Memory, other.Memory)
	set(&l.Output, other.Output)
	set(&l.Stack, other.Stack)
	set(&l.Processes, other.Processes)
	set(&l.FileSize, other.FileSize)
	set(&l.OpenFiles, other.OpenFiles)
	return l
}

func set[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}
