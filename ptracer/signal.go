package ptracer

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/procfile"
)

// signalled is a thread that is about to be delivered a signal.
func (r *Run) signalled(t *tracee, signal unix.Signal) {
	if r.options.Log == nil && r.options.OnFatalSignal == nil {
		return
	}
	info, err := siginfo(t.tid)
	if err != nil {
		r.fail("read a signal", err)
		return
	}
	about := Signal{TID: t.tid, PID: t.process(), Program: t.process() == r.main, Signal: signal, Info: info}
	r.log.signal(&about)
	if r.options.OnFatalSignal != nil && t.endsBy(signal) {
		r.options.OnFatalSignal(about)
	}
}

// endsBy says whether a signal will end the thread's process.
func (t *tracee) endsBy(signal unix.Signal) bool {
	switch signal {
	case unix.SIGCHLD, unix.SIGCONT, unix.SIGURG, unix.SIGWINCH, unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU:
		return false
	}
	status, err := procfile.Status(t.directory())
	if err != nil {
		return false // it was killed meanwhile
	}
	bit := uint64(1) << (signal - 1)
	for _, set := range []string{"SigCgt", "SigIgn"} {
		if mask, err := strconv.ParseUint(status[set], 16, 64); err != nil || mask&bit != 0 {
			return false
		}
	}
	return true
}
