package forkexec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"path/filepath"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/script"
)

// The variables of a start. Those with a number are made by numbered.
const (
	varExec      script.Var = "exec"      // descriptor of the program
	varLandlock  script.Var = "landlock"  // descriptor of the ruleset
	varKey       script.Var = "key"       // for the filter
	varCloneArgs script.Var = "clone"     // struct clone_args
	varPID       script.Var = "pid"       // the process's id, as the caller sees it
	varMapReady  script.Var = "map_ready" // not 0: the process waits for its id maps
	varMapGo     script.Var = "map_go"
	varReady     script.Var = "ready" // not 0: the process waits for Sync
	varGo        script.Var = "go"
	varStarted   script.Var = "started" // struct timespec, CLOCK_MONOTONIC
	varUsed      script.Var = "used"    // the same, CPU time
	varFilter    script.Var = "filter"  // struct sock_fprog
	varSocket    script.Var = "socket"
	varFile      script.Var = "file"
	varMailbox   script.Var = "mailbox" // socket by which the listener is sent
	varMessage   script.Var = "message" // struct message, see listener.go
	varParent    script.Var = "parent"
	varCaller    script.Var = "caller" // the caller's own pid
	varLastPID   script.Var = "last_pid"
	varSetTID    script.Var = "set_tid" // pid_t, what clone3 is to give
	varListener  script.Var = "listener"
	varStanding  script.Var = "standing" // not 0: the deputy waits for jobs
	varJob       script.Var = "job"
	varDone      script.Var = "done" // not 0: the deputy has done its part of a start
)

const (
	cloneArgsWords     = 11 // struct clone_args up to .cgroup (clone(2))
	cloneArgsParentTID = 3
	cloneArgsSetTID    = 8 // and how many there are
	cloneArgsCgroup    = 10

	fprogWords    = 2 // struct sock_fprog, padded
	timespecWords = 2
)

// numbered names the i-th descriptor of a kind.
func numbered(kind string, i int) script.Var { return script.Var(fmt.Sprintf("%s%d", kind, i)) }

// allNumbered names the first n of a kind.
func allNumbered(kind string, n int) []script.Var {
	list := make([]script.Var, n)
	for i := range list {
		list[i] = numbered(kind, i)
	}
	return list
}

// compiler turns a Config into rows. Each method appends one step.
type compiler struct {
	config     *Config
	features   kernel.Features
	privileged bool // has, or will have, every capability in its user namespace
	calls      []script.Call
	standing   []script.Call // of a deputy that stands
}

// compile fixes the order of the set-up, and why it is that order.
func (c *compiler) compile() error {
	if err := c.deputy(); err != nil {
		return err
	}
	c.clone()

	// The process proper.
	outside := c.config.Namespaces&PID != 0 || joinMask(c.config.Join)&PID != 0
	c.parentDeath(unix.SIGKILL, outside)
	// Until its ids are mapped the process is nobody and may make nothing.
	c.idMaps()
	c.keyring()
	// Before the new cgroup namespace, whose root is the group one is in.
	if err := c.cgroups(); err != nil {
		return err
	}
	c.zeroClocks()
	// After the cgroups, whose cpusets would undo it; before the work of the
	// mounts, so that the process doesn't move with warm caches.
	c.affinity()
	c.hostname()
	c.loopback()
	if err := c.sysctls(); err != nil {
		return err
	}
	if err := c.mounts(); err != nil {
		return err
	}
	c.firstPID()
	// Nothing that is left needs rights over what the caller owns.
	c.joinLast()
	// After all that needs the caller's own descriptors, before anything that
	// might take the numbers the program wants.
	c.files()
	// setsid may only fail for a group leader, which a fresh child is not.
	c.session()
	// In the new root. With the caller's rights: the program may own a
	// directory whose parents it can't search.
	c.directory()
	// NPROC and NOFILE would stop the set-up itself if they came earlier;
	// later there is no right to lower a hard limit set by another.
	c.rlimits()
	// The bounding set and securebits need CAP_SETPCAP, ids CAP_SETUID, so
	// capabilities go last.
	if err := c.credentials(); err != nil {
		return err
	}
	// Needs no_new_privs; forbids what only the set-up does, such as mounting.
	c.landlock()
	// A change of credentials clears it (prctl(2)), and without a wish for it
	// it must not outlast the set-up.
	c.parentDeath(c.config.ParentDeath, outside)
	if !c.config.Deputy {
		c.defaultActions()
	}
	c.ignore()
	c.sigmask()
	// Kept by exec, as far as it sets no ids.
	c.fixedAddresses()
	c.refuseTSC()
	c.sync()
	c.clock()
	// Last, so that the filter need allow nothing but exec. Under a deputy that
	// stands it is there already, and lets pass what comes with the key.
	if !c.config.Deputy {
		c.seccomp()
	}
	c.exec()

	// The deputy again, once the program has been executed.
	c.handOver()
	c.withKey(c.calls)
	return nil
}

