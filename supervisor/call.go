package supervisor

import (
	"golang.org/x/sys/unix"

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
	// the thread's own directory in /proc named /proc/self. What has no path
	// is named as the kernel names it ("pipe:[42]").
	//
	// If Err is set it is "", or how far the path could be followed with the
	// rest as it was written: a Handler that denies this should deny the call,
	// or the errno would tell what is there.
	Path string
	// Access is what would be done to it. An open that may create a file, and
	// finds one, creates nothing.
	Access policy.Access
	// Err is why there is no file, the errno that the kernel gives for such an
	// argument: EFAULT, ENAMETOOLONG, ENOENT, ENOTDIR, ELOOP, EACCES, EBADF,
	// or ESRCH if the thread is gone. A last component that is missing is no
	// Err. A call whose path means nothing fails with it.
	Err error
	// Opened says that the call is about the metadata of a descriptor of the
	// thread's own (fstat), or about a socket's address that is no file's
	// (AF_INET): nothing to decide by a path.
	Opened bool
	// Socket says that Given is the name in the address of an AF_UNIX socket,
	// "@" standing for the zero byte of an abstract one. It is not followed:
	// there is no Path.
	Socket bool
	// Address is a socket's address, as it was read, once.
	Address []byte
	// How is what an open asks for, as it was read, once.
	How unix.OpenHow
	// Place holds the file open, for the back end.
	Place Place
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

// NewCall finds out what a call means, for a thread that is stopped at it. pid
// is the thread's process. It looks with the rights of the calling thread,
// which must be allowed to trace (ptrace(2), PTRACE_MODE_READ_FSCREDS).
//
// What it finds may be called otherwise at once after. But the files that it
// found are held open, and stay what they are until Close.
func NewCall(tid, pid int, data seccomp.Data, memory Memory) *Call {
	return newCall(&walker{tid: tid, pid: pid, once: true}, data, memory)
}

func newCall(w *walker, data seccomp.Data, memory Memory) *Call {
	defer w.close()
	c := &Call{TID: w.tid, PID: w.pid, Data: data, Memory: memory, Name: seccomp.SyscallName(data.Arch, data.Number)}
	args := policy.PathArgs(c.Name) // a foreign name has none
	c.Files = make([]File, len(args))
	for i, arg := range args {
		c.Files[i].Place = Place{Dir: -1, FD: -1}
		c.file(w, &c.Files[i], arg)
	}
	return c
}

// Close closes what the call's Files hold open.
func (c *Call) Close() {
	for i := range c.Files {
		c.Files[i].Place.Close()
	}
}

// Find follows a path from a thread's root, or from a descriptor of its own or
// AT_FDCWD, as the kernel would for a call of that thread, and says what it
// means. visit, if not nil, is called with each name on the way before it is
// looked for, and can end the search by an error. The Place is the caller's to close.
//
// follow is about a symlink at the end.
func Find(tid, pid, dir int, path string, follow bool, visit func(Step) error) (Place, string, error) {
	if path == "" {
		return Place{FD: -1, Dir: -1}, "", unix.ENOENT
	}
	w := walker{tid: tid, pid: pid, once: true}
	defer w.close()
	return w.walk(dir, path, lookup{follow: follow, visit: visit})
}

// int32 is an argument as the kernel takes an int: the upper half may hold
// anything.
func (c *Call) int32(arg int) int { return int(int32(c.Data.Args[arg])) }

// file fills in what one path argument means.
func (c *Call) file(w *walker, f *File, arg policy.PathArg) {
	f.Access = arg.Access
	if arg.Kind == policy.SocketAddress {
		c.address(f, arg)
		return
	}
	how, follow, empty := lookup{name: arg.Name}, arg.Follow, false
	if arg.Flags >= 0 {
		flags := c.int32(arg.Flags)
		empty = flags&unix.AT_EMPTY_PATH != 0
		follow = (follow || flags&unix.AT_SYMLINK_FOLLOW != 0) && flags&unix.AT_SYMLINK_NOFOLLOW == 0
	}
	switch arg.Kind {
	case policy.ModeHow:
		f.Access = policy.ModeAccess(c.int32(arg.How))
	case policy.OpenHow:
		f.How = unix.OpenHow{Flags: uint64(uint32(c.Data.Args[arg.How])), Mode: c.Data.Args[(arg.How+1)%6] & 0o7777}
	case policy.OpenHow2:
		if f.How, f.Err = ReadHow(c.Memory, c.Data.Args[arg.How], c.Data.Args[arg.How+1]); f.Err != nil {
			return
		}
	}
	switch {
	case c.Name == "creat":
		f.How = unix.OpenHow{Flags: unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC, Mode: c.Data.Args[1] & 0o7777}
	case c.Name == "readlinkat":
		empty = true // without a flag (Linux 2.6.39)
	case c.Name == "inotify_add_watch":
		follow = c.int32(2)&unix.IN_DONT_FOLLOW == 0
	}
	flags := int(int32(f.How.Flags))
	if opens := arg.Kind == policy.OpenHow || arg.Kind == policy.OpenHow2; opens {
		f.Access = policy.OpenAccess(flags)
		follow = flags&unix.O_NOFOLLOW == 0 && flags&(unix.O_CREAT|unix.O_EXCL) != unix.O_CREAT|unix.O_EXCL
		how.resolve = f.How.Resolve
	}
	how.follow = follow

	dir := unix.AT_FDCWD
	if arg.Dir >= 0 {
		dir = c.int32(arg.Dir)
	}
	address := uint64(0)
	if arg.Path >= 0 {
		address = c.Data.Args[arg.Path]
	}
	if address == 0 {
		// utimensat and futimesat act on the descriptor then; the newest
		// kernels take NULL for "" (Linux 6.11).
		if !empty && (dir == unix.AT_FDCWD || c.Name != "utimensat" && c.Name != "futimesat") {
			f.Err = unix.EFAULT
			return
		}
		empty = true
	} else if f.Given, f.Err = ReadString(c.Memory, address); f.Err != nil {
		return
	}
	if f.Given == "" {
		if !empty {
			f.Err = unix.ENOENT
			return
		}
		f.Opened = f.Access == policy.Stat
		f.Place, f.Path, f.Err = w.opened(dir)
		return
	}
	f.Place, f.Path, f.Err = w.walk(dir, f.Given, how)
	if f.Place.FD >= 0 && flags&unix.O_EXCL == 0 && (arg.Kind == policy.OpenHow || arg.Kind == policy.OpenHow2 || c.Name == "creat") &&
		flags&unix.O_TMPFILE != unix.O_TMPFILE {
		f.Access &^= policy.Create
	}
}
