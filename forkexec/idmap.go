package forkexec

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// checkIDMaps refuses maps that the kernel would refuse with a bare EINVAL.
func checkIDMaps(config *Config) error {
	if config.Namespaces&User == 0 {
		if config.UIDMap != nil || config.GIDMap != nil {
			return fmt.Errorf("forkexec: id maps without a new user namespace: add User to Namespaces: %w", unix.EINVAL)
		}
		return nil
	}
	for _, list := range []struct {
		name string
		maps []IDMap
	}{{"UIDMap", config.UIDMap}, {"GIDMap", config.GIDMap}} {
		const most = 340 // user_namespaces(7), since Linux 4.15
		if len(list.maps) == 0 || len(list.maps) > most {
			return fmt.Errorf("forkexec: %s has %d ranges, a new user namespace needs 1 to %d: %w", list.name, len(list.maps), most, unix.EINVAL)
		}
		for i, m := range list.maps {
			if m.Count == 0 || m.Inside+m.Count < m.Inside || m.Outside+m.Count < m.Outside {
				return fmt.Errorf("forkexec: %s[%d] %q is empty or passes 2^32: %w", list.name, i, m, unix.EINVAL)
			}
			for j, other := range list.maps[:i] {
				if overlap(m.Inside, other.Inside, m.Count, other.Count) || overlap(m.Outside, other.Outside, m.Count, other.Count) {
					return fmt.Errorf("forkexec: %s[%d] %q overlaps [%d] %q: %w", list.name, i, m, j, other, unix.EINVAL)
				}
			}
		}
	}
	return nil
}

func overlap(a, b, lengthA, lengthB uint32) bool {
	return uint64(a) < uint64(b)+uint64(lengthB) && uint64(b) < uint64(a)+uint64(lengthA)
}

// idMapFile is a file of /proc/PID and what is written to it. helper is a command
// that writes it where we may not.
type idMapFile struct{ name, content, helper string }

// idMapFiles are the files of a new user namespace, in order. Each takes one
// write with everything, once (user_namespaces(7)).
func idMapFiles(config *Config) []idMapFile {
	setgroups := "deny"
	if config.Setgroups {
		setgroups = "allow"
	}
	return []idMapFile{
		{"setgroups", setgroups, ""},
		{"gid_map", lines(config.GIDMap), "newgidmap"},
		{"uid_map", lines(config.UIDMap), "newuidmap"},
	}
}

// mapsItself says whether the kernel lets the process write its own maps,
// which spares it the wait for the caller: one range of the caller's own id,
// without setgroups.
func mapsItself(config *Config) bool {
	own := func(list []IDMap, id int) bool {
		return len(list) == 1 && list[0].Count == 1 && int(list[0].Outside) == id
	}
	return !config.Setgroups && own(config.UIDMap, os.Geteuid()) && own(config.GIDMap, os.Getegid())
}

// writeIDMaps maps the ids of a process that waits in its new user namespace.
func writeIDMaps(pid int, config *Config) error {
	for _, file := range idMapFiles(config) {
		err := writeOnce(fmt.Sprintf("/proc/%d/%s", pid, file.name), file.content)
		if errors.Is(err, unix.EPERM) && file.helper != "" {
			err = helped(file, pid)
		}
		if err != nil {
			return fmt.Errorf("forkexec: id_map %s %q: %w", file.name, strings.TrimSpace(file.content), err)
		}
	}
	return nil
}

// helped has a map written by the program that may do so for an ordinary user: it
// has the capability, and looks at what /etc/subuid and /etc/subgid grant.
func helped(file idMapFile, pid int) error {
	name, err := exec.LookPath(file.helper)
	if err != nil {
		return fmt.Errorf("%w; %s, which could map granted ids, is not installed (Debian: uidmap)", unix.EPERM, file.helper)
	}
	out, err := exec.Command(name, append([]string{strconv.Itoa(pid)}, strings.Fields(file.content)...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s: %w: %s", unix.EPERM, file.helper, err, bytes.TrimSpace(out))
	}
	return nil
}

func writeOnce(path, content string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteString(content)
	return err
}

func lines(maps []IDMap) string {
	var text strings.Builder
	for _, m := range maps {
		text.WriteString(m.String() + "\n")
	}
	return text.String()
}
