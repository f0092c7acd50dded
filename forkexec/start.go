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
	if len(inputs.Files) < r.config.Files || slices.Contains(inputs.Files, nil) {
		null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return nil, fmt.Errorf("forkexec: %w", &os.PathError{Op: "open", Path: os.DevNull, Err: err})
		}
		defer unix.Close(null)
		inputs.null = null
	}
	start := r.start
	if r.config.ParentDeath != 0 && !r.config.Deputy { // whose thread lives long
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
		{"Deputy", count(inputs.Deputy != nil), count(config.Deputy)},
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
	process := &Process{Begin: now(), pidfd: -1, ended: make(chan struct{})}
	if r.config.Deputy {
		err = r.startByDeputy(process, in, inputs)
	} else {
		err = r.startAlone(process, in, inputs)
	}
	runtime.KeepAlive(inputs) // its descriptors are copies in the child from here on
	defer runtime.KeepAlive(in)
	if err == nil {
		return process, nil
	}
	if process.pidfd >= 0 {
		unix.Close(process.pidfd)
	}
	if process.PID != 0 {
		_ = unix.Kill(process.PID, unix.SIGKILL) // not reaped yet, so the pid is still its own
		_, _ = wait4(process.PID, nil)
	}
	return nil, err
}

// startAlone starts by a deputy that is made for it.
func (r *Runner) startAlone(process *Process, in *script.Instance, inputs *Inputs) error {
	receive := -1
	if r.config.mails() {
		var send int
		var err error
		if receive, send, err = mailbox(); err != nil {
			return err
		}
		defer unix.Close(receive)
		defer unix.Close(send)
		in.Set(varMailbox, uint64(send))
		in.Set(varMessage, message(in)...)
	}
	deputy, err := in.Spawn(0)
	if err != nil {
		return asError(&script.Error{Call: script.Call{Step: "clone", Index: -1}, Errno: err.(unix.Errno)})
	}
	err = r.accompany(in, inputs, func() bool { return ended(deputy) })
	status, _ := wait4(deputy, nil)
	if err == nil && !status.Exited() {
		err = fmt.Errorf("forkexec: the deputy that starts %s: %w", r.config.Path, errKilled)
	}
	if err = r.executed(process, in, err); err == nil && receive >= 0 {
		process.Listener, err = receiveListener(receive)
	}
	return err
}

// startByDeputy starts by a deputy that stands.
func (r *Runner) startByDeputy(process *Process, in *script.Instance, inputs *Inputs) error {
	d := inputs.Deputy
	if !r.Serves(d) {
		return fmt.Errorf("forkexec: %s: the deputy was made for another filter or other namespaces: %w", r.config.Path, unix.EINVAL)
	}
	lives, err := d.do(in, func(over func() bool) error { return r.accompany(in, inputs, over) })
	if !lives && err == nil {
		err = d.lost()
	}
	return r.executed(process, in, err)
}

// executed takes over a process whose set-up is over, one way or another: err is
// what the caller's and the deputy's parts in it came to.
func (r *Runner) executed(process *Process, in *script.Instance, err error) error {
	r.restoreDumpable()
	process.PID = int(uint32(in.Get(varPID)))
	process.Started, process.SetupCPU = timespec(in, varStarted), timespec(in, varUsed)
	switch failure := in.Failure(); {
	case failure != nil:
		return asError(failure)
	case err != nil:
		return err
	case process.Started == 0:
		return fmt.Errorf("forkexec: %s was killed before it could be executed", r.config.Path)
	}
	if process.pidfd, err = unix.PidfdOpen(process.PID, 0); err != nil {
		return fmt.Errorf("forkexec: pidfd_open for %s: %w", r.config.Path, err)
	}
	return nil
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
func (r *Runner) accompany(in *script.Instance, inputs *Inputs, over func() bool) error {
	if r.config.Namespaces&User != 0 && !mapsItself(&r.config) {
		err := meet(in, varMapReady, varMapGo, over, func(pid int) error { return writeIDMaps(pid, &r.config) })
		if err != nil {
			return err
		}
	}
	if r.config.Sync {
		return meet(in, varReady, varGo, over, func(pid int) error {
			r.restoreDumpable() // or an ordinary user could not trace it
			return inputs.Sync(pid)
		})
	}
	return nil
}

// meet waits until the process waits, calls do, and lets the process go on
// or, after an error, kills it. It returns nil if the set-up is over before
// they meet: the script's own failure says more.
func meet(in *script.Instance, ready, proceed script.Var, over func() bool, do func(pid int) error) error {
	const futexWake = 1
	if !await(in, ready, over) {
		return nil
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

// await waits until a word is set, and says whether it was before all was over.
func await(in *script.Instance, word script.Var, over func() bool) bool {
	const futexWait = 0
	for in.Get(word) == 0 {
		// A process that ends without coming there wakes nobody.
		timeout := unix.NsecToTimespec(int64(20 * time.Millisecond))
		_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(in.Futex(word))), futexWait, 0,
			uintptr(unsafe.Pointer(&timeout)), 0, 0)
		if errno == unix.ETIMEDOUT && over() {
			return in.Get(word) != 0
		}
	}
	return true
}

// fill sets what differs from start to start.
func (r *Runner) fill(in *script.Instance, inputs *Inputs) error {
	if err := r.fillCommon(in, inputs.Join); err != nil {
		return err
	}
	args := slices.Clone(r.clone)
	args[cloneArgsParentTID] = in.Pointer(varPID)
	if r.config.CgroupV2 {
		args[cloneArgsCgroup] = uint64(inputs.CgroupV2)
	}
	if r.config.FirstPID != 0 {
		in.Set(varSetTID, uint64(r.config.FirstPID)) // pid_t, little-endian
		args[cloneArgsSetTID], args[cloneArgsSetTID+1] = in.Pointer(varSetTID), 1
		if err := setFile(in, varLastPID, "last_pid", -1, inputs.LastPID); err != nil {
			return err
		}
	}
	in.Set(varCloneArgs, args...)
	if inputs.Exec != nil {
		if err := setFile(in, varExec, "exec", -1, inputs.Exec); err != nil {
			return err
		}
	}
	if inputs.Landlock != nil {
		if err := setFile(in, varLandlock, "landlock", -1, inputs.Landlock); err != nil {
			return err
		}
	}
	for i, v := range r.files {
		if i >= len(inputs.Files) || inputs.Files[i] == nil {
			in.Set(v, uint64(inputs.null))
		} else if err := setFile(in, v, "fd", i, inputs.Files[i]); err != nil {
			return err
		}
	}
	for i, fd := range inputs.Cgroups {
		in.Set(r.cgroups[i], uint64(fd))
	}
	return nil
}

// setFile sets v to the descriptor of a file, the i-th of those if i is not -1.
func setFile(in *script.Instance, v script.Var, what string, i int, file *os.File) error {
	const closed = ^uintptr(0)
	if file != nil {
		if fd := file.Fd(); fd != closed {
			in.Set(v, uint64(fd))
			return nil
		}
	}
	if i >= 0 {
		what = fmt.Sprintf("%s[%d]", what, i)
	}
	if file == nil {
		return fmt.Errorf("forkexec: %s: no file: %w", what, os.ErrInvalid)
	}
	return fmt.Errorf("forkexec: %s %s: %w", what, file.Name(), os.ErrClosed)
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
