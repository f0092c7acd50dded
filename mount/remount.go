package mount

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/mountinfo"
	"github.com/bailiff-judge/bailiff/internal/script"
)

// remount gives a bind its attributes where mount_setattr is missing: each
// mount below the source, as it is known now, is changed by a call of its own.
func (c *compiler) remount(i int, e *entry, source string, isDirectory bool, set uint64) error {
	mounts, err := mountsBelow(source)
	if err != nil {
		return err
	}
	if !isDirectory {
		c.remountOne(i, e, e.target[1:], mountFlags(set)|mounts[0].flags)
		return nil
	}
	// Seen from the copy itself, which is mounted by now: whatever is above
	// it doesn't matter.
	c.add(i, e.target, unix.SYS_FCHDIR, script.Value(varTree(i)))
	for _, m := range mounts {
		c.remountOne(i, e, m.path, mountFlags(set)|m.flags)
	}
	c.enterRoot()
	return nil
}

func (c *compiler) remountOne(i int, e *entry, at string, flags int) {
	flags |= unix.MS_REMOUNT | unix.MS_BIND
	c.add(i, e.target, unix.SYS_MOUNT, script.Null(), script.String(at), script.Null(),
		script.Symbol(flags, "MS_REMOUNT|MS_BIND|"+flagsText(flags)), script.Null())
}

// submount is one mount of a tree: its path relative to the tree's top, "."
// for that itself, and the flags of mount(2) that it has.
type submount struct {
	path  string
	flags int
}

// mountsBelow lists the mount that a path is on and all those below the path.
func mountsBelow(source string) ([]submount, error) {
	// The path as mountinfo has it, and the mount it is really on: another
	// may hide one at the same place.
	resolved, err := filepath.EvalSymlinks(source)
	if err != nil {
		return nil, err
	}
	var status unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, resolved, 0, unix.STATX_MNT_ID, &status); err != nil {
		return nil, fmt.Errorf("%s: %w", resolved, err)
	}
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return parseMounts(string(text), status.Mnt_id, resolved)
}

type mountLine struct {
	id, parent uint64
	point      string
	flags      int
}

// hiddenBy tells whether other is mounted beside l, on a directory above.
func (l mountLine) hiddenBy(other mountLine) bool {
	return other.parent == l.parent && strings.HasPrefix(l.point, other.point+"/")
}

// coveredBy tells whether other is mounted on l itself.
func (l mountLine) coveredBy(other mountLine) bool {
	return other.parent == l.id && other.point == l.point
}

// parseMounts does so from the text of mountinfo (proc_pid_mountinfo(5)), where
// a mount may come before the one it is on.
func parseMounts(table string, top uint64, source string) ([]submount, error) {
	prefix := strings.TrimSuffix(source, "/") + "/"
	var lines []mountLine
	var found []submount
	for text := range strings.Lines(table) {
		fields := strings.Fields(text)
		if len(fields) < 6 {
			return nil, fmt.Errorf("malformed mount %q in mountinfo", text)
		}
		id, err1 := strconv.ParseUint(fields[0], 10, 64)
		parent, err2 := strconv.ParseUint(fields[1], 10, 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("malformed mount %q in mountinfo", text)
		}
		l := mountLine{id, parent, mountinfo.Unescape(fields[4]), optionFlags(fields[5])}
		if id == top {
			found = append(found, submount{".", l.flags})
		}
		lines = append(lines, l)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("the mount of %s is not in /proc/self/mountinfo: %w", source, unix.ENOENT)
	}
	// One round for each level of mounts on mounts. What can't be reached by
	// its path can't be in the copy either.
	in := map[uint64]bool{top: true}
	for before := 0; before < len(in); {
		before = len(in)
		for _, l := range lines {
			if !in[l.parent] || in[l.id] || !strings.HasPrefix(l.point, prefix) || slices.ContainsFunc(lines, l.hiddenBy) {
				continue
			}
			in[l.id] = true
			if !slices.ContainsFunc(lines, l.coveredBy) {
				found = append(found, submount{l.point[len(prefix):], l.flags})
			}
		}
	}
	return found, nil
}

func optionFlags(options string) int {
	flags := 0
	for option := range strings.SplitSeq(options, ",") {
		for _, a := range attributes {
			if a.option == option {
				flags |= a.flag
			}
		}
	}
	return flags
}
