// Package landlock makes rulesets of the kernel's Landlock: which files below
// which directories a process may touch, whatever else lets it (landlock(7),
// Linux 5.13).
//
// Its one idea: a ruleset is a descriptor that the parent makes once, and that
// any number of children restrict themselves by, with one system call each. It
// is a second wall behind a supervisor that decides about paths: it knows
// directories, not names, so it can only allow more than a policy does, and
// still holds where the supervisor errs.
package landlock

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Access is what may be done to files, LANDLOCK_ACCESS_FS_*.
type Access uint64

// The rights, in groups as policies know them. Which of a group the kernel
// knows depends on its ABI; others are left out.
const (
	Read    Access = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	Execute Access = unix.LANDLOCK_ACCESS_FS_EXECUTE
	Write   Access = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	Create Access = unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SYM |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_REFER
	// devices can never be made below a ruleset.
	devices Access = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK
)

// onFiles are the rights that a rule about a file, not a directory, may have.
const onFiles = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE |
	unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV

// Rule lets a file, or everything below a directory, be used.
type Rule struct {
	Path   string
	Access Access
}

// ABI is the version of Landlock that the kernel speaks, from 1. The error is
// ENOSYS if it was built without, EOPNOTSUPP if it was booted without.
func ABI() (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, fmt.Errorf("landlock: %w", errno)
	}
	return int(n), nil
}

// known are the rights that an ABI handles (landlock(7), "Kernel changes").
func known(abi int) Access {
	access := Access(1<<13 - 1)
	for since, right := range map[int]Access{
		2: unix.LANDLOCK_ACCESS_FS_REFER, 3: unix.LANDLOCK_ACCESS_FS_TRUNCATE, 5: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
	} {
		if abi >= since {
			access |= right
		}
	}
	return access
}

// NewRuleset makes a ruleset that forbids every access but that of the rules.
// Paths that don't exist are left out. The file's descriptor is for the row
// that restricts a process ([forkexec.Inputs]); it can be used any number of
// times, and must be closed.
func NewRuleset(rules []Rule) (_ *os.File, err error) {
	abi, err := ABI()
	if err != nil {
		return nil, err
	}
	handled := (Read | Execute | Write | Create | devices) & known(abi)
	attr := unix.LandlockRulesetAttr{Handled_access_fs: uint64(handled)}
	// Older kernels know only the first field, and refuse a larger structure.
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Handled_access_fs), 0)
	if errno != 0 {
		return nil, fmt.Errorf("landlock: ruleset: %w", errno)
	}
	ruleset := os.NewFile(fd, "landlock")
	defer func() {
		if err != nil {
			ruleset.Close()
		}
	}()
	for _, rule := range rules {
		if err := add(ruleset, rule, handled); err != nil {
			return nil, fmt.Errorf("landlock: %s: %w", rule.Path, err)
		}
	}
	return ruleset, nil
}

func add(ruleset *os.File, rule Rule, handled Access) error {
	fd, err := unix.Open(rule.Path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return nil
	} else if err != nil {
		return err
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	access := rule.Access & handled
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= onFiles
	}
	if access == 0 {
		return nil
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: uint64(access), Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, ruleset.Fd(), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
