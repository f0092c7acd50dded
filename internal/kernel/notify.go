package kernel

import (
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Notify says what user notifications of seccomp can here (seccomp_unotify(2)).
type Notify struct {
	// Err is why there can be no listener at all, nil if there can: ENOSYS or
	// EINVAL before Linux 5.0, EBUSY inside of a sandbox that has one, whose
	// filters can't have another.
	Err        error
	Continue   bool // SECCOMP_USER_NOTIF_FLAG_CONTINUE, Linux 5.5
	SendFD     bool // SECCOMP_ADDFD_FLAG_SEND, Linux 5.14
	Killable   bool // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19
	SyncWakeUp bool // SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6
}

// ProbeNotify tries everything, the first time it is called.
var ProbeNotify = sync.OnceValue(func() Notify {
	result := make(chan Notify)
	OnOwnThread(func() { result <- probeNotify() })
	return <-result
})

// OnOwnThread runs f on a thread that ends with it, since what f does to the
// thread can't be undone. It is never the process's first, which would stay.
func OnOwnThread(f func()) {
	go func() {
		runtime.LockOSThread() // and never unlocked: the runtime ends the thread
		if unix.Gettid() == os.Getpid() {
			// This one is kept until another is found: on a single CPU the runtime would
			// come back to it, for up to a second.
			found := make(chan struct{})
			OnOwnThread(func() { close(found); f() })
			<-found
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
}

// probeNotify gives this thread a filter that allows everything, and asks its
// listener about an id that nobody has: what is known is looked at first.
func probeNotify() (n Notify) {
	program := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}}
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if n.Err = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); n.Err != nil {
		return n
	}
	load := func(flags uintptr, prog unsafe.Pointer) (uintptr, unix.Errno) {
		fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(prog))
		return fd, errno
	}
	fd, errno := load(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, unsafe.Pointer(&prog))
	if errno != 0 {
		n.Err = errno
		return n
	}
	defer unix.Close(int(fd))
	knows := func(request uintptr, argument unsafe.Pointer) bool {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(argument))
		return errno == unix.ENOENT
	}
	respond := [3]uint64{2: 1 << 32} // id, value, error and flags
	n.Continue = knows(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&respond))
	add := struct {
		id                      uint64
		flags, source, at, mode uint32
	}{flags: unix.SECCOMP_ADDFD_FLAG_SEND, source: uint32(fd)}
	n.SendFD = knows(unix.SECCOMP_IOCTL_NOTIF_ADDFD, unsafe.Pointer(&add))
	_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	n.SyncWakeUp = errno == 0
	_, errno = load(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, nil)
	n.Killable = errno == unix.EFAULT
	return n
}