// deputy is what the deputy does first. One that stands does it once, with all
// that its processes inherit: so they have no more to do than what differs.
func (c *compiler) deputy() error {
	// It dies with the caller, as its child does until exec.
	c.parentDeath(unix.SIGKILL, false)
	// User namespace first if the author lists it first: it gives the right
	// to join the others. Joining a pid namespace is for children only, which
	// is one reason for the second clone.
	if err := c.join(); err != nil {
		return err
	}
	if !c.config.Deputy {
		return nil
	}
	c.defaultActions()
	if !c.config.KeepCapabilities {
		c.noNewPrivileges()
	}
	c.parentDeath(unix.SIGKILL, false) // which entering a user namespace clears (commit_creds)
	c.seccomp()
	c.stand()
	c.withKey(c.calls)
	c.standing, c.calls = c.calls, nil
	return nil
}

// withKey has all rows show the filter the key, but those whose sixth argument
// means something: they make calls that every filter must allow anyway.
func (c *compiler) withKey(calls []script.Call) {
	if c.config.Key == 0 {
		return
	}
	const sixth = 5
	for i := range calls {
		if args := calls[i].Args; len(args) <= sixth {
			for len(args) < sixth {
				args = append(args, script.Int(0))
			}
			calls[i].Args = append(slices.Clip(args), script.Describe(script.Value(varKey), "$key"))
		}
	}
}

func (c *compiler) add(calls ...script.Call) { c.calls = append(c.calls, calls...) }

// once is the row of a step that has only one.
func once(step script.Step, nr uintptr, args ...script.Arg) script.Call {
	return script.Call{Step: step, Index: -1, Nr: nr, Args: args}
}

func prctl(step script.Step, option int, name string, args ...script.Arg) script.Call {
	list := append([]script.Arg{script.Symbol(option, name)}, args...)
	for len(list) < 5 { // the kernel insists that unused arguments are zero
		list = append(list, script.Int(0))
	}
	return once(step, unix.SYS_PRCTL, list...)
}

