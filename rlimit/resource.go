package rlimit

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Resource is one thing that a process may be limited in (getrlimit(2)), with
// the kernel's number.
type Resource uint8

// The resources of Linux. [Resource.Unit] and [Resource.Help] describe each.
const (
	CPU        Resource = unix.RLIMIT_CPU
	FileSize   Resource = unix.RLIMIT_FSIZE
	Data       Resource = unix.RLIMIT_DATA
	Stack      Resource = unix.RLIMIT_STACK
	Core       Resource = unix.RLIMIT_CORE
	RSS        Resource = unix.RLIMIT_RSS
	Processes  Resource = unix.RLIMIT_NPROC
	Files      Resource = unix.RLIMIT_NOFILE
	MemLock    Resource = unix.RLIMIT_MEMLOCK
	AS         Resource = unix.RLIMIT_AS
	Locks      Resource = unix.RLIMIT_LOCKS
	SigPending Resource = unix.RLIMIT_SIGPENDING
	MsgQueue   Resource = unix.RLIMIT_MSGQUEUE
	Nice       Resource = unix.RLIMIT_NICE
	RTPrio     Resource = unix.RLIMIT_RTPRIO
	RTTime     Resource = unix.RLIMIT_RTTIME // Linux 2.6.25

	numResources = 16
)

// resources is the vocabulary, by the kernel's numbers: parsing, printing and
// help use it.
var resources = [numResources]struct {
	name, flag string
	unit       *unit
	help       string
}{
	CPU:        {"cpu", "RLIMIT_CPU", &seconds, "CPU time of the process; SIGXCPU at the soft limit and each second after, SIGKILL at the hard one"},
	FileSize:   {"fsize", "RLIMIT_FSIZE", &bytes, "size to which a file may grow; SIGXFSZ, or EFBIG"},
	Data:       {"data", "RLIMIT_DATA", &bytes, "initialised and uninitialised data, heap and private writable mappings; ENOMEM"},
	Stack:      {"stack", "RLIMIT_STACK", &bytes, "size to which the main thread's stack may grow, SIGSEGV; arguments and environment may take a quarter of it"},
	Core:       {"core", "RLIMIT_CORE", &bytes, "size of a core file; it is cut, or not written at all if 0"},
	RSS:        {"rss", "RLIMIT_RSS", &bytes, "resident set; without effect since Linux 2.4.30"},
	Processes:  {"nproc", "RLIMIT_NPROC", &count, "threads of the real user id, in all its processes; EAGAIN. Without effect with CAP_SYS_ADMIN or CAP_SYS_RESOURCE"},
	Files:      {"nofile", "RLIMIT_NOFILE", &count, "one more than the highest descriptor number; EMFILE"},
	MemLock:    {"memlock", "RLIMIT_MEMLOCK", &bytes, "memory locked into RAM; ENOMEM, EPERM"},
	AS:         {"as", "RLIMIT_AS", &bytes, "address space; ENOMEM, or SIGSEGV if the stack can't grow"},
	Locks:      {"locks", "RLIMIT_LOCKS", &count, "locks and leases; without effect since Linux 2.4.25"},
	SigPending: {"sigpending", "RLIMIT_SIGPENDING", &count, "queued signals of the real user id; EAGAIN"},
	MsgQueue:   {"msgqueue", "RLIMIT_MSGQUEUE", &bytes, "POSIX message queues of the real user id; EMFILE, ENOMEM"},
	Nice:       {"nice", "RLIMIT_NICE", &count, "20 minus the lowest nice value that may be set; EPERM, EACCES"},
	RTPrio:     {"rtprio", "RLIMIT_RTPRIO", &count, "highest real-time priority that may be set; EPERM"},
	RTTime:     {"rttime", "RLIMIT_RTTIME", &microseconds, "CPU time under a real-time policy without a blocking call; SIGXCPU at the soft limit, SIGKILL at the hard one"},
}

// Resources lists all resources, in the kernel's order.
func Resources() []Resource {
	list := make([]Resource, numResources)
	for i := range list {
		list[i] = Resource(i)
	}
	return list
}

// String is the name that [Parse] takes: getrlimit(2)'s without "RLIMIT_", in
// lower case.
func (r Resource) String() string {
	if r < numResources {
		return resources[r].name
	}
	return fmt.Sprintf("resource(%d)", uint8(r))
}

// Unit is what the numbers of r count: "seconds", "microseconds", "bytes" or
// "count".
func (r Resource) Unit() string { return resources[r].unit.name }

// Help says in one line what r limits, and what a process gets that wants more.
func (r Resource) Help() string { return resources[r].help }
