package runner

import (
	"io"
	"os"

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// Spec says what to run. Only Args is needed.
type Spec struct {
	// Args are the program and its arguments. The program is a path in the
	// sandbox's root, absolute or relative to Dir; no $PATH is searched (see
	// [Lookup]).
	Args []string
	// Env is the environment; nil is [DefaultEnv], an empty slice is none.
	Env []string
	// Dir is the working directory, in the sandbox's root; "" is /tmp.
	Dir string

	// Stdin is what the program reads; nil is an empty input. A regular file
	// that the program can't write to is handed over as it is, from its
	// current offset; so is a [Direct]; everything else goes through a pipe. A
	// Read that waits when the run is over is not waited for, and what it gets
	// is lost: close the reader, if it is to return.
	Stdin io.Reader
	// Stdout and Stderr take what the program writes; nil discards it, and
	// counts it all the same. Writes come from other goroutines, one for
	// each, or one for both if they are the same. Run waits for each Write,
	// whatever the limits and the context say. A [Direct] is written to by the
	// program itself.
	Stdout, Stderr io.Writer
	// ExtraFiles are descriptors 3, 4, ...: handed over as they are and not
	// counted, so the program can do to them what it likes.
	ExtraFiles []*os.File
	// Started, if set, is called once, when the program has been executed and
	// holds its files: now Run's caller can close those that only the program
	// is to hold. It is not called if the program can't be started.
	Started func()

	// Keep is a directory of Root to look at when the run is over; nil is none.
	Keep *Keep

	// Limits are what the run may use.
	Limits Limits
	// Mode says how the sandbox comes about, and who is asked about calls; the
	// zero value is [Auto].
	Mode Mode
	// Handler decides about calls that the policy asks about (action ask), nil
	// lets them pass. Rules about files need none: the policy itself decides.
	Handler supervisor.Handler
	// Trace takes a line for each system call, signal and end, as strace(1)
	// writes them. It needs mode ptrace, which Auto then is.
	Trace io.Writer
	// Crash has a tracer look at the program when a signal is about to kill it,
	// for [Result.Crash]. It costs a run some hundred microseconds, and more
	// for each signal, process and thread; no system call is stopped.
	Crash bool
	// Policy says which system calls it may make; nil is the policy "default".
	Policy *policy.Policy
	// Root is what it sees of the file system; nil is [SystemRoot]. It must
	// not be changed afterwards: the sandbox keeps what it has compiled from it.
	Root *mount.Tree
	// Host leaves the program in the judge's own file system, without a mount
	// namespace: then the policy's rules about files alone say what it may touch,
	// by mode ptrace or notify, and Landlock where the kernel has it. Root must
	// be nil.
	Host bool
	// Margin is how near its limit a run's CPU or wall time may be, as a part of
	// the limit, to be too near to be sure of, for [Result.NearLimit]: 0.05 is 5
	// %, 0 is none, 1 the most. With one, a program is stopped only when it is
	// over a time limit by more than the margin; the status goes by the limit
	// all the same.
	Margin float64
	// Repeatable takes away what differs from run to run.
	Repeatable Repeatable
	// Instructions has the program's instructions counted, for
	// [Result.Instructions]. It costs a run a meeting with the judge before its
	// exec, some tens of microseconds. Where the machine can't count, the result
	// says why.
	Instructions bool
	// CPUs are the numbers of the CPUs that the program starts on, 0 to 1023;
	// nil is wherever the kernel puts it. It is for times that can be compared,
	// and no limit: a policy that allows sched_setaffinity lets it move.
	CPUs []int
	// Loopback gives the program a network of its own with 127.0.0.1 and ::1
	// in it. Without, there is a network with nothing in it at all.
	Loopback bool
}

// dir is the working directory.
func (s *Spec) dir() string {
	if s.Dir == "" {
		return "/tmp"
	}
	return s.Dir
}

// Mode is how the sandbox of a run comes about, and who is asked about calls.
type Mode string

// The modes.
const (
	// Auto is Notify if the policy asks about anything, or Ptrace where the
	// kernel can't do that; else Pool where that is possible, from the second
	// run on that has the same view, else NS.
	Auto Mode = "auto"
	// NS makes a new sandbox for the run.
	NS Mode = "ns"
	// Pool takes one that stands ready, in which everything is new that an
	// earlier program could have left a trace in. Where that can't be, Run fails.
	Pool Mode = "pool"
	// Ptrace traces the program; see package ptracer.
	Ptrace Mode = "ptrace"
	// Notify answers the program's calls; see package notify. Linux 5.14.
	Notify Mode = "notify"
)

// DefaultEnv is the environment of a run that names none.
func DefaultEnv() []string {
	return []string{"PATH=" + searchPath, "HOME=/tmp", "LANG=C.UTF-8"}
}

const searchPath = "/usr/local/bin:/usr/bin:/bin"
