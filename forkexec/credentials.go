package forkexec

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// securebits, and for each the bit that locks it (include/uapi/linux/securebits.h).
const (
	secbitNoroot = 1 << iota
	secbitNorootLocked
	secbitNoSetuidFixup
	secbitNoSetuidFixupLocked
	_ // keep_caps, which stays off
	secbitKeepCapsLocked
	secbitNoCapAmbientRaise
	secbitNoCapAmbientRaiseLocked
)

// lockedSecurebits make uid 0 mean nothing: a change of uid moves no
// capability, none can be kept or made ambient, and none of that can be
// undone (capabilities(7)).
const lockedSecurebits = secbitNoroot | secbitNorootLocked | secbitNoSetuidFixup | secbitNoSetuidFixupLocked |
	secbitKeepCapsLocked | secbitNoCapAmbientRaise | secbitNoCapAmbientRaiseLocked

// credentials drops everything that could be used to get anything back. An
// unprivileged caller has no right to touch the bounding set or securebits;
// there no_new_privs alone keeps exec from giving rights, and there are none
// to lose.
func (c *compiler) credentials() error {
	drop := !c.config.KeepCapabilities
	if drop && c.privileged {
		last := c.features.LastCapability
		if c.config.KeepBounding {
			last = -1
		}
		for capability := range last + 1 {
			row := prctl("capability_bounding", unix.PR_CAPBSET_DROP, "PR_CAPBSET_DROP", script.Int(capability))
			row.Index = capability
			c.add(row)
		}
		c.add(prctl("securebits", unix.PR_SET_SECUREBITS, "PR_SET_SECUREBITS",
			script.Symbol(lockedSecurebits, fmt.Sprintf("%#x", lockedSecurebits))))
	}
	if err := c.identity(); err != nil {
		return err
	}
	if !drop {
		return nil
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	text := "{0}"
	if c.privileged {
		// Until exec the process shares the caller's memory, and a program that
		// runs as the same user already could trace it, but for this: who traces
		// must have every capability that the traced is permitted
		// (cap_ptrace_access_check in security/commoncap.c). It has no effect
		// otherwise, and exec takes it away.
		sets[0].Permitted = 1 << unix.CAP_SETPCAP
		text = "{permitted=CAP_SETPCAP}"
	}
	c.add(
		prctl("capability_ambient", unix.PR_CAP_AMBIENT, "PR_CAP_AMBIENT",
			script.Symbol(unix.PR_CAP_AMBIENT_CLEAR_ALL, "PR_CAP_AMBIENT_CLEAR_ALL")),
		once("capabilities", unix.SYS_CAPSET,
			script.Bytes(unsafe.Slice((*byte)(unsafe.Pointer(&header)), unsafe.Sizeof(header)), "{_LINUX_CAPABILITY_VERSION_3}"),
			script.Bytes(unsafe.Slice((*byte)(unsafe.Pointer(&sets)), unsafe.Sizeof(sets)), text)))
	if !c.config.Deputy { // from whom it is inherited
		c.noNewPrivileges()
	}
	return nil
}

func (c *compiler) noNewPrivileges() {
	c.add(prctl("no_new_privs", unix.PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS", script.Int(1)))
}

func (c *compiler) identity() error {
	who := c.config.Credential
	if who == nil {
		return nil
	}
	if !c.privileged && (int(who.UID) != os.Geteuid() || int(who.GID) != os.Getegid()) {
		return fmt.Errorf("forkexec: credential %d:%d: only root may change ids; run as root, or add User to Namespaces and map the ids: %w",
			who.UID, who.GID, unix.EPERM)
	}
	if !who.NoSetgroups {
		groups := make([]byte, 4*len(who.Groups))
		for i, gid := range who.Groups {
			*(*uint32)(unsafe.Pointer(&groups[4*i])) = gid
		}
		c.add(once("setgroups", unix.SYS_SETGROUPS, script.Int(len(who.Groups)), script.Bytes(groups, fmt.Sprint(who.Groups))))
	}
	c.add(once("setgid", unix.SYS_SETRESGID, script.Int(who.GID), script.Int(who.GID), script.Int(who.GID)),
		once("setuid", unix.SYS_SETRESUID, script.Int(who.UID), script.Int(who.UID), script.Int(who.UID)))
	return nil
}

// privileged says whether the process has every right in its user namespace
// while it sets itself up: it is in one made for it, or the caller may change
// ids and capabilities where it is.
func privileged(config *Config) bool {
	if (config.Namespaces|joinMask(config.Join))&User != 0 {
		return true
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	const need = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_SETPCAP
	return data[0].Effective&need == need
}
