package supervisor

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ProcessMemory is the memory of another thread: what the kernel itself would
// read or write there for a system call. Its thread should be stopped; the
// memory may change all the same, by other threads that share it. It is safe
// for concurrent use.
type ProcessMemory struct{ tid int }

// NewMemory is the memory of a thread, which the caller must be allowed to
// trace (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS).
func NewMemory(tid int) *ProcessMemory { return &ProcessMemory{tid} }

const (
	pageSize = 4096 // the smallest there is: a larger one is read in parts
	pathMax  = 4096 // PATH_MAX, with the NUL
)

// Read is [Memory]'s.
func (m *ProcessMemory) Read(address uint64, p []byte) (int, error) {
	return m.transfer(unix.SYS_PROCESS_VM_READV, address, p)
}

// Write is [Memory]'s. Pages that the thread could not write to are refused.
func (m *ProcessMemory) Write(address uint64, p []byte) (int, error) {
	return m.transfer(unix.SYS_PROCESS_VM_WRITEV, address, p)
}

// transfer tries the whole first. The kernel may take nothing of an area of
// which a part is missing, so then it goes page by page.
func (m *ProcessMemory) transfer(call uintptr, address uint64, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if int64(address) < 0 { // the kernel's half, where x86 has a page (vsyscall) that could be read
		return 0, unix.EFAULT
	}
	if n, errno := m.once(call, address, p); errno == 0 && n == len(p) || errno == unix.ESRCH {
		return n, errnoError(errno)
	}
	for done := 0; done < len(p); {
		at := address + uint64(done)
		if at < address {
			return done, partial(done, unix.EFAULT)
		}
		part := min(len(p)-done, pageSize-int(at%pageSize))
		n, errno := m.once(call, at, p[done:done+part])
		if done += n; errno != 0 || n < part {
			return done, partial(done, errno)
		}
	}
	return len(p), nil
}

// partial is the error of a transfer that ended early.
func partial(done int, errno unix.Errno) error {
	switch {
	case done > 0:
		return nil
	case errno == unix.ESRCH:
		return unix.ESRCH
	}
	return unix.EFAULT
}

func errnoError(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

func (m *ProcessMemory) once(call uintptr, address uint64, p []byte) (int, unix.Errno) {
	local := unix.Iovec{Base: &p[0], Len: uint64(len(p))}
	remote := unix.RemoteIovec{Base: uintptr(address), Len: len(p)}
	n, _, errno := unix.Syscall6(call, uintptr(m.tid), uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	switch errno {
	case 0:
		return int(n), 0
	case unix.ENOSYS, unix.EPERM:
		// The kernel was built without the call, or a filter refuses it.
		return m.file(call, address, p)
	}
	return 0, errno
}

// file goes through /proc/TID/mem. Unlike the calls it reads and writes pages
// whose protection forbids it (FOLL_FORCE).
func (m *ProcessMemory) file(call uintptr, address uint64, p []byte) (int, unix.Errno) {
	mode, move := unix.O_RDONLY, unix.Pread
	if call == unix.SYS_PROCESS_VM_WRITEV {
		mode, move = unix.O_WRONLY, unix.Pwrite
	}
	fd, err := unix.Open("/proc/"+strconv.Itoa(m.tid)+"/mem", mode|unix.O_CLOEXEC, 0)
	if err != nil {
		if err == unix.ENOENT {
			err = unix.ESRCH
		}
		return 0, err.(unix.Errno)
	}
	defer unix.Close(fd)
	n, err := move(fd, p, int64(address))
	if err != nil || n == 0 {
		return 0, unix.EFAULT
	}
	return n, 0
}

// ReadString reads a path, as getname does in the kernel: up to the NUL, which
// must be among the first 4,096 bytes. Errors are the kernel's: EFAULT if the
// address is 0 or memory ends before the NUL, ENAMETOOLONG if there is none;
// ESRCH if the thread is gone.
func ReadString(m Memory, address uint64) (string, error) {
	return ReadStringMax(m, address, pathMax)
}

// ReadStringMax is ReadString for other texts, of up to limit bytes with the NUL.
func ReadStringMax(m Memory, address uint64, limit int) (string, error) {
	if address == 0 {
		return "", unix.EFAULT
	}
	// Most are short, and what lies behind them is not ours to read.
	first := min(256, limit)
	buffer := make([]byte, 0, first)
	for len(buffer) < limit {
		at := address + uint64(len(buffer))
		if at < address {
			return "", unix.EFAULT
		}
		part := min(first, limit-len(buffer), pageSize-int(at%pageSize))
		start := len(buffer)
		buffer = append(buffer, make([]byte, part)...)
		n, err := m.Read(at, buffer[start:])
		if err != nil {
			return "", err
		}
		if end := bytes.IndexByte(buffer[start:start+n], 0); end >= 0 {
			return string(buffer[:start+end]), nil
		}
		if n < part {
			return "", unix.EFAULT
		}
		first = pageSize
	}
	return "", unix.ENAMETOOLONG
}

// howSize is the size of struct open_how as it was first (OPEN_HOW_SIZE_VER0).
const howSize = 24

// ReadHow reads openat2's struct open_how, as the kernel does: one that is
// smaller than the first version of it is EINVAL, larger than a page, or with
// something set that nobody knows, E2BIG; EFAULT if it can't be read.
func ReadHow(m Memory, address, size uint64) (unix.OpenHow, error) {
	switch {
	case size < howSize:
		return unix.OpenHow{}, unix.EINVAL
	case size > pageSize:
		return unix.OpenHow{}, unix.E2BIG
	}
	raw := make([]byte, size)
	if n, err := m.Read(address, raw); err != nil {
		return unix.OpenHow{}, err
	} else if n < len(raw) {
		return unix.OpenHow{}, unix.EFAULT
	}
	for _, b := range raw[howSize:] {
		if b != 0 {
			return unix.OpenHow{}, unix.E2BIG
		}
	}
	return unix.OpenHow{
		Flags:   binary.NativeEndian.Uint64(raw),
		Mode:    binary.NativeEndian.Uint64(raw[8:]),
		Resolve: binary.NativeEndian.Uint64(raw[16:]),
	}, nil
}
