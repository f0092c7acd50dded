package leakcheck

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// foreignMounts are below where other software mounts while a test runs: services and
// containers, removable media.
var foreignMounts = []string{"/run", "/var/lib", "/media", "/mnt", "/snap"}

// mounts lists those of our mount namespace that nobody else is likely to make.
func mounts(c *checker) (map[string]string, error) {
	lines, err := fields("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, line := range lines {
		id, point := line[0], line[4]
		if !within(point, c.temp) && !named(strings.Join(line, " ")) {
			inTemp := within(point, os.TempDir()) && point != filepath.Clean(os.TempDir())
			if inTemp || slices.ContainsFunc(foreignMounts, func(dir string) bool { return within(point, dir) }) {
				continue
			}
		}
		found[id+" "+point] = strings.Join(line, " ")
	}
	return found, nil
}

// cgroups lists our own directories in every hierarchy, with the processes in them.
func cgroups(*checker) (map[string]string, error) {
	lines, err := fields("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, line := range lines {
		// Optional fields stand before the "-".
		if after := line[6:]; !strings.Contains(strings.Join(after, " ")+" ", "- cgroup") {
			continue
		}
		// A directory that vanishes, or that we may not look into, isn't ours.
		filepath.WalkDir(line[4], func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && named(path) {
				members, _ := os.ReadFile(filepath.Join(path, "cgroup.procs"))
				found[path] = fmt.Sprintf("%s, processes %v", path, strings.Fields(string(members)))
			}
			return nil
		})
	}
	return found, nil
}

// sysv lists our objects in a file of /proc/sysvipc, proc_sysvipc(5).
func sysv(kind string) (map[string]string, error) {
	lines, err := fields("/proc/sysvipc/" + kind)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	header := lines[0]
	found := map[string]string{}
	for _, line := range lines[1:] {
		values := map[string]int{}
		for i, name := range header {
			values[name], _ = strconv.Atoi(line[i])
		}
		if values["key"]&^0xff == IPCKey(0) || values["cpid"] == os.Getpid() {
			found[line[1]] = fmt.Sprintf("key %#x, id %s, owner %d", uint32(values["key"]), line[1], values["uid"])
		}
	}
	return found, nil
}

// files lists what has one of our names where everyone may make files.
func files(*checker) (map[string]string, error) {
	found := map[string]string{}
	for _, dir := range []string{os.TempDir(), "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
		for _, entry := range entries {
			if named(entry.Name()) {
				found[filepath.Join(dir, entry.Name())] = ""
			}
		}
	}
	return found, nil
}

// sockets lists the abstract unix sockets with one of our names in our network namespace.
func sockets(*checker) (map[string]string, error) {
	lines, err := fields("/proc/self/net/unix")
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, line := range lines {
		if name := line[len(line)-1]; strings.HasPrefix(name, "@") && named(name) {
			found[name] = ""
		}
	}
	return found, nil
}

// fields are the words of each line of a file. A file that doesn't exist, as the kernel
// lacks what it is about, has no lines.
func fields(path string) ([][]string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var lines [][]string
	for line := range strings.Lines(string(data)) {
		lines = append(lines, strings.Fields(line))
	}
	return lines, err
}

// within tells whether a path is a directory or below it.
func within(path, dir string) bool {
	relative, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(relative)
}
