package notify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/procfile"
)

// identity is who a thread is to the file system (credentials(7)).
type identity struct {
	uid, gid         uint32 // the file system's
	realUID, realGID uint32
	groups           []uint32
	effective        uint64 // capabilities in the judge's user namespace
	permitted        uint64
	umask            int
	pid              int // of its process
	// settled says that it can never become another: all its ids are the same,
	// it has no capabilities and can't get any by execve (no_new_privs). What
	// it starts is the same.
	settled bool
}

// self is the calling thread in /proc.
const self = "/proc/thread-self"

// readIdentity is who a thread is, by its directory in /proc.
func readIdentity(dir string) (*identity, error) {
	fields, err := procfile.Status(dir)
	if err != nil {
		return nil, err
	}
	id := new(identity)
	var uids, gids []uint32
	var umask, pid, capabilities []uint32
	for _, f := range []struct {
		name string
		base int
		into *[]uint32
	}{{"Uid", 10, &uids}, {"Gid", 10, &gids}, {"Groups", 10, &id.groups}, {"Umask", 8, &umask}, {"Tgid", 10, &pid}, {"NoNewPrivs", 10, &capabilities}} {
		for word := range strings.FieldsSeq(fields[f.name]) {
			n, err := strconv.ParseUint(word, f.base, 32)
			if err != nil {
				return nil, fmt.Errorf("%s/status: %s: %w", dir, f.name, err)
			}
			*f.into = append(*f.into, uint32(n))
		}
	}
	if len(uids) != 4 || len(gids) != 4 || len(pid) != 1 {
		return nil, fmt.Errorf("%s/status lacks Tgid, Uid or Gid: %w", dir, unix.ESRCH)
	}
	for name, into := range map[string]*uint64{"CapEff": &id.effective, "CapPrm": &id.permitted} {
		if *into, err = strconv.ParseUint(fields[name], 16, 64); err != nil {
			return nil, fmt.Errorf("%s/status: %s: %w", dir, name, err)
		}
	}
	const real, fs = 0, 3
	id.realUID, id.uid, id.realGID, id.gid, id.pid = uids[real], uids[fs], gids[real], gids[fs], int(pid[0])
	if len(umask) == 1 { // not that of a zombie
		id.umask = int(umask[0])
	}
	id.settled = len(slices.Compact(uids)) == 1 && len(slices.Compact(gids)) == 1 && id.uid != 0 &&
		id.permitted == 0 && slices.Equal(capabilities, []uint32{1})
	return id, nil
}

// actor is a thread that takes on the identities of others. Its own it keeps as
// the saved ids and as permitted capabilities, so that nobody may send it
// signals or trace it who could not before.
type actor struct {
	own, now *identity
}

// newActor takes the calling thread, which must end with it.
func newActor() (*actor, error) {
	own, err := readIdentity(self)
	if err != nil {
		return nil, fmt.Errorf("notify: its own identity: %w", err)
	}
	// The umask and the working directory are no longer those of the judge.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return nil, fmt.Errorf("notify: unshare: %w", err)
	}
	now := *own
	return &actor{own: own, now: &now}, nil
}

// keep is the right to look at the program.
const keep = uint64(1) << unix.CAP_SYS_PTRACE

const mayChange = uint64(1)<<unix.CAP_SETUID | uint64(1)<<unix.CAP_SETGID

// become takes on an identity, with these capabilities. The umask is not part
// of it.
func (a *actor) become(id *identity, capabilities uint64) error {
	capabilities &= a.own.permitted
	same := a.now.uid == id.uid && a.now.gid == id.gid && slices.Equal(a.now.groups, id.groups)
	if same && a.now.effective == capabilities {
		return nil
	}
	const keepID = ^uintptr(0)
	if !same {
		if a.own.permitted&mayChange != mayChange {
			return fmt.Errorf("notify: the program is user %d, group %d, groups %v and the judge is not, and can't act as if it were: it needs CAP_SETUID and CAP_SETGID: %w",
				id.uid, id.gid, id.groups, unix.EPERM)
		}
		var groups uintptr
		if len(id.groups) > 0 {
			groups = uintptr(unsafe.Pointer(&id.groups[0]))
		}
		if err := setCapabilities(a.own.permitted, a.own.permitted); err != nil {
			return err
		}
		// Raw calls, which change this thread alone; the user id last, since
		// with it the capabilities may go.
		for _, c := range []struct {
			what string
			nr   uintptr
			args [3]uintptr
		}{
			{"setgroups", unix.SYS_SETGROUPS, [3]uintptr{uintptr(len(id.groups)), groups}},
			{"setresgid", unix.SYS_SETRESGID, [3]uintptr{keepID, uintptr(id.gid), keepID}},
			{"setresuid", unix.SYS_SETRESUID, [3]uintptr{keepID, uintptr(id.uid), keepID}},
		} {
			if _, _, errno := unix.RawSyscall(c.nr, c.args[0], c.args[1], c.args[2]); errno != 0 {
				return fmt.Errorf("notify: %s: %w", c.what, errno)
			}
		}
		a.now.uid, a.now.gid, a.now.groups = id.uid, id.gid, slices.Clone(id.groups)
	}
	a.now.effective = capabilities
	return setCapabilities(capabilities, a.own.permitted)
}

func setCapabilities(effective, permitted uint64) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(effective), Permitted: uint32(permitted)},
		{Effective: uint32(effective >> 32), Permitted: uint32(permitted >> 32)},
	}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("notify: capset: %w", err)
	}
	return nil
}
