package forkexec

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// Start starts the process. It returns once the program has been executed,
// or has failed to be: then the error is an [*Error] with step, index, name
// and errno, and nothing is left of the child. Files may be closed after
// Start has returned. It is safe for concurrent use and holds no lock while
// the child sets itself up.
//
// A program that somebody still has open for writing (ETXTBSY; most often
// another child that has not come to its own exec yet) is tried again for a
// fifth of a second.
func (r *Runner) Start(inputs Inputs) (*Process, error) {
	if err := r.checkInputs(&inputs); err != nil {
		return nil, err
	}
	files, null, err := r.withDevNull(inputs.Files)
	if err != nil {
		return nil, err
	}
	if null != nil {
		defer null.Close()
	}
	inputs.Files = files
	start := r.start
	if r.config.ParentDeath != 0 {
		start = r.startOnOwnThread
	}
	for pause := time.Millisecond; ; pause *= 2 {
		process, err := start(&inputs)
		if pause > 100*time.Millisecond || !errors.Is(err, unix.ETXTBSY) {
			return process, err
		}
		time.Sleep(pause)
	}
}

func (r *Runner) checkInputs(inputs *Inputs) error {
	config := &r.config
	for _, given := range []struct {
		name       string
		have, want int
	}{
		{"Join", len(inputs.Join), len(config.Join)},
		{"Cgroups", len(inputs.Cgroups), config.Cgroups},
		{"Landlock", count(inputs.Landlock != nil), count(config.Landlock)},
		{"Exec", count(inputs.Exec != nil), count(config.ExecFile)},
		{"Sync", count(inputs.Sync != nil), count(config.Sync)},
		{"Files", max(len(inputs.Files), config.Files), config.Files},
	} {
		if given.have != given.want {
			return fmt.Errorf("forkexec: %s %s: %d given, %d prepared for: %w", config.Path, given.name, given.have, given.want, unix.EINVAL)
		}
	}
	return nil
}

func count(has bool) int {
	if has {
		return 1
	}
	return 0
}

// startOnOwnThread starts from a thread that ends only after the process:
// PR_SET_PDEATHSIG is about that thread.
func (r *Runner) startOnOwnThread(inputs *Inputs) (*Process, error) {
	type answer struct {
		process *Process
		err     error
	}
	answers := make(chan answer)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		process, err := r.start(inputs)
		answers <- answer{process, err}
		if err == nil {
			<-process.ended
		}
	}()
	a := <-answers
	return a.process, a.err
}

func (r *Runner) start(inputs *Inputs) (*Process, error) {
	in := r.program.Instance()
	if err := r.fill(in, inputs); err != nil {
		return nil, err
	}
	proc, err := r.fillClocks(in)
	if err != nil {
		return nil, err
	}
	if proc != nil {
		defer proc.Close()
	}
	receive := -1
	if r.config.Listener {
		var send int
		if receive, send, err = mailbox(); err != nil {
			return nil, err
		}
		defer unix.Close(receive)
		defer unix.Close(send)
		in.Set(varMailbox, uint64(send))
		in.Set(varMessage, message(in)...)
	}
	begin := now()
	deputy, err := in.Spawn(0)
	if err != nil {
		return nil, asError(&script.Error{Call: script.Call{Step: "clone", Index: -1}, Errno: err.(unix.Errno)})
	}
	err = r.accompany(in, inputs, deputy)
	status, _ := wait4(deputy, nil)
	r.restoreDumpable()
	runtime.KeepAlive(inputs) // its descriptors are copies in the child from here on
	pid := int(uint32(in.Get(varPID)))
	started := timespec(in, varStarted)
	failure := in.Failure()
	runtime.KeepAlive(in)
	process := &Process{PID: pid, Begin: begin, Started: started, SetupCPU: timespec(in, varUsed), pidfd: -1, ended: make(chan struct{})}
	switch {
	case failure != nil:
		err = asError(failure)
	case err != nil:
	case !status.Exited():
		err = fmt.Errorf("forkexec: the deputy that starts %s was killed: %v", r.config.Path, status.Signal())
	case started == 0:
		err = fmt.Errorf("forkexec: %s was killed before it could be executed", r.config.Path)
	default:
		if process.pidfd, err = unix.PidfdOpen(pid, 0); err != nil {
			err = fmt.Errorf("forkexec: pidfd_open for %s: %w", r.config.Path, err)
		} else if r.config.Listener {
			process.Listener, err = receiveListener(receive)
		}
	}
	if err != nil {
		if process.pidfd >= 0 {
			unix.Close(process.pidfd)
		}
		if pid != 0 {
			_ = unix.Kill(pid, unix.SIGKILL) // not reaped yet, so the pid is still its own
			_, _ = wait4(pid, nil)
		}
		return nil, err
	}
	return process, nil
}

// restoreDumpable undoes what a change of ids in a process that shares the
// caller's memory does to the caller (commit_creds in kernel/cred.c): it could
// not dump core, and as an ordinary user not read its own /proc/self.
func (r *Runner) restoreDumpable() {
	if r.dumpable {
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	}
}

