package supervisor

import "github.com/bailiff-judge/bailiff/internal/callargs"

// Violation is a call that was answered with [Kill].
type Violation struct {
	TID, PID int
	// Syscall is its name, see [seccomp.SyscallName].
	Syscall string
	// Args are its arguments as text, decoded as far as they are known.
	Args []string
	// Files are those that it named, or that it turned out to touch.
	Files []File
	// Rule is the answer's.
	Rule string
}

// NewViolation is that of a call. It reads the thread's memory.
func NewViolation(c *Call, files []File, rule string) *Violation {
	return &Violation{TID: c.TID, PID: c.PID, Syscall: c.Name, Args: callargs.Format(&c.Data, c.Name, c.Memory), Files: files, Rule: rule}
}
