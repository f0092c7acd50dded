// Package forkexec starts one process: clone, set-up, exec.
//
// Its one idea: everything the child must do between clone and exec is
// decided before the clone and written down as a script of raw system calls
// (see [Runner.Explain]). [Prepare] compiles a [Config] to such a script once;
// [Runner.Start] runs it any number of times, also at the same time. The
// child walks the script in the parent's memory (CLONE_VM), so that starting
// costs the same whether the parent holds 10 MiB or 10 GiB.
//
// It takes two clones. The first child, the deputy, joins namespaces and
// clones the second, the process proper, with CLONE_VFORK and CLONE_PARENT;
// so the process is the caller's child, yet no thread of the caller is stuck
// in vfork while it sets itself up, and while it shares the caller's memory
// the out-of-memory killer leaves it alone (mm/oom_kill.c, in_vfork), and with
// it the caller.
package forkexec

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/rlimit"
)

// Config says what to start and how. Only Path is needed: the rest of the
// zero value is a process with the caller's namespaces, directory and
// credentials, whose other descriptors are closed and whose signals are as
// the kernel starts them.
type Config struct {
	// Path is the program, looked up by the child in its own root; no $PATH
	// is searched. It names the program in messages also when ExecFile is set.
	Path string
	// ExecFile says that each start brings the program as an open file
	// ([Inputs.Exec]), executed by execveat(2). A script with an interpreter
	// line can't be: the interpreter would not find the closed file.
	ExecFile bool
	// Args are the arguments, the program's name first; nil is just Path.
	Args []string
	// Env is the environment. There is no default: nil is empty.
	Env []string
	// Dir is the working directory, in the child's root; "" leaves it.
	Dir string
	// Umask is the file mode creation mask, if not nil.
	Umask *int

	// Files is how many descriptors the process has: 0 to Files-1, given to
	// each start by [Inputs.Files]. All others are closed.
	Files int

	// Namespaces are created for the process.
	Namespaces Namespace
	// Join lists namespaces joined by descriptor; each start brings one file
	// for each entry ([Inputs.Join]). An entry with more than one bit takes a
	// pidfd, and joins those namespaces of that process (Linux 5.8). Joining
	// a time namespace is refused by the kernel for a child that shares
	// memory, so Prepare refuses it. Mount may be both joined and new: the
	// process then has a copy of the one joined.
	//
	// A user namespace that is the last of several entries, and alone in it, is
	// joined only when all is done that needs the caller's rights.
	Join []Namespace
	// FirstPID is the process's id in the pid namespace it is in, and the
	// processes it starts have those that follow, whatever ran there before; 0
	// leaves it to the kernel. It takes CAP_SYS_ADMIN in the user namespace that
	// owns the pid namespace, and Linux 5.5. With it, each start brings a
	// descriptor for /proc/sys/kernel/ns_last_pid ([Inputs.LastPID]).
	FirstPID int
	// UIDMap and GIDMap are written if Namespaces has User. Anything but one
	// range that maps the caller's own id needs CAP_SETUID and CAP_SETGID in
	// the caller's own namespace, or else newuidmap(1) and newgidmap(1), which
	// are then started for it, and ranges in /etc/subuid and /etc/subgid.
	UIDMap, GIDMap []IDMap
	// Setgroups allows setgroups(2) in the new user namespace. Without
	// privilege the kernel asks for it to be denied first.
	Setgroups bool
	// Hostname and Domainname are set, if not "", in a new UTS namespace.
	Hostname, Domainname string
	// Loopback brings lo up in a new network namespace.
	Loopback bool

	// Mounts is the file system view, built in a new mount namespace.
	Mounts *mount.Tree
	// Renew is a view that stands already, in the mount namespace joined:
	// what a program may have written to is replaced in this process's copy of
	// it ([mount.Tree.CompileRenewal]).
	Renew *mount.Tree
	// Sysctls are written in the process's namespaces, before its file system
	// view is built: the file's path below /proc/sys, and what to write.
	Sysctls []Sysctl

	// Cgroups is how many files each start brings to join cgroups with
	// ([Inputs.Cgroups]); CgroupV2 says that it also brings a v2 directory
	// ([Inputs.CgroupV2]).
	Cgroups  int
	CgroupV2 bool

	// CPUs are the numbers of the CPUs that the process may run on
	// (sched_setaffinity(2)), 0 to 1023; nil leaves those of the thread that
	// calls Start. Of CPUs that are offline or in no cpuset of its own the
	// kernel takes no notice, if one is left.
	CPUs []int

	// FixedAddresses has the kernel put the program, its stack, heap, libraries
	// and vDSO at the same addresses in each run (ADDR_NO_RANDOMIZE,
	// personality(2)), and so for all that it starts. What the kernel gives a
	// program to draw its own random numbers from stays random (AT_RANDOM,
	// getauxval(3)).
	FixedAddresses bool
	// RefuseTSC makes a SIGSEGV of the instructions that read the processor's
	// time-stamp counter, rdtsc and rdtscp, for the process and all that it
	// starts (PR_SET_TSC, prctl(2)); amd64 alone. glibc's dynamic loader is one
	// who reads it, and so is the vDSO's clock_gettime where the clock source is
	// tsc: only a static program that asks for no time can do without.
	RefuseTSC bool
	// ZeroClocks has CLOCK_MONOTONIC and CLOCK_BOOTTIME, and the uptime,
	// begin at 0 for the process and all that it starts; the time of day stays.
	// It needs Time in Namespaces, and CAP_SYS_TIME in the user namespace that
	// owns it.
	ZeroClocks bool

	// Rlimits are set last before the credentials change.
	Rlimits rlimit.Set
	// Credential is who the process becomes; nil leaves it.
	Credential *Credential
	// KeepCapabilities leaves capability sets and securebits alone. By
	// default the bounding, permitted, effective, inheritable and ambient
	// sets are emptied, securebits are set and locked, and no_new_privs is on.
	KeepCapabilities bool
	// KeepBounding leaves the bounding set alone, all the same: some forty
	// calls for what has no effect where no_new_privs is on and nothing is
	// permitted or inheritable (capabilities(7)).
	KeepBounding bool
	// Seccomp is a filter (seccomp(2)), loaded last before exec: it must allow
	// execve or execveat, whichever the start uses. It needs KeepCapabilities to
	// be false, or CAP_SYS_ADMIN. SeccompFlags are SECCOMP_FILTER_FLAG_*.
	//
	// A filter that kills for that call, or for exit_group, is refused by no
	// kernel, but before Linux 5.16 it ends the caller, too: SIGSYS dumps core,
	// and that ended everybody who shares the memory.
	Seccomp      []unix.SockFilter
	SeccompFlags uintptr
	// Listener asks for the descriptor by which the filter's notifications
	// are read and answered ([Process.Listener], [Deputy.Listener];
	// seccomp_unotify(2), Linux 5.0).
	Listener bool

	// Landlock says that each start brings a ruleset ([Inputs.Landlock]) by
	// which the process is restricted (package landlock; Linux 5.13), the
	// program's own start included.
	Landlock bool
	// Key, if not 0, is passed as the sixth argument of every call of the set-up
	// that takes fewer, execve(2) among them; the kernel ignores it and the filter
	// sees it: so a filter that asks a listener about these calls, or forbids
	// them, can let them pass. It should be random, since the program may guess
	// it; it can't read it.
	Key uint64

	// Deputy says that each start is made by a deputy that stands ([Inputs.Deputy],
	// made by [Runner.Deputy]). It has joined what is to be joined and loaded the
	// filter, once for all starts, and each process inherits that; so the filter
	// must let the set-up pass by its Key. No user namespace can be new.
	Deputy bool

	// NewKeyring gives the process a session keyring of its own, instead of
	// the caller's. A kernel without keyrings, or without room for one more,
	// is no error.
	NewKeyring bool
	// NewSession makes the process the leader of a session of its own,
	// without a controlling terminal (setsid).
	NewSession bool
	// Ignore lists signals that the process ignores from its start; all
	// others have their default action.
	Ignore []unix.Signal
	// BlockSignals leaves every signal blocked for the program; by default
	// none is.
	BlockSignals bool
	// ParentDeath is sent to the process when the caller's process dies
	// (PR_SET_PDEATHSIG), 0 for nothing. The kernel sends it when the
	// *thread* that cloned exits, so such a process gets a thread that lives
	// as long as it does.
	ParentDeath unix.Signal
	// Sync says that each start brings a function that runs while the process
	// waits, set up but for its seccomp filter ([Inputs.Sync]).
	Sync bool
}