func asError(err error) error {
	var failure *script.Error
	if !errors.As(err, &failure) {
		return err
	}
	call := failure.Call
	return &Error{Step: string(call.Step), Index: call.Index, Name: call.Name, Errno: failure.Errno, where: call.Where()}
}

// accompany does the parent's part of the set-up: it lets a waiting process
// go on once its ids are mapped, and once Sync has returned.
func (r *Runner) accompany(in *script.Instance, inputs *Inputs, deputy int) error {
	if r.config.Namespaces&User != 0 && !mapsItself(&r.config) {
		err := meet(in, varMapReady, varMapGo, deputy, func(pid int) error { return writeIDMaps(pid, &r.config) })
		if err != nil {
			return err
		}
	}
	if r.config.Sync {
		return meet(in, varReady, varGo, deputy, func(pid int) error {
			r.restoreDumpable() // or an ordinary user could not trace it
			return inputs.Sync(pid)
		})
	}
	return nil
}

// meet waits until the process waits, calls do, and lets the process go on
// or, after an error, kills it. It returns nil if the process fails before
// they meet: the script's own failure says more.
func meet(in *script.Instance, ready, proceed script.Var, deputy int, do func(pid int) error) error {
	const futexWait, futexWake = 0, 1
	for in.Get(ready) == 0 {
		// A process that ends without coming here wakes nobody.
		timeout := unix.NsecToTimespec(int64(20 * time.Millisecond))
		_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(in.Futex(ready))), futexWait, 0,
			uintptr(unsafe.Pointer(&timeout)), 0, 0)
		if errno == unix.ETIMEDOUT && ended(deputy) {
			return nil
		}
	}
	pid := int(uint32(in.Get(varPID)))
	if err := do(pid); err != nil {
		_ = unix.Kill(pid, unix.SIGKILL)
		return err
	}
	in.Set(proceed, 1)
	_, _, _ = unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(in.Futex(proceed))), futexWake, 1)
	return nil
}

// fill sets what differs from start to start.
func (r *Runner) fill(in *script.Instance, inputs *Inputs) error {
	in.Set(varCaller, uint64(os.Getpid()))
	args := slices.Clone(r.clone)
	args[cloneArgsParentTID] = in.Pointer(varPID)
	if r.config.CgroupV2 {
		args[cloneArgsCgroup] = uint64(inputs.CgroupV2)
	}
	if r.config.FirstPID != 0 {
		in.Set(varSetTID, uint64(r.config.FirstPID)) // pid_t, little-endian
		args[cloneArgsSetTID], args[cloneArgsSetTID+1] = in.Pointer(varSetTID), 1
		if err := setFile(in, varLastPID, "last_pid", inputs.LastPID); err != nil {
			return err
		}
	}
	in.Set(varCloneArgs, args...)
	if filter := r.config.Seccomp; len(filter) > 0 {
		in.Set(varFilter, uint64(len(filter)), uint64(uintptr(unsafe.Pointer(&filter[0]))))
	}
	in.Set(varKey, r.config.Key)
	if inputs.Exec != nil {
		if err := setFile(in, varExec, "exec", inputs.Exec); err != nil {
			return err
		}
	}
	if inputs.Landlock != nil {
		if err := setFile(in, varLandlock, "landlock", inputs.Landlock); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		kind  string
		files []*os.File
	}{{"fd", inputs.Files}, {"join", inputs.Join}} {
		for i, file := range list.files {
			if err := setFile(in, numbered(list.kind, i), fmt.Sprintf("%s[%d]", list.kind, i), file); err != nil {
				return err
			}
		}
	}
	for i, fd := range inputs.Cgroups {
		in.Set(numbered("cgroup", i), uint64(fd))
	}
	return nil
}

// setFile sets v to a file's descriptor.
func setFile(in *script.Instance, v script.Var, where string, file *os.File) error {
	if file == nil {
		return fmt.Errorf("forkexec: %s: no file: %w", where, os.ErrInvalid)
	}
	const closed = ^uintptr(0)
	fd := file.Fd()
	if fd == closed {
		return fmt.Errorf("forkexec: %s %s: %w", where, file.Name(), os.ErrClosed)
	}
	in.Set(v, uint64(fd))
	return nil
}

// withDevNull gives every descriptor that has no file the null device, which
// the caller closes.
func (r *Runner) withDevNull(files []*os.File) ([]*os.File, *os.File, error) {
	if len(files) == r.config.Files && !slices.Contains(files, nil) {
		return files, nil, nil
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("forkexec: %w", err)
	}
	all := make([]*os.File, r.config.Files)
	copy(all, files)
	for i := range all {
		if all[i] == nil {
			all[i] = null
		}
	}
	return all, null, nil
}

// timespec reads a struct timespec.
func timespec(in *script.Instance, v script.Var) time.Duration {
	return time.Duration(in.Nth(v, 0))*time.Second + time.Duration(in.Nth(v, 1))
}

func now() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return time.Duration(ts.Nano())
}
