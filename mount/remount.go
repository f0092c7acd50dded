package mount

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// mountFlags are the options of mountinfo with the flags of mount(2); a remount
// must repeat those that are set, or it asks to clear them.
var mountFlags = map[string]int{
	"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
	"noatime": unix.MS_NOATIME, "nodiratime": unix.MS_NODIRATIME, "relatime": unix.MS_RELATIME,
}

// remount gives a bind its attributes where mount_setattr is missing (before
// Linux 5.12): each mount below the source, as it is known now, is changed by
// a call of its own.
func (c *compiler) remount(i int, e *entry) error {
	source, err := filepath.EvalSymlinks(e.source)
	if err != nil {
		return nil //nolint:nilerr // opening it in the child says so, with the errno
	}
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	flags := e.flags.mountFlags()
	c.remountOne(i, e.target, flags|topFlags(source, string(data)))
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			return fmt.Errorf("malformed mount %q", line)
		}
		below, ok := strings.CutPrefix(unescape(fields[4]), strings.TrimSuffix(source, "/")+"/")
		if ok {
			c.remountOne(i, e.target+"/"+below, flags|optionFlags(fields[5]))
		}
	}
	return nil
}

func (c *compiler) remountOne(i int, target string, flags int) {
	c.add(i, target, unix.SYS_MOUNT, script.Null(), script.String(target[1:]), script.Null(),
		script.Symbol(unix.MS_REMOUNT|unix.MS_BIND|flags, fmt.Sprintf("MS_REMOUNT|MS_BIND|%#x", flags)), script.Null())
}

func (f Flags) mountFlags() int {
	flags := 0
	for attr, flag := range map[uint64]int{
		unix.MOUNT_ATTR_RDONLY: unix.MS_RDONLY, unix.MOUNT_ATTR_NOSUID: unix.MS_NOSUID,
		unix.MOUNT_ATTR_NODEV: unix.MS_NODEV, unix.MOUNT_ATTR_NOEXEC: unix.MS_NOEXEC,
	} {
		if f.attributes()&attr != 0 {
			flags |= flag
		}
	}
	return flags
}

// topFlags are those of the mount that a path is on: the last of those whose
// mount point is nearest to it.
func topFlags(source, mountinfo string) int {
	longest, flags := -1, 0
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			continue
		}
		point := unescape(fields[4])
		under := point == "/" || source == point || strings.HasPrefix(source, point+"/")
		if under && len(point) >= longest {
			longest, flags = len(point), optionFlags(fields[5])
		}
	}
	return flags
}

func optionFlags(options string) int {
	flags := 0
	for option := range strings.SplitSeq(options, ",") {
		flags |= mountFlags[option]
	}
	return flags
}

// unescape undoes the octal escapes of mountinfo: \040 for a space, and so on.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func bytesOf[T any](v *T) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v)) }
