package supervisor

import (
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// Call is a system call that a thread is about to make. It is valid until the
// Handler has returned.
type Call struct {
	// TID is the thread's id, PID that of its process, as the judge sees them.
	TID, PID int
	// Data is the call as a seccomp filter sees it: number, architecture,
	// instruction pointer, arguments.
	Data seccomp.Data
	// Name is the call's name, with the ABI before it if that is a foreign one
	// (see [seccomp.SyscallName]): "openat", "i386:execve".
	Name string
	// Files are what its paths mean, in the order of [policy.PathArgs]; none
	// for a foreign call.
	Files []File
	// Memory reads and writes the thread's memory.
	Memory Memory
}

// File is a file that a call would touch.
type File struct {
	// Given is the path as the program wrote it, "" if it named none.
	Given string
	// Path is what it means: absolute in the thread's root, without symlinks,
	// the thread's own directory in /proc named /proc/self. "" if Err is set.
	// What has no path is named as the kernel names it ("pipe:[42]").
	Path string
	// Access is what would be done to it.
	Access policy.Access
	// Err is why there is no Path, the errno that the kernel gives for such an
	// argument: EFAULT, ENAMETOOLONG, ENOENT, ELOOP, EBADF. A call whose path
	// means nothing fails with it, and the Handler need not look.
	Err error
}

// Memory is the memory of a stopped thread.
type Memory interface {
	// Read fills p from address, as far as it is readable, and says how far
	// that was. If that is nothing, the error is EFAULT, or ESRCH if the
	// thread is gone.
	Read(address uint64, p []byte) (int, error)
	// Write is the same the other way.
	Write(address uint64, p []byte) (int, error)
}
