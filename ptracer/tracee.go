package ptracer

import (
	"bytes"
	"os"
	"strconv"

	"github.com/bailiff-judge/bailiff/internal/procfile"
)

// tracee is a thread of the run.
type tracee struct {
	tid int
	pid int // 0: not asked for yet
	// stray says that its parent hasn't told of it yet.
	stray bool
	// stopped says that it waits for us, in a stop that we were told of.
	stopped bool
	// listening says that it is stopped by a signal, until SIGCONT; then it is
	// told of anew.
	listening bool
	// vfork says that it sleeps until its child executes a program or ends, and
	// is stopped before it does anything else.
	vfork bool
	// interrupted says that it has been, and has not stopped since.
	interrupted bool
	// parked says that it is stopped for others' sake alone.
	parked bool
	// call is the one that it makes, from where it is stopped to its end, if
	// that is waited for.
	call *call
}

func (r *Run) add(tid int) *tracee {
	t := &tracee{tid: tid}
	r.tracees[tid] = t
	r.result.Tasks++
	r.result.TasksPeak = max(r.result.TasksPeak, len(r.tracees))
	return t
}

// drop forgets the call that a thread makes.
func (t *tracee) drop() {
	if t.call != nil {
		t.call.Close()
		t.call = nil
	}
}

// process is the id of a thread's process.
func (t *tracee) process() int {
	if t.pid == 0 {
		if status, err := procfile.Status(t.directory()); err == nil {
			t.pid, _ = strconv.Atoi(status["Tgid"])
		}
	}
	return t.pid
}

func (t *tracee) directory() string { return "/proc/" + strconv.Itoa(t.tid) }

// stat is what the fields of /proc/TID/stat are from the third on, nil if the
// thread is gone.
func (t *tracee) stat() [][]byte {
	data, err := os.ReadFile(t.directory() + "/stat")
	if err != nil {
		return nil
	}
	// The second is the name, in which anything may stand.
	return bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
}

// state is the letter of its state (proc_pid_stat(5)), X if it is gone.
func (t *tracee) state() byte {
	if fields := t.stat(); len(fields) > 0 {
		return fields[0][0]
	}
	return 'X'
}
