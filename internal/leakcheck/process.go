package leakcheck

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// descriptors lists the open ones. One that was closed and opened again at the same file
// is the same, whatever its number: a cgroup that is renewed has as many as before.
func descriptors(*checker) (map[string]string, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	found, times := map[string]string{}, map[string]int{}
	for _, entry := range entries {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err != nil {
			continue // the one of this very listing, for instance
		}
		times[target]++
		found[fmt.Sprintf("%s, %d times", target, times[target])] = fmt.Sprintf("%s -> %s", entry.Name(), target)
	}
	return found, nil
}

// foreignGoroutines are those who make goroutines that no test is to blame for.
var foreignGoroutines = []string{"testing.", "runtime.", "os/signal."}

func goroutines(*checker) (map[string]string, error) {
	buffer := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buffer, true)
		if n < len(buffer) {
			buffer = buffer[:n]
			break
		}
		buffer = make([]byte, 2*len(buffer))
	}
	found := map[string]string{}
	for stack := range bytes.SplitSeq(buffer, []byte("\n\n")) {
		number, _, _ := strings.Cut(string(stack), " [")
		if !foreign(string(stack)) {
			found[number] = string(stack)
		}
	}
	return found, nil
}

func foreign(stack string) bool {
	_, creator, _ := strings.Cut(stack, "\ncreated by ")
	for _, prefix := range foreignGoroutines {
		if strings.HasPrefix(creator, prefix) {
			return true
		}
	}
	return false
}

// process is a line of /proc/PID/stat, proc_pid_stat(5).
type process struct {
	pid, parent int
	comm        string
	state       string // "Z" is a zombie
	started     string
}

func (p process) String() string {
	arguments, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
	return fmt.Sprintf("pid %d, parent %d, state %s, %s: %q", p.pid, p.parent, p.state, p.comm, bytes.Split(bytes.TrimSuffix(arguments, []byte{0}), []byte{0}))
}

// descendants lists the processes below this one, zombies too.
func descendants(*checker) (map[string]string, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, p := range all {
		if p.pid != os.Getpid() && below(p, all) {
			found[fmt.Sprintf("%d %s", p.pid, p.started)] = p.String()
		}
	}
	return found, nil
}

// below tells whether this process is among the ancestors of p. The list was not taken at
// one moment, so it may hold a circle, if a pid was reused meanwhile.
func below(p process, all map[int]process) bool {
	for range all {
		if p.parent == os.Getpid() {
			return true
		}
		var ok bool
		if p, ok = all[p.parent]; !ok {
			return false
		}
	}
	return false
}

func processes() (map[int]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	all := map[int]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "stat"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if all[pid], err = parseStat(string(stat)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func parseStat(stat string) (process, error) {
	// The second field is "(comm)", and comm may be anything.
	begin, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if begin < 0 || end < begin {
		return process{}, fmt.Errorf("no process name in %q", stat)
	}
	fields := strings.Fields(stat[end+1:])
	const state, parent, started = 0, 1, 19 // 3, 4 and 22 in the manual page
	if len(fields) <= started {
		return process{}, fmt.Errorf("only %d fields after the name in %q", len(fields), stat)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(stat[:begin]))
	if err != nil {
		return process{}, fmt.Errorf("pid in %q: %w", stat, err)
	}
	ppid, err := strconv.Atoi(fields[parent])
	if err != nil {
		return process{}, fmt.Errorf("parent in %q: %w", stat, err)
	}
	return process{pid, ppid, stat[begin+1 : end], fields[state], fields[started]}, nil
}

// reap waits for the children that have ended since the start of the check.
func (c *checker) reap() error {
	all, err := processes()
	if err != nil {
		return err
	}
	for _, p := range all {
		_, old := c.before[childKind][fmt.Sprintf("%d %s", p.pid, p.started)]
		if p.parent == os.Getpid() && p.state == "Z" && !old {
			if _, err := unix.Wait4(p.pid, nil, unix.WNOHANG, nil); err != nil && err != unix.ECHILD {
				return fmt.Errorf("reap %v: %w", p, err)
			}
		}
	}
	return nil
}

func countThreads() (int, error) {
	tasks, err := os.ReadDir("/proc/self/task")
	return len(tasks), err
}
