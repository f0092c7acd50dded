package ptracer

import (
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/callargs"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// log writes what strace(1) would. Without a writer it does nothing.
type log struct {
	to  io.Writer
	err error
}

func (l *log) line(tid int, format string, args ...any) {
	if l.to == nil || l.err != nil {
		return
	}
	if _, err := fmt.Fprintf(l.to, "%d "+format+"\n", append([]any{tid}, args...)...); err != nil {
		l.err = fmt.Errorf("ptracer: log: %w", err)
	}
}

// call is a call that is over.
func (l *log) call(c *call, result int64) {
	note := ""
	if c.answer.Kind != supervisor.Allow && c.answer.Rule != "" {
		note = "  # " + c.answer.Rule
	}
	l.line(c.TID, "%s = %s%s", c.text, callargs.Result(c.Name, result), note)
}

// killed is a call because of which the run ends.
func (l *log) killed(c *call) { l.line(c.TID, "%s = ?  # killed: %s", c.text, c.answer.Rule) }

// unfinished is the call of a thread that ends in it, such as exit.
func (l *log) unfinished(t *tracee) {
	if t != nil && t.call != nil && t.call.text != "" {
		l.line(t.tid, "%s = ?", t.call.text)
	}
}

// signal is one about to be delivered, with where it comes from: the address of
// a fault, or who sent it.
func (l *log) signal(s *Signal) {
	const faults = 1<<unix.SIGSEGV | 1<<unix.SIGBUS | 1<<unix.SIGFPE | 1<<unix.SIGILL | 1<<unix.SIGTRAP
	code := int32(binary.NativeEndian.Uint32(s.Info[8:]))
	from := ""
	switch {
	case code > 0 && s.Signal < 32 && faults&(1<<s.Signal) != 0:
		from = fmt.Sprintf(", si_addr=%#x", binary.NativeEndian.Uint64(s.Info[16:]))
	case code <= 0 || s.Signal == unix.SIGCHLD:
		from = fmt.Sprintf(", si_pid=%d", binary.NativeEndian.Uint32(s.Info[16:]))
	}
	l.line(s.TID, "--- %s {si_code=%d%s} ---", signalName(s.Signal), code, from)
}

func (l *log) end(s stop) {
	switch {
	case s.status.Exited():
		l.line(s.tid, "+++ exited with %d +++", s.status.ExitStatus())
	case s.status.CoreDump():
		l.line(s.tid, "+++ killed by %s (core dumped) +++", signalName(s.status.Signal()))
	default:
		l.line(s.tid, "+++ killed by %s +++", signalName(s.status.Signal()))
	}
}

func signalName(s unix.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}
