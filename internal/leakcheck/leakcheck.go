// Package leakcheck fails a test that leaves something behind.
//
// Its one idea: what a process has is a table of lists (descriptors, goroutines,
// descendants, mounts and so on); whatever is in a list at the end of a test and wasn't
// at its start has leaked, and is printed.
//
// Test binaries of several packages run on a machine at the same time, so only what can be
// attributed to this process counts:
//
//   - descriptors, goroutines and threads are its own;
//   - processes are its descendants. One whose parents have died is nobody's descendant
//     any more, unless [Orphans] is asked for or it was in a pid namespace;
//   - mounts in its mount namespace count wherever other software rarely mounts, and below
//     temporary directories only in those of the test or with a [Name];
//   - cgroups, abstract sockets and files in temporary directories count if their names
//     hold this process's pid, as those of package cgroup and of [Name] do;
//   - System V IPC objects count if their keys are of [IPCKey], shared memory also if this
//     process has made it.
//
// Tests that run in parallel within the process can't be told apart: don't check them.
package leakcheck

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// defaultPatience is how long what is torn down asynchronously may take.
	defaultPatience = 2 * time.Second
	// checkThreads is how many threads one test may add. Go keeps the threads that it
	// needed for system calls going on at the same time, so that is no leak in itself.
	checkThreads = 64
)

// Option changes what [Check] and [Repeat] look for.
type Option func(*checker)

// Threads sets how many operating system threads may be added.
func Threads(n int) Option {
	return func(c *checker) { c.threads = n }
}

// Orphans makes this process the reaper of its orphaned descendants (prctl(2),
// PR_SET_CHILD_SUBREAPER) until the check is done, so that none gets lost. The price: a
// dead orphan can't be told from a dead child that nobody waited for; the check reaps both
// and reports neither.
func Orphans() Option {
	return func(c *checker) { c.orphans = true }
}

// Check compares what this process has now with what it has when the test's other cleanups
// have run, and fails the test if something was added. So it belongs at the test's
// beginning, before what the test itself cleans up.
func Check(t testing.TB, options ...Option) {
	t.Helper()
	c := start(t, checkThreads, options)
	t.Cleanup(func() {
		t.Helper()
		c.finish()
	})
}

// Repeat calls f n times, after some calls that don't count, and fails the test if
// something was added. Unlike Check it finds threads that leak: one every 20 calls, and
// more than four in all, is too much.
func Repeat(t testing.TB, n int, f func(), options ...Option) {
	t.Helper()
	for range max(10, n/10) {
		f()
	}
	c := start(t, max(4, n/20), options)
	for range n {
		f()
	}
	c.finish()
}

// childKind names the kind that reap has to know.
const childKind = "process"

// kinds is all that can leak and be listed. An identity without description describes
// itself.
var kinds = []struct {
	name string
	list func(*checker) (map[string]string, error)
}{
	{"descriptor", descriptors},
	{"goroutine", goroutines},
	{childKind, descendants},
	{"mount", mounts},
	{"cgroup", cgroups},
	{"System V shared memory", func(*checker) (map[string]string, error) { return sysv("shm") }},
	{"System V semaphores", func(*checker) (map[string]string, error) { return sysv("sem") }},
	{"System V message queue", func(*checker) (map[string]string, error) { return sysv("msg") }},
	{"file", files},
	{"abstract socket", sockets},
}

type checker struct {
	t        testing.TB
	patience time.Duration
	threads  int
	orphans  bool
	reaper   int32  // whether the process was a reaper before
	temp     string // the test's own temporary directories are below

	before        snapshot
	threadsBefore int
}

// snapshot is what there is of each kind: descriptions by identity.
type snapshot map[string]map[string]string

func start(t testing.TB, threads int, options []Option) *checker {
	t.Helper()
	c := &checker{t: t, patience: defaultPatience, threads: threads, temp: filepath.Dir(t.TempDir())}
	for _, option := range options {
		option(c)
	}
	if c.orphans {
		if err := unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&c.reaper)), 0, 0, 0); err != nil {
			t.Fatalf("leakcheck: PR_GET_CHILD_SUBREAPER: %v", err)
		}
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			t.Fatalf("leakcheck: PR_SET_CHILD_SUBREAPER: %v", err)
		}
	}
	// The first pipe brings the descriptors of Go's poller, which stay.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	var err error
	if c.before, err = c.take(); err != nil {
		t.Fatalf("leakcheck: %v", err)
	}
	if c.threadsBefore, err = countThreads(); err != nil {
		t.Fatalf("leakcheck: %v", err)
	}
	return c
}

// finish waits until nothing is left that wasn't there before, or reports what is.
func (c *checker) finish() {
	c.t.Helper()
	deadline := time.Now().Add(c.patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		leaks, err := c.leaks()
		switch {
		case err != nil:
			c.t.Errorf("leakcheck: %v", err)
			fallthrough
		case len(leaks) == 0:
			c.restore()
			return
		case time.Now().After(deadline):
			c.t.Errorf("leaked, and still there after %v:\n%s", c.patience, strings.Join(leaks, "\n"))
			c.restore()
			return
		}
		time.Sleep(pause)
	}
}

func (c *checker) restore() {
	if c.orphans {
		unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, uintptr(c.reaper), 0, 0, 0)
	}
}

// leaks are descriptions of what was added.
func (c *checker) leaks() ([]string, error) {
	if c.orphans {
		if err := c.reap(); err != nil {
			return nil, err
		}
	}
	after, err := c.take()
	if err != nil {
		return nil, err
	}
	var leaks []string
	for _, kind := range kinds {
		before, after := c.before[kind.name], after[kind.name]
		for _, identity := range slices.Sorted(maps.Keys(after)) {
			if _, ok := before[identity]; !ok {
				leaks = append(leaks, fmt.Sprintf("%s: %s", kind.name, cmp.Or(after[identity], identity)))
			}
		}
	}
	threads, err := countThreads()
	if err != nil {
		return nil, err
	}
	if added := threads - c.threadsBefore; added > c.threads {
		leaks = append(leaks, fmt.Sprintf("threads: %d, %d more than before; up to %d are tolerated", threads, added, c.threads))
	}
	return leaks, nil
}

func (c *checker) take() (snapshot, error) {
	s := snapshot{}
	for _, kind := range kinds {
		found, err := kind.list(c)
		if err != nil {
			return nil, fmt.Errorf("list of each %s: %w", kind.name, err)
		}
		s[kind.name] = found
	}
	return s, nil
}
