package runner

import (
	"fmt"
	"os"

	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// awaitViolation waits for a call that the policy forbids: the filter hands
// those to the listener, and the program that made one waits for an answer
// that never comes. Of calls that it allows, and was only to tell of, it lets pass
// what comes. It returns nil when the listener is closed or all who have the filter
// are gone.
func (r *run) awaitViolation(file *os.File) (*Violation, error) {
	conn, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("runner: listener: %w", err)
	}
	var note *listener.Notification
	var failed error
	err = conn.Read(func(fd uintptr) (done bool) {
		for {
			var gone bool
			note, gone, failed = listener.Receive(fd, 0)
			if note == nil || gone || failed != nil || r.plan.allowed == nil || !r.plan.allowed.Evaluate(&note.Data).Permits() {
				return note != nil || gone || failed != nil
			}
			r.slot.residue.Store(true)
			if _, failed = listener.Send(fd, listener.Response{ID: note.ID, Flags: listener.Continue}); failed != nil {
				return true
			}
		}
	})
	switch {
	case failed != nil:
		return nil, fmt.Errorf("runner: %w", failed)
	case err != nil || note == nil:
		return nil, nil //nolint:nilerr // closed, or nobody is left
	}
	// The thread waits, so its memory can be looked at.
	tid := int(note.PID)
	call := supervisor.NewCall(tid, tid, note.Data, supervisor.NewMemory(tid))
	defer call.Close()
	return newViolation(supervisor.NewViolation(call, call.Files, "")), nil
}

func newViolation(of *supervisor.Violation) *Violation {
	v := &Violation{Syscall: of.Syscall, Args: of.Args, Rule: of.Rule}
	for _, f := range of.Files {
		if v.Path = f.Path; v.Path != "" {
			break
		}
	}
	return v
}
