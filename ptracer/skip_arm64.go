package ptracer

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	noteStatus = 1     // NT_PRSTATUS
	noteCall   = 0x404 // NT_ARM_SYSTEM_CALL
)

// skip makes the call that a thread is about to make return result without
// happening.
func skip(tid int, result int64) error {
	none := int32(-1)
	vector := unix.Iovec{Base: (*byte)(unsafe.Pointer(&none)), Len: uint64(unsafe.Sizeof(none))}
	if err := ptraceInto(unix.PTRACE_SETREGSET, tid, noteCall, unsafe.Pointer(&vector)); err != nil {
		return err
	}
	return setResult(tid, result)
}

// setResult changes what a call returns, also at its end. Only as much is set
// as is given: x0.
func setResult(tid int, result int64) error {
	vector := unix.Iovec{Base: (*byte)(unsafe.Pointer(&result)), Len: uint64(unsafe.Sizeof(result))}
	return ptraceInto(unix.PTRACE_SETREGSET, tid, noteStatus, unsafe.Pointer(&vector))
}
