// Package kernel answers what the running kernel can do. Each answer is found
// by trying, once; a version number would be wrong on kernels with backports
// and in containers that filter system calls.
package kernel

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// Features says which newer calls work here; where one doesn't, an older form
// is used.
type Features struct {
	Clone3          bool // clone3 with CLONE_CLEAR_SIGHAND, Linux 5.5
	CloneIntoCgroup bool // CLONE_INTO_CGROUP, Linux 5.7
	CloseRange      bool // close_range, Linux 5.9
	SetnsPIDFD      bool // setns with a pidfd, Linux 5.8
	MountSetattr    bool // mount_setattr, Linux 5.12
	LastCapability  int  // the highest capability's number
}

// Probe tries everything, the first time it is called.
var Probe = sync.OnceValue(probe)

func probe() Features {
	return Features{
		Clone3:          probeClone3(unix.CLONE_CLEAR_SIGHAND, 0) == nil,
		CloneIntoCgroup: errors.Is(probeClone3(unix.CLONE_INTO_CGROUP, 1<<31-1), unix.EBADF),
		CloseRange:      unix.CloseRange(^uint(0)>>33, ^uint(0)>>33, 0) == nil,
		SetnsPIDFD:      probeSetnsPIDFD(),
		MountSetattr:    probeMountSetattr(),
		LastCapability:  lastCapability(),
	}
}

// probeClone3 has a child clone another that only exits.
func probeClone3(flags, cgroup uint64) error {
	const argsWords = 11
	program, err := script.Assemble([]script.Call{
		{Step: "clone", Index: -1, Nr: unix.SYS_CLONE3, Kind: script.Fork,
			Args: []script.Arg{script.Address("args", argsWords), script.Int(argsWords * 8)}},
		{Step: "exit", Index: -1, Nr: unix.SYS_EXIT_GROUP, Args: []script.Arg{script.Int(0)}},
		{Step: "exit", Index: -1, Nr: unix.SYS_EXIT_GROUP, Args: []script.Arg{script.Int(0)}, Kind: script.Parent},
	})
	if err != nil {
		return err
	}
	in := program.Instance()
	args := [argsWords]uint64{0: flags | unix.CLONE_VM | unix.CLONE_VFORK, 10: cgroup}
	in.Set("args", args[:]...)
	pid, err := in.Spawn(0)
	if err != nil {
		return err
	}
	for {
		if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != unix.EINTR {
			break
		}
	}
	return in.Failure()
}

// probeSetnsPIDFD joins the UTS namespace that one is in, which changes nothing.
// An older kernel says EINVAL: a pidfd is no namespace; EPERM comes only after
// the descriptor was understood.
func probeSetnsPIDFD() bool {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	err = unix.Setns(fd, unix.CLONE_NEWUTS)
	return err == nil || err == unix.EPERM
}

// probeMountSetattr passes flags that no kernel knows, which are looked at
// before the right to change mounts. A filter says ENOSYS or EPERM.
func probeMountSetattr() bool {
	return unix.MountSetattr(-1, "", ^uint(0)>>32, &unix.MountAttr{}) == unix.EINVAL
}

// lastCapability falls back to the newest one known, which an older kernel
// refuses with an EINVAL that the caller ignores.
func lastCapability() int {
	text, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			return n
		}
	}
	return unix.CAP_LAST_CAP
}
