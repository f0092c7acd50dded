package ptracer

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's struct sigaction.
type sigaction struct {
	handler, flags, restorer, mask uint64
}

// withoutStops keeps the stops of tracees from raising SIGCHLD in the caller's
// process, which handles it (package runtime) even if nobody asked for it: that
// is a fifth of what a stop costs, and would flood a channel of signal.Notify.
// For children that end it is raised as before.
//
// A change that signal.Notify makes between the two calls would be
// lost if it weren't the same handler that the runtime sets then.
func withoutStops() {
	const noStops = 1 // SA_NOCLDSTOP
	var action sigaction
	const size = unsafe.Sizeof(action.mask)
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(&action)), size, 0, 0)
	if errno != 0 || action.flags&noStops != 0 {
		return
	}
	action.flags |= noStops
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&action)), 0, size, 0, 0)
}
