package ptracer

import (
	"io"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// What a filter returns to have a call stopped, for [policy.FilterOptions] or
// [seccomp.Rules]. A filter that returns Trace with other data is taken to ask.
var (
	// Ask stops the call until the Handler has decided.
	Ask = seccomp.Trace(1)
	// Fatal ends the run, as a Handler does by answering Kill.
	Fatal = seccomp.Trace(fatalTag)
)

const fatalTag = 2

// Options say what is done about a run. The zero value watches it and does nothing.
type Options struct {
	// Handler decides about the calls that the filter asks about; without one
	// they are allowed. It is called on the tracer's thread, so the whole run
	// waits for it. The program's own start is the caller's decision: it is
	// not asked about.
	//
	// It is asked once more about a call that touched a file which isn't what
	// it was decided by, such as the interpreter of a script, with that file
	// as the call's only one; if it does not allow it then, the run is ended.
	Handler supervisor.Handler
	// Every stops each call, whatever the filter says, if there is one at all,
	// and the Handler is asked about each: for logs, and to find out what a
	// program calls. It costs two stops a call.
	Every bool
	// Log gets a line for each call that was stopped and for each signal and
	// end, like strace's. The first error of writing to it ends the log, and is
	// part of Wait's.
	Log io.Writer
	// OnFatalSignal is called while a thread is stopped before a signal that
	// will end its process: one whose default action that is, for which there
	// is no handler. It may read the thread's memory and its registers
	// (ptrace(2)), on the goroutine and thread it is called on. It, the Handler
	// and the Log may be called before Start has returned.
	OnFatalSignal func(Signal)
	// NoAffinity leaves it to the kernel on which CPU the tracer and a program
	// that it stops often run. By default they share one while that is so,
	// which makes a stop several times cheaper. The program can see that in its
	// affinity.
	NoAffinity bool
}

// Signal is a signal about to be delivered.
type Signal struct {
	// TID is the thread's id and PID its process's, as the caller sees them.
	TID, PID int
	// Program says that it is the program's own process, not one that it made.
	Program bool
	Signal  unix.Signal
	// Info is its siginfo_t (sigaction(2)).
	Info [siginfoSize]byte
}

// Result is how a run ended.
type Result struct {
	// State is the program's own end.
	State forkexec.State
	// Violation is the call because of which the run was ended, nil if there
	// was none.
	Violation *supervisor.Violation
	// Tasks is how many processes and threads there were in all, and
	// TasksPeak how many at the same time.
	Tasks, TasksPeak int
	// Calls is how many calls were stopped.
	Calls int
}
