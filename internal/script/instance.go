package script

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Instance is one start of a [Program]: the words that this start alone
// uses. The child reads and writes them in the parent's own memory, so the
// Instance must be kept reachable until the child has left that memory, by
// exec or by exit.
type Instance struct {
	program *Program
	words   []uint64
	spawn   spawnCall
}

// spawnCall is what the assembly reads; it knows the layout.
type spawnCall struct {
	nr       uintptr
	args     [6]uintptr
	rows     *row
	words    *uint64
	oldMask  uint64
	fullMask uint64
	stand    *row       // where the process waits for jobs
	home     *spawnCall // of the process that was given this as a job
}

// Instance makes the words for one start.
func (p *Program) Instance() *Instance {
	return &Instance{program: p, words: make([]uint64, p.words)}
}

// Set gives v its value, or the first words of its room. A v that the script
// does not mention is not an error: no call will look at it.
func (in *Instance) Set(v Var, words ...uint64) {
	if room, ok := in.program.vars[v]; ok {
		copy(in.words[room.at:room.at+room.words], words)
	}
}

// Get is v's value now.
func (in *Instance) Get(v Var) uint64 {
	return atomic.LoadUint64(in.word(v))
}

// Nth is word i of v's room.
func (in *Instance) Nth(v Var, i int) uint64 {
	room := in.program.vars[v]
	return in.words[room.at : room.at+room.words][i]
}

// Pointer is the address of v, for a structure handed to the kernel that
// holds addresses itself.
func (in *Instance) Pointer(v Var) uint64 {
	return uint64(uintptr(unsafe.Pointer(in.word(v))))
}

// Futex is the half of v's word that a [Wait] row looks at.
func (in *Instance) Futex(v Var) *uint32 {
	return (*uint32)(unsafe.Pointer(in.word(v)))
}

// word is v's first word. A Var that the script does not mention has none;
// reading it would read another's.
func (in *Instance) word(v Var) *uint64 {
	room, ok := in.program.vars[v]
	if !ok {
		return new(uint64)
	}
	return &in.words[room.at]
}

// Spawn clones a child that walks the script, and returns its pid as soon as
// the clone is made. CLONE_VM is always set: the child runs in the caller's
// memory, on no stack. It has no exit signal, so that it can only be waited
// for with __WALL or __WCLONE, and nobody's wait4(-1) takes it.
//
// All signals are blocked in the child: a handler of the parent must not run
// there. A script that wants another mask sets it.
//
// Every Instance is spawned, or given away, at most once.
func (in *Instance) Spawn(flags uintptr) (pid int, err error) {
	return in.clone(flags | unix.CLONE_VM)
}

// SpawnCopy is Spawn of a child with a copy of the caller's memory, as fork(2)
// makes it. What the child writes down stays in its copy: a row that fails
// shows in the exit code alone, which is 1.
func (in *Instance) SpawnCopy(flags uintptr) (pid int, err error) {
	return in.clone(flags &^ unix.CLONE_VM)
}

func (in *Instance) clone(flags uintptr) (pid int, err error) {
	in.spawn = spawnCall{
		nr:       unix.SYS_CLONE,
		args:     [6]uintptr{flags},
		rows:     &in.program.rows[0],
		words:    &in.words[0],
		fullMask: ^uint64(0),
	}
	if in.program.stand >= 0 {
		in.spawn.stand = &in.program.rows[in.program.stand]
	}
	result := spawn(&in.spawn)
	if result > ^uintptr(4095) {
		return 0, unix.Errno(-result)
	}
	return int(result), nil
}

// Give has a process walk this instance's rows, which begin with a [Fork]: one
// that was spawned with another instance, is in its [Stand] row, and waits for
// the word at job. A Fork that fails does not end that process; its rows go on
// where the caller of a Fork does. One job is given at a time, and kept reachable,
// with what the process was spawned with, until the next one has been taken or the
// process has ended: it looks at the last row until then.
func (in *Instance) Give(to *Instance, job Var) {
	in.spawn = spawnCall{rows: &in.program.rows[0], words: &in.words[0], home: &to.spawn}
	// The bit tells the kernel's comparison of 32 bits from no job; the walker
	// takes it off.
	atomic.StoreUint64(to.word(job), uint64(uintptr(unsafe.Pointer(&in.spawn)))|1)
	const futexWake = 1
	_, _, _ = unix.RawSyscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(to.word(job))), futexWake, 1)
}

// spawn blocks all signals, makes the call, restores the mask in the parent
// and returns what the call returned; the child walks the rows.
// Without go:noescape, so that call lies on the heap: a goroutine's
// stack moves.
func spawn(call *spawnCall) (result uintptr)

// Error is the failure of one call in the child.
type Error struct {
	Call  Call
	Errno unix.Errno
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Call.Where(), e.Errno) }

// Unwrap makes errors.Is(err, unix.EPERM) work.
func (e *Error) Unwrap() error { return e.Errno }

// Failure is the error that stopped the script, nil if none has. It is final
// once the child has ended or executed another program.
func (in *Instance) Failure() error {
	failed := atomic.LoadUint64(&in.words[wordFailedRow])
	if failed == 0 {
		return nil
	}
	first := uint64(uintptr(unsafe.Pointer(&in.program.rows[0])))
	i := (failed - first) / uint64(unsafe.Sizeof(row{}))
	return &Error{Call: in.program.calls[i], Errno: unix.Errno(in.words[wordErrno])}
}