// parentDeath arms PR_SET_PDEATHSIG for a child of the caller. A caller that
// died just before is noticed by its pid, unless it has none in the child's
// pid namespace: FUTEX_CMP_REQUEUE, with nobody to wake or requeue, is the one
// call that compares two numbers and fails if they differ.
func (c *compiler) parentDeath(signal unix.Signal, outside bool) {
	const step, futexCmpRequeue = "parent_death", 4
	c.add(prctl(step, unix.PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG", script.Symbol(int(signal), cmp.Or(unix.SignalName(signal), "0"))))
	if outside || signal == 0 {
		return
	}
	getppid := once(step, unix.SYS_GETPPID)
	getppid.Out = varParent
	c.add(getppid, once(step, unix.SYS_FUTEX, script.Address(varParent, 1),
		script.Symbol(futexCmpRequeue, "FUTEX_CMP_REQUEUE"), script.Int(0), script.Int(0),
		script.Address(varParent, 1), script.Value(varCaller)))
}

func (c *compiler) join() error {
	if both := c.config.Namespaces & joinMask(c.config.Join) &^ Mount; both != 0 {
		return fmt.Errorf("forkexec: namespace %s is both new and joined: choose one", both)
	}
	for i, ns := range c.config.Join {
		switch {
		case ns == 0 || ns&^AllNamespaces != 0:
			return fmt.Errorf("forkexec: join[%d]: %#x is no set of namespaces", i, uintptr(ns))
		case ns&Time != 0:
			return fmt.Errorf("forkexec: join[%d]: a time namespace can't be joined by a child that shares its parent's memory; create one instead: %w", i, unix.EUSERS)
		case bits.OnesCount(uint(ns)) > 1 && !c.features.SetnsPIDFD:
			return fmt.Errorf("forkexec: join[%d]: joining %s by pidfd needs Linux 5.8; pass a file for each namespace: %w", i, ns, errors.ErrUnsupported)
		}
		if i < len(c.config.Join)-1 || !joinsLast(c.config.Join) {
			c.setns(i)
		}
	}
	return nil
}

// joinsLast says whether the last entry waits for the rest of the set-up.
func joinsLast(list []Namespace) bool { return len(list) > 1 && list[len(list)-1] == User }

func (c *compiler) joinLast() {
	if joinsLast(c.config.Join) {
		c.setns(len(c.config.Join) - 1)
	}
}

func (c *compiler) setns(i int) {
	ns := c.config.Join[i]
	row := once("join", unix.SYS_SETNS, script.Value(numbered("join", i)), script.Symbol(ns, ns.flags()))
	row.Index, row.Name = i, ns.String()
	c.add(row)
}

// firstPID has the ids of processes follow the process's own. clone3's set_tid
// leaves the kernel's cursor where it was, so it takes the file, too.
func (c *compiler) firstPID() {
	if c.config.FirstPID != 0 {
		text := strconv.Itoa(c.config.FirstPID)
		// At the file's beginning: a write elsewhere does nothing (kernel.sysctl_writes_strict).
		c.add(once("last_pid", unix.SYS_PWRITE64, script.Value(varLastPID), script.String(text), script.Int(len(text)), script.Int(0)))
	}
}

func joinMask(list []Namespace) (mask Namespace) {
	for _, ns := range list {
		mask |= ns
	}
	return mask
}

// cloneFlags are those of the second clone. A cgroup namespace is unshared
// later, a time namespace is only ever entered by exec.
func (c *compiler) cloneFlags() uint64 {
	flags := unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_PARENT | unix.CLONE_PARENT_SETTID |
		uint64(c.config.Namespaces&^(Cgroup|Time))
	if c.features.Clone3 {
		flags |= unix.CLONE_CLEAR_SIGHAND
	}
	if c.config.CgroupV2 {
		flags |= unix.CLONE_INTO_CGROUP
	}
	if c.config.mails() {
		flags |= unix.CLONE_FILES
	}
	return flags
}

func (c *compiler) clone() {
	namespaces := c.config.Namespaces &^ (Cgroup | Time)
	text := "CLONE_VM|CLONE_VFORK|CLONE_PARENT|CLONE_PARENT_SETTID"
	if c.config.mails() {
		text += "|CLONE_FILES"
	}
	if namespaces != 0 {
		text += "|" + namespaces.flags()
	}
	row := once("clone", unix.SYS_CLONE, script.Symbol(c.cloneFlags(), text),
		script.Null(), script.Address(varPID, 1), script.Null(), script.Int(0))
	if c.features.Clone3 {
		if c.config.CgroupV2 {
			text += "|CLONE_INTO_CGROUP"
		}
		row = once("clone", unix.SYS_CLONE3, script.Describe(script.Address(varCloneArgs, cloneArgsWords),
			"{flags="+text+"|CLONE_CLEAR_SIGHAND, parent_tid=&$pid"+c.setTIDText()+"}"), script.Int(cloneArgsWords*8))
	}
	row.Uses = []script.Var{varPID}
	if c.config.FirstPID != 0 {
		row.Uses = append(row.Uses, varSetTID)
	}
	row.Kind = script.Fork
	c.add(row)
}

func (c *compiler) setTIDText() string {
	if c.config.FirstPID == 0 {
		return ""
	}
	return fmt.Sprintf(", set_tid={%d}", c.config.FirstPID)
}

// wait stops the process until the caller sets the word at proceed. The
// caller knows that it waits from the word at ready.
func (c *compiler) wait(step script.Step, ready, proceed script.Var) {
	const futexWait = 0
	sleep := once(step, unix.SYS_FUTEX, script.Address(proceed, 1),
		script.Symbol(futexWait, "FUTEX_WAIT"), script.Int(0), script.Null())
	sleep.Kind, sleep.Ignore = script.Wait, []unix.Errno{unix.EAGAIN, unix.EINTR}
	c.signalWord(step, ready, script.Plain, script.Plain)
	c.add(sleep)
}

func (c *compiler) idMaps() {
	if c.config.Namespaces&User == 0 {
		return
	}
	if mapsItself(c.config) {
		for _, file := range idMapFiles(c.config) {
			c.write("id_map", "/proc/self/"+file.name, file.content)
		}
	} else {
		c.wait("id_map", varMapReady, varMapGo)
	}
	if maps(c.config.GIDMap, 0) {
		c.add(once("id_map", unix.SYS_SETRESGID, script.Int(0), script.Int(0), script.Int(0)))
	}
	if maps(c.config.UIDMap, 0) {
		c.add(once("id_map", unix.SYS_SETRESUID, script.Int(0), script.Int(0), script.Int(0)))
	}
}

// write writes a file that exists, in one call, as the kernel's own files want it.
func (c *compiler) write(step script.Step, path, content string) {
	open := once(step, unix.SYS_OPENAT, script.CWD(), script.String(path),
		script.Symbol(unix.O_WRONLY|unix.O_CLOEXEC, "O_WRONLY|O_CLOEXEC"), script.Int(0))
	open.Out = varFile
	rows := []script.Call{open,
		once(step, unix.SYS_WRITE, script.Value(varFile), script.String(content), script.Int(len(content))),
		once(step, unix.SYS_CLOSE, script.Value(varFile))}
	for i := range rows {
		rows[i].Name = path
	}
	c.add(rows...)
}

// keyring leaves the caller's session keyring behind: whoever is in it may
// read and change what it holds (session-keyring(7)).
func (c *compiler) keyring() {
	if !c.config.NewKeyring {
		return
	}
	row := once("keyring", unix.SYS_KEYCTL, script.Symbol(unix.KEYCTL_JOIN_SESSION_KEYRING, "KEYCTL_JOIN_SESSION_KEYRING"), script.Null())
	row.Ignore = []unix.Errno{unix.ENOSYS, unix.EDQUOT}
	c.add(row)
}

func (c *compiler) sysctls() error {
	for i, sysctl := range c.config.Sysctls {
		if !filepath.IsLocal(sysctl.Path) {
			return fmt.Errorf("forkexec: sysctl[%d] %q is no path below /proc/sys: %w", i, sysctl.Path, unix.EINVAL)
		}
		c.write("sysctl", "/proc/sys/"+sysctl.Path, sysctl.Value)
	}
	return nil
}

// maps says whether id has a meaning inside.
func maps(list []IDMap, id uint32) bool {
	for _, m := range list {
		if id >= m.Inside && id-m.Inside < m.Count {
			return true
		}
	}
	return false
}

func (c *compiler) cgroups() error {
	for i := range c.config.Cgroups {
		row := once("cgroup", unix.SYS_WRITE, script.Value(numbered("cgroup", i)), script.String("0"), script.Int(1))
		row.Index = i
		c.add(row)
	}
	if c.config.CgroupV2 && !c.features.CloneIntoCgroup {
		return fmt.Errorf("forkexec: CgroupV2 needs Linux 5.7 (CLONE_INTO_CGROUP); pass the group's cgroup.procs in Cgroups: %w", errors.ErrUnsupported)
	}
	if later := c.config.Namespaces & (Cgroup | Time); later != 0 {
		row := once("unshare", unix.SYS_UNSHARE, script.Symbol(later, later.flags()))
		row.Name = later.String()
		c.add(row)
	}
	return nil
}

func (c *compiler) hostname() {
	for _, entry := range []struct {
		step script.Step
		nr   uintptr
		name string
	}{
		{"hostname", unix.SYS_SETHOSTNAME, c.config.Hostname},
		{"domainname", unix.SYS_SETDOMAINNAME, c.config.Domainname},
	} {
		if entry.name != "" {
			row := once(entry.step, entry.nr, script.String(entry.name), script.Int(len(entry.name)))
			row.Name = entry.name
			c.add(row)
		}
	}
}

func (c *compiler) loopback() {
	if !c.config.Loopback {
		return
	}
	var request struct { // struct ifreq (netdevice(7))
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], "lo")
	request.flags = unix.IFF_UP | unix.IFF_RUNNING
	socket := once("loopback", unix.SYS_SOCKET, script.Symbol(unix.AF_INET, "AF_INET"),
		script.Symbol(unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, "SOCK_DGRAM|SOCK_CLOEXEC"), script.Int(0))
	socket.Out = varSocket
	c.add(socket,
		once("loopback", unix.SYS_IOCTL, script.Value(varSocket), script.Symbol(unix.SIOCSIFFLAGS, "SIOCSIFFLAGS"),
			script.Bytes(unsafe.Slice((*byte)(unsafe.Pointer(&request)), unsafe.Sizeof(request)), `{"lo", IFF_UP|IFF_RUNNING}`)),
		once("loopback", unix.SYS_CLOSE, script.Value(varSocket)))
}

func (c *compiler) mounts() error {
	if c.config.Renew != nil {
		if c.config.Namespaces&joinMask(c.config.Join)&Mount == 0 || c.config.Mounts != nil {
			return errors.New("forkexec: Renew is for a copy of a mount namespace: have Mount in Join and in Namespaces, and no Mounts")
		}
		calls, err := c.config.Renew.CompileRenewal(c.inUserNamespace())
		if err != nil {
			return fmt.Errorf("forkexec: %w", err)
		}
		c.add(calls...)
	}
	if c.config.Mounts == nil {
		return nil
	}
	if c.config.Namespaces&Mount == 0 {
		return errors.New("forkexec: Mounts without a new mount namespace would change the caller's own: add Mount to Namespaces")
	}
	calls, err := c.config.Mounts.Compile(c.inUserNamespace())
	if err != nil {
		return fmt.Errorf("forkexec: %w", err)
	}
	c.add(calls...)
	return nil
}

// inUserNamespace says whether the process is not in the initial user namespace
// when it builds its view.
func (c *compiler) inUserNamespace() bool {
	early := c.config.Join
	if joinsLast(early) {
		early = early[:len(early)-1]
	}
	return (c.config.Namespaces|joinMask(early))&User != 0 || !c.privileged
}

// files gives the program its descriptors, and closes all others: not only at
// exec, or the caller's would take up the room that the limit on open files
// leaves for the listener. Each is first moved above the numbers that are
// spoken for, so that any mapping works and nothing is overwritten before it
// is used.
func (c *compiler) files() {
	type move struct {
		index int
		name  string
		fd    script.Var
		flags int // of the copy
	}
	var moves []move
	for i := range c.config.Files {
		moves = append(moves, move{i, "", numbered("fd", i), 0})
	}
	if c.config.ExecFile {
		moves = append(moves, move{-1, c.config.Path, varExec, unix.O_CLOEXEC})
	}
	if c.config.mails() {
		moves = append(moves, move{-1, "mailbox", varMailbox, unix.O_CLOEXEC})
	}
	if c.config.Landlock {
		moves = append(moves, move{-1, "landlock", varLandlock, unix.O_CLOEXEC})
	}
	for _, m := range moves {
		row := once("fd", unix.SYS_FCNTL, script.Value(m.fd),
			script.Symbol(unix.F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"), script.Int(len(moves)))
		row.Index, row.Name, row.Out = m.index, m.name, m.fd
		c.add(row)
	}
	for i, m := range moves {
		flags := script.Int(m.flags)
		if m.flags != 0 {
			flags = script.Symbol(m.flags, "O_CLOEXEC")
		}
		row := once("fd", unix.SYS_DUP3, script.Value(m.fd), script.Int(i), flags)
		row.Index, row.Name, row.Out = m.index, m.name, m.fd
		c.add(row)
	}
	c.add(once("close_range", unix.SYS_CLOSE_RANGE, script.Int(len(moves)), script.Symbol(^uint32(0), "~0"), script.Int(0)))
}

func (c *compiler) session() {
	if c.config.NewSession {
		c.add(once("setsid", unix.SYS_SETSID))
	}
}

func (c *compiler) directory() {
	if c.config.Dir != "" {
		row := once("chdir", unix.SYS_CHDIR, script.String(c.config.Dir))
		row.Name = c.config.Dir
		c.add(row)
	}
	if c.config.Umask != nil {
		c.add(once("umask", unix.SYS_UMASK, script.Symbol(*c.config.Umask, fmt.Sprintf("%#o", *c.config.Umask))))
	}
}

func (c *compiler) affinity() {
	if len(c.config.CPUs) == 0 {
		return
	}
	mask := make([]byte, unsafe.Sizeof(unix.CPUSet{}))
	for _, cpu := range c.config.CPUs {
		mask[cpu/8] |= 1 << (cpu % 8) // little-endian words
	}
	c.add(once("affinity", unix.SYS_SCHED_SETAFFINITY, script.Int(0), script.Int(len(mask)),
		script.Bytes(mask, fmt.Sprint(c.config.CPUs))))
}

func (c *compiler) landlock() {
	if c.config.Landlock {
		c.add(once("landlock", unix.SYS_LANDLOCK_RESTRICT_SELF, script.Value(varLandlock), script.Int(0)))
	}
}

func (c *compiler) rlimits() { c.add(c.config.Rlimits.Calls()...) }

// defaultActions gives every signal its default action: CLONE_CLEAR_SIGHAND would
// leave ignored signals ignored (clone(2)), as exec does, and which those are may
// change between two starts.
func (c *compiler) defaultActions() {
	for signal := unix.Signal(1); signal <= lastSignal; signal++ {
		if signal != unix.SIGKILL && signal != unix.SIGSTOP && (c.config.Deputy || !slices.Contains(c.config.Ignore, signal)) {
			c.action(signal, 0, "SIG_DFL")
		}
	}
}

// ignore leaves the signals that the program ignores from its start.
func (c *compiler) ignore() {
	for _, signal := range c.config.Ignore {
		if signal != unix.SIGKILL && signal != unix.SIGSTOP {
			c.action(signal, 1, "SIG_IGN")
		}
	}
}

func (c *compiler) action(signal unix.Signal, handler byte, text string) {
	action := make([]byte, sigactionSize)
	action[0] = handler // a little-endian pointer
	row := once("signal", unix.SYS_RT_SIGACTION, script.Int(int(signal)), script.Bytes(action, text),
		script.Null(), script.Int(sigsetSize))
	row.Name = unix.SignalName(signal)
	c.add(row)
}

// sigmask unblocks all signals: the child came with all of them blocked, so that no
// handler of the caller's runs in it.
func (c *compiler) sigmask() {
	mask, text := make([]byte, sigsetSize), "[]"
	if c.config.BlockSignals {
		mask, text = bytes.Repeat([]byte{0xff}, sigsetSize), "~[]"
	}
	c.add(once("sigmask", unix.SYS_RT_SIGPROCMASK, script.Symbol(unix.SIG_SETMASK, "SIG_SETMASK"),
		script.Bytes(mask, text), script.Null(), script.Int(sigsetSize)))
}

const (
	lastSignal    = 64
	sigsetSize    = 8
	sigactionSize = 32 // struct sigaction of the kernel: handler, flags, restorer, mask
)

func (c *compiler) sync() {
	if c.config.Sync {
		c.wait("sync", varReady, varGo)
	}
}

// clock notes when the program starts, for the wall clock, and what the set-up
// has used, for the CPU clock.
func (c *compiler) clock() {
	c.add(once("clock", unix.SYS_CLOCK_GETTIME, script.Symbol(unix.CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID"),
		script.Address(varUsed, timespecWords)),
		once("clock", unix.SYS_CLOCK_GETTIME, script.Symbol(unix.CLOCK_MONOTONIC, "CLOCK_MONOTONIC"),
			script.Address(varStarted, timespecWords)))
}

func (c *compiler) seccomp() {
	if c.config.Seccomp == nil {
		return
	}
	flags := uint64(c.config.SeccompFlags)
	text := fmt.Sprintf("%#x", flags)
	if c.config.Listener {
		flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
		text += "|SECCOMP_FILTER_FLAG_NEW_LISTENER"
	}
	row := once("seccomp", unix.SYS_SECCOMP, script.Symbol(unix.SECCOMP_SET_MODE_FILTER, "SECCOMP_SET_MODE_FILTER"),
		script.Symbol(flags, text), script.Address(varFilter, fprogWords))
	switch {
	case c.config.mails():
		row.Out, row.OutWord = varMessage, messageFD
	case c.config.Listener:
		row.Out = varListener
	}
	c.add(row)
}

func (c *compiler) exec() {
	args := c.config.Args
	if args == nil {
		args = []string{c.config.Path}
	}
	var row script.Call
	if c.config.ExecFile {
		row = once("exec", unix.SYS_EXECVEAT, script.Value(varExec), script.String(""), script.Strings(args),
			script.Strings(c.config.Env), script.Symbol(unix.AT_EMPTY_PATH, "AT_EMPTY_PATH"))
	} else {
		row = once("exec", unix.SYS_EXECVE, script.String(c.config.Path), script.Strings(args), script.Strings(c.config.Env))
	}
	row.Name = c.config.Path
	c.add(row)
}
