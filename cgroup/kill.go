package cgroup

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// freezing is how a cgroup is frozen.
type freezing struct {
	file, freeze, thaw string // what to write
	state, frozen      string // what says that all have stopped
}

// freezings are that of version 2 (Linux 5.2) and version 1's freezer
// (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst).
var freezings = [...]freezing{
	{"cgroup.freeze", "1", "0", "cgroup.events", "frozen 1\n"},
	{"freezer.state", "FROZEN", "THAWED", "freezer.state", "FROZEN\n"},
}

// freezer returns how a cgroup directory is frozen, if it can be.
func freezer(dir int) (freezing, bool) {
	for _, z := range freezings {
		if unix.Faccessat(dir, z.file, unix.F_OK, 0) == nil {
			return z, true
		}
	}
	return freezing{}, false
}

// start freezes, and waits until all have stopped.
//
// Version 1 tells each process once for each write, by waking it as a signal would,
// and that can be lost: a process on its way through the 9p file system takes it back
// (p9_client_rpc in net/9p/client.c). So it is written until all have heard.
func (z freezing) start(ctx context.Context, dir int) error {
	return poll(ctx, func() (bool, error) {
		if err := writeAt(dir, z.file, z.freeze); err != nil {
			return false, err
		}
		data, err := readAt(dir, z.state)
		return bytes.Contains(data, []byte(z.frozen)), err
	})
}

func (z freezing) stop(dir int) error { return writeAt(dir, z.file, z.thaw) }

// freezeTimeout bounds how long a kill waits for a group to freeze: a process in
// uninterruptible sleep doesn't.
const freezeTimeout = 20 * time.Millisecond

// kick sends SIGKILL to every process in a cgroup directory. What can be forked at the
// same time escapes where the kernel has neither cgroup.kill nor a freezer, so it is
// repeated until the cgroup is empty.
func kick(dir int) error {
	err := writeAt(dir, "cgroup.kill", "1")
	if !errors.Is(err, unix.ENOENT) {
		return err
	}
	z, ok := freezer(dir)
	if !ok {
		return signalAll(dir)
	}
	ctx, cancel := context.WithTimeout(context.Background(), freezeTimeout)
	defer cancel()
	if err = z.start(ctx, dir); errors.Is(err, context.DeadlineExceeded) {
		err = nil // some have stopped, and the caller tries again
	}
	// Frozen by the version 1 freezer, a process dies only when it is thawed.
	return errors.Join(err, signalAll(dir), z.stop(dir))
}

// signalAll sends SIGKILL to each process that cgroup.procs lists.
//
// The pid of one that ends may be another process's by then. So each is pinned by a
// pidfd first, and signalled only if a second look finds its pid in the cgroup still:
// whatever the pidfd then reaches has had that pid all the time between.
func signalAll(dir int) error {
	pids, err := procs(dir)
	if err != nil || len(pids) == 0 {
		return err
	}
	fds := make(map[int]int, len(pids))
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for _, pid := range pids {
		fd, err := unix.PidfdOpen(pid, 0)
		if err == unix.ESRCH || err == unix.EINVAL {
			continue // has ended, or is listed as 0: of another pid namespace
		}
		if err == unix.EMFILE {
			break // the next round gets the rest
		}
		if err != nil {
			return os.NewSyscallError("pidfd_open", err)
		}
		fds[pid] = fd
	}
	if pids, err = procs(dir); err != nil {
		return err
	}
	for _, pid := range pids {
		fd, ok := fds[pid]
		if !ok {
			continue
		}
		if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
			return os.NewSyscallError("pidfd_send_signal", err)
		}
	}
	return nil
}

// procs returns the pids in cgroup.procs: the processes that have a thread which hasn't
// ended (zombies aren't listed), as seen from the caller's pid namespace.
func procs(dir int) ([]int, error) {
	data, err := readAt(dir, "cgroup.procs")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, word := range bytes.Fields(data) {
		pid, err := strconv.Atoi(string(word))
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// poll calls done, less and less often, until it is true or fails, or the context ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	for wait := 50 * time.Microsecond; ; wait = min(2*wait, 5*time.Millisecond) {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if ctx.Err() == nil && wait < time.Millisecond {
			// The runtime's timers round up to a millisecond when nothing else runs, and a
			// process dies in a tenth of that.
			ts := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&ts, nil) // if a signal cuts it short, so be it
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// A target is a cgroup directory to remove.
type target struct {
	parent int // descriptor, or AT_FDCWD
	name   string
	path   string // for messages
}

// reap kills what is in the targets, also below them, and removes them. A cgroup stays
// busy until the last process in it has ended, so it tries until the timeout.
func reap(targets []target, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var failed error
	err := poll(ctx, func() (bool, error) {
		failed = nil
		targets = slices.DeleteFunc(targets, func(t target) bool {
			err := removeTree(t.parent, t.name)
			if err != nil {
				failed = errors.Join(failed, pathError("rmdir", t.path, err))
			}
			return err == nil
		})
		if failed != nil && !errors.Is(failed, unix.EBUSY) {
			return false, failed
		}
		return failed == nil, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = failed
	}
	if err != nil {
		return fail(err)
	}
	return nil
}

// removeTree tries once to kill what is in a directory and below, and to remove it.
func removeTree(parent int, name string) error {
	err := unix.Unlinkat(parent, name, unix.AT_REMOVEDIR)
	if err == unix.ENOENT {
		return nil
	}
	if err != unix.EBUSY {
		return err
	}
	fd, err := openAt(parent, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	dir := os.NewFile(uintptr(fd), name)
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return err
	}
	if err := kick(fd); err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(fd, e.Name()); err != nil {
				return err
			}
		}
	}
	return unix.Unlinkat(parent, name, unix.AT_REMOVEDIR)
}
