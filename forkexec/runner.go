package forkexec

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/script"
)

// Runner is a prepared start. It is immutable and safe for concurrent use.
type Runner struct {
	config  Config
	program *script.Program
	// stand is what a deputy does until it stands, nil if each start has its own.
	stand  *script.Program
	served deputyKey
	// The names of descriptors: the program's, and those it joins by.
	files, joins, cgroups []script.Var

	clone []uint64 // struct clone_args, but for its addresses and descriptors
	// dumpable says that the caller was, and a start may change it.
	dumpable bool
}

// Error is a step of the set-up that failed in the child. It unwraps to the
// errno.
type Error struct {
	Step  string // "mount", "exec", ...
	Index int    // position within the step, -1 if there is only one
	Name  string // the thing: a path, a limit; may be empty
	Errno unix.Errno
	where string
}

func (e *Error) Error() string {
	text := "forkexec: " + e.where + ": " + e.Errno.Error()
	hint, ok := hints[hintKey{e.Step, e.Errno}]
	if !ok {
		hint, ok = hints[hintKey{e.where, e.Errno}]
	}
	if ok {
		text += " (" + hint + ")"
	}
	return text
}

// Unwrap returns the errno.
func (e *Error) Unwrap() error { return e.Errno }

type hintKey struct {
	step  string // or step and name
	errno unix.Errno
}

// hints say how to mend what an errno alone does not tell.
var hints = map[hintKey]string{
	{"exec", unix.ENOENT}:               "no such program in the sandbox's root, or its interpreter or dynamic loader is not there",
	{"exec", unix.EACCES}:               "not an executable file, or the sandboxed user may not execute it or search its directory",
	{"exec", unix.ENOEXEC}:              "not a program for this machine, or a script without an interpreter line",
	{"exec", unix.E2BIG}:                "arguments and environment are too long together",
	{"exec", unix.ENOMEM}:               "the memory limit is too small to start the program at all",
	{"exec", unix.ETXTBSY}:              "somebody still has the program open for writing",
	{"exec", unix.EPERM}:                "the file system is mounted noexec, or set-user-id is not honoured",
	{"clone", unix.EAGAIN}:              "a limit on processes was reached: ulimit -u, pids.max or kernel.pid_max",
	{"clone", unix.EPERM}:               "creating namespaces needs CAP_SYS_ADMIN, or user namespaces that ordinary users may create; Docker gives neither by default: add --privileged, or --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined",
	{"clone", unix.EEXIST}:              "the pid namespace has a process of that id (FirstPID)",
	{"clone", unix.ENOSPC}:              "too many namespaces: see /proc/sys/user/max_*_namespaces",
	{"clone", unix.EUSERS}:              "user namespaces are nested too deep",
	{"fd", unix.EINVAL}:                 "more files for the program than ulimit -n lets the caller have",
	{"fd", unix.EMFILE}:                 "the table of open files is full: raise ulimit -n",
	{"rlimit", unix.EPERM}:              "a hard limit can't be raised above the caller's own without CAP_SYS_RESOURCE, nor that of files above fs.nr_open",
	{"affinity", unix.EINVAL}:           "none of the CPUs is online and in the process's cpuset",
	{"cgroup", unix.ENOSPC}:             "the group has no free cpuset",
	{"seccomp", unix.EACCES}:            "loading a filter needs no_new_privs or CAP_SYS_ADMIN",
	{"mount /", unix.EINVAL}:            "the caller's root is no mount point (chroot), or is the kernel's first file system (initramfs), which can't be left: pivot_root or switch_root to a mounted one",
	{"setgroups", unix.EPERM}:           "supplementary groups can't be set in a user namespace made without privilege: set NoSetgroups",
	{"chdir", unix.ENOENT}:              "no such directory in the sandbox's root",
	{"parent_death", unix.EAGAIN}:       "the caller has ended",
	{"securebits", unix.EPERM}:          "CAP_SETPCAP is missing",
	{"unshare", unix.EINVAL}:            "the kernel has no such namespace: time namespaces need Linux 5.6 and CONFIG_TIME_NS",
	{"clock_offsets", unix.EPERM}:       "CAP_SYS_TIME is missing",
	{"personality", unix.EPERM}:         "a container's filter forbids it: in Docker, --security-opt seccomp=unconfined or a profile that allows personality(ADDR_NO_RANDOMIZE)",
	{"tsc", unix.EINVAL}:                "this kernel can't refuse the time-stamp counter",
	{"unshare", unix.ENOSPC}:            "too many namespaces: see /proc/sys/user/max_*_namespaces",
	{"capability_ambient", unix.EINVAL}: "ambient capabilities need Linux 4.3",
}