// Sysctl is a kernel parameter of a namespace (sysctl(8)), such as
// user/max_user_namespaces.
type Sysctl struct {
	Path, Value string
}

// Credential is who a process runs as, in its own user namespace.
type Credential struct {
	UID, GID uint32
	Groups   []uint32 // supplementary groups, all of them
	// NoSetgroups leaves the supplementary groups alone: in a user namespace
	// made without privilege the kernel forbids setting them.
	NoSetgroups bool
}

// IDMap is one line of a uid_map or gid_map (user_namespaces(7)).
type IDMap struct {
	Inside, Outside, Count uint32
}

// Inputs is what differs from start to start.
type Inputs struct {
	// Files become descriptors 0, 1, 2, ...; a nil entry is /dev/null. There
	// may be fewer than [Config.Files]; the rest are /dev/null.
	Files []*os.File
	// Exec is the program, if [Config.ExecFile] is set.
	Exec *os.File
	// Landlock is a ruleset, if [Config.Landlock] is set.
	Landlock *os.File
	// Join has a file for each entry of [Config.Join].
	Join []*os.File
	// Cgroups are descriptors, open for writing, to which the process writes
	// "0", its own pid: cgroup v1's tasks, v2's cgroup.procs. They are numbers
	// since they stay their owner's (package cgroup).
	Cgroups []int
	// CgroupV2 is the descriptor of the directory of the cgroup v2 group the
	// process is cloned into (CLONE_INTO_CGROUP, Linux 5.7), if
	// [Config.CgroupV2] is set.
	CgroupV2 int
	// Deputy makes the start, if [Config.Deputy] is set.
	Deputy *Deputy
	// LastPID is a descriptor of /proc/sys/kernel/ns_last_pid, open for
	// writing, if [Config.FirstPID] is set. Which namespace it is about depends
	// on who writes, so one serves all.
	LastPID *os.File
	// Sync is called with the process's id while it waits. An error ends the
	// process and is what Start returns.
	Sync func(pid int) error

	null int // what stands for a file that is missing
}
