package mount

import (
	"strings"

	"golang.org/x/sys/unix"
)

// attributes is the vocabulary of mount attributes in its three forms: of
// mount_setattr(2), of mount(2) and of /proc/self/mountinfo. Those without the
// first are listed because a remount has to repeat them: what it leaves out it
// asks to clear.
var attributes = [...]struct {
	attr     uint64
	attrName string
	flag     int
	flagName string
	option   string
}{
	{unix.MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY", unix.MS_RDONLY, "MS_RDONLY", "ro"},
	{unix.MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID", unix.MS_NOSUID, "MS_NOSUID", "nosuid"},
	{unix.MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV", unix.MS_NODEV, "MS_NODEV", "nodev"},
	{unix.MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC", unix.MS_NOEXEC, "MS_NOEXEC", "noexec"},
	{unix.MOUNT_ATTR_NOATIME, "MOUNT_ATTR_NOATIME", unix.MS_NOATIME, "MS_NOATIME", "noatime"},
	{0, "", unix.MS_NODIRATIME, "MS_NODIRATIME", "nodiratime"},
	{0, "", unix.MS_RELATIME, "MS_RELATIME", "relatime"},
}

// attributes are those that a bind with these flags has.
func (f Flags) attributes() uint64 {
	var set uint64
	if f&Writable == 0 {
		set |= unix.MOUNT_ATTR_RDONLY
	}
	if f&Suid == 0 {
		set |= unix.MOUNT_ATTR_NOSUID
	}
	if f&Dev == 0 {
		set |= unix.MOUNT_ATTR_NODEV
	}
	if f&NoExec != 0 {
		set |= unix.MOUNT_ATTR_NOEXEC
	}
	return set
}

func attributesText(set uint64) string {
	var names []string
	for _, a := range attributes {
		if set&a.attr != 0 {
			names = append(names, a.attrName)
		}
	}
	return strings.Join(names, "|")
}

// mountFlags turns attributes into flags of mount(2).
func mountFlags(set uint64) int {
	flags := 0
	for _, a := range attributes {
		if set&a.attr != 0 {
			flags |= a.flag
		}
	}
	return flags
}

func mountFlagsText(set uint64) string { return flagsText(mountFlags(set)) }

func flagsText(flags int) string {
	var names []string
	for _, a := range attributes {
		if flags&a.flag != 0 {
			names = append(names, a.flagName)
		}
	}
	return strings.Join(names, "|")
}