// maxCPUs is how many a [unix.CPUSet] has room for.
const maxCPUs = 1024

// Prepare compiles config. It checks all that can be checked before a start;
// what only the child can find out (a missing program, a full file system) is
// an [*Error] of Start.
func Prepare(config Config) (*Runner, error) {
	features := kernel.Probe()
	config.Join = slices.Clone(config.Join)
	weakenConfig(&config)
	if config.Path == "" {
		return nil, fmt.Errorf("forkexec: no program: set Path: %w", unix.EINVAL)
	}
	if config.Files < 0 || config.Cgroups < 0 {
		return nil, fmt.Errorf("forkexec: Files and Cgroups can't be negative: %w", unix.EINVAL)
	}
	if !features.CloseRange {
		return nil, fmt.Errorf("forkexec: close_range is missing; Linux 5.9 or newer is needed: %w", errors.ErrUnsupported)
	}
	config.CPUs = slices.Clone(config.CPUs)
	for _, cpu := range config.CPUs {
		if cpu < 0 || cpu >= maxCPUs {
			return nil, fmt.Errorf("forkexec: CPUs has %d; numbers are 0 to %d: %w", cpu, maxCPUs-1, unix.EINVAL)
		}
	}
	if err := config.Rlimits.Check(); err != nil {
		return nil, fmt.Errorf("forkexec: %w", err)
	}
	if config.FirstPID != 0 && !features.Clone3 {
		return nil, fmt.Errorf("forkexec: FirstPID needs Linux 5.5 (clone3): %w", errors.ErrUnsupported)
	}
	if err := checkNamespaces(&config); err != nil {
		return nil, err
	}
	if err := checkIDMaps(&config); err != nil {
		return nil, err
	}
	if err := checkRepeatable(&config); err != nil {
		return nil, err
	}
	c := compiler{config: &config, features: features, privileged: privileged(&config)}
	if err := c.compile(); err != nil {
		return nil, err
	}
	program, err := script.Assemble(weakenCalls(config.Path, c.calls))
	if err != nil {
		return nil, fmt.Errorf("forkexec: %w", err)
	}
	r := &Runner{
		config: config, program: program, clone: make([]uint64, cloneArgsWords),
		files: allNumbered("fd", config.Files), joins: allNumbered("join", len(config.Join)), cgroups: allNumbered("cgroup", config.Cgroups),
	}
	if config.Deputy {
		if r.stand, err = script.Assemble(weakenCalls("deputy", c.standing)); err != nil {
			return nil, fmt.Errorf("forkexec: %w", err)
		}
		r.served = keyOf(&config)
	}
	r.clone[0] = c.cloneFlags()
	if config.Credential != nil || config.Namespaces&User != 0 {
		dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		r.dumpable = err == nil && dumpable == 1
	}
	if config.Deputy && config.Namespaces&User != 0 {
		return nil, fmt.Errorf("forkexec: a deputy that stands makes no user namespace: join one, or set Deputy to false: %w", unix.EINVAL)
	}
	if config.Deputy && len(config.Seccomp) > 0 && config.Key == 0 {
		return nil, fmt.Errorf("forkexec: a deputy that stands under a filter: set Key: %w", unix.EINVAL)
	}
	if config.Listener && config.Seccomp == nil {
		return nil, fmt.Errorf("forkexec: a Listener without a filter: set Seccomp: %w", unix.EINVAL)
	}
	r.config.Seccomp = slices.Clone(config.Seccomp)
	return r, nil
}

func checkNamespaces(config *Config) error {
	if extra := config.Namespaces &^ AllNamespaces; extra != 0 {
		return fmt.Errorf("forkexec: Namespaces has unknown bits %#x: %w", uintptr(extra), unix.EINVAL)
	}
	for _, need := range []struct {
		ns   Namespace
		set  bool
		what string
	}{
		{UTS, config.Hostname != "" || config.Domainname != "", "Hostname and Domainname"},
		{Network, config.Loopback, "Loopback"},
		{Mount, config.Mounts != nil, "Mounts"},
	} {
		if need.set && config.Namespaces&need.ns == 0 {
			return fmt.Errorf("forkexec: %s would change the caller's own %s namespace: add it to Namespaces: %w", need.what, need.ns, unix.EINVAL)
		}
	}
	return nil
}

// Explain prints the script, one system call a line, with the step that each
// belongs to.
func (r *Runner) Explain() string {
	if r.stand != nil {
		return r.stand.String() + r.program.String()
	}
	return r.program.String()
}
