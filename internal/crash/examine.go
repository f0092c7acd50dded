package crash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Memory is that of the stopped thread; supervisor.Memory is one.
type Memory interface {
	// Read fills p from address, as far as it is readable, and says how far
	// that was; an error if that is nothing.
	Read(address uint64, p []byte) (int, error)
}

// Examine makes the evidence of a thread that is stopped before a signal is
// delivered to it (ptrace(2), signal-delivery-stop), or about to end by it. It
// must be called on the thread that traces it.
//
// What it can't find out is left out. An error is one of asking the kernel: ESRCH
// if the thread was killed meanwhile.
func Examine(tid int, info *Siginfo, memory Memory) (*Evidence, error) {
	regs, err := getRegisters(tid)
	if err != nil && !errors.Is(err, errForeign) {
		return nil, fmt.Errorf("crash: registers of %d: %w", tid, err)
	}
	proc, err := unix.Open("/proc/"+strconv.Itoa(tid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("crash: /proc/%d: %w", tid, err)
	}
	defer unix.Close(proc)
	maps, err := readMaps(proc)
	if err != nil {
		return nil, fmt.Errorf("crash: mappings of %d: %w", tid, err)
	}
	t := &thread{info: info, regs: regs, memory: memory, maps: maps, files: &files{proc: proc}}
	t.self = ownID(proc)
	t.stackLimit(tid)
	return t.evidence(), nil
}

// thread is all that evidence is made from.
type thread struct {
	info    *Siginfo
	regs    *unix.PtraceRegs // nil if it runs in another mode of the processor
	memory  Memory
	maps    mappings
	files   *files
	stack   uint64 // RLIMIT_STACK, 0 if there is none
	self    int32  // its process's id, as it sees that itself
	code    instruction
	program string // the module of the program itself
}

func (t *thread) evidence() *Evidence {
	e := &Evidence{Signal: t.info.signal(), Code: t.info.code()}
	e.CodeName = codeName(e.Signal, e.Code)
	t.program = t.files.program()
	if t.regs == nil {
		if fault(e.Signal, e.Code) {
			e.Address, e.HasAddress = t.info.address(), true
		}
		return e
	}
	e.IP = instructionPointer(t.regs)
	code := make([]byte, longestInstruction)
	n, _ := t.memory.Read(e.IP, code)
	t.code = decode(code[:max(n, 0)], t.regs, t.memory)

	t.explain(e)
	t.backtrace(e, newBudget())
	e.place(t.program)
	return e
}

// fault says whether a signal comes from an instruction, and has an address.
func fault(signal unix.Signal, code int) bool {
	switch signal {
	case unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP:
		return code > 0 && code < siKernel
	}
	return false
}

var errForeign = errors.New("they are another ABI's")

// ntPrstatus asks for the general registers (elf.NT_PRSTATUS).
const ntPrstatus = 1

func getRegisters(tid int) (*unix.PtraceRegs, error) {
	var regs unix.PtraceRegs
	iov := unix.Iovec{Base: (*byte)(unsafe.Pointer(&regs)), Len: uint64(unsafe.Sizeof(regs))}
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETREGSET, uintptr(tid), ntPrstatus, uintptr(unsafe.Pointer(&iov)), 0, 0)
	switch {
	case errno != 0:
		return nil, errno
	case iov.Len != uint64(unsafe.Sizeof(regs)):
		return nil, errForeign
	}
	return &regs, nil
}

func readMaps(proc int) (mappings, error) {
	fd, err := unix.Openat(proc, "maps", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "maps")
	defer file.Close()
	return parseMaps(file)
}

// ownID is a process's id in its own namespace, 0 if it can't be read.
func ownID(proc int) int32 {
	fd, err := unix.Openat(proc, "status", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	status := make([]byte, 4096)
	n, _ := unix.Read(fd, status)
	_, ids, _ := strings.Cut(string(status[:max(n, 0)]), "\nNStgid:")
	ids, _, _ = strings.Cut(ids, "\n")
	fields := strings.Fields(ids) // one for each namespace, the innermost last
	if len(fields) == 0 {
		return 0
	}
	id, err := strconv.ParseInt(fields[len(fields)-1], 10, 32)
	if err != nil {
		return 0
	}
	return int32(id)
}

// sent says who sent a signal that is no fault.
func (t *thread) sent() string {
	if sender := t.info.sender(); sender != t.self {
		return fmt.Sprintf("sent by process %d", sender)
	}
	return "sent by the program itself, not the consequence of a fault"
}

func (t *thread) stackLimit(tid int) {
	var limit unix.Rlimit
	if unix.Prlimit(tid, unix.RLIMIT_STACK, nil, &limit) == nil && limit.Cur != unix.RLIM_INFINITY {
		t.stack = limit.Cur
	}
}

// word is 64 bits of memory.
func word(memory Memory, address uint64) (uint64, bool) {
	var data [8]byte
	if n, err := memory.Read(address, data[:]); err != nil || n < len(data) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(data[:]), true
}

// files opens what is mapped.
type files struct{ proc int }

// program is the module name of the program itself.
func (f *files) program() string {
	buffer := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(f.proc, "exe", buffer)
	if err != nil {
		return ""
	}
	m := mapping{name: string(buffer[:n]), inode: 1}
	return m.module()
}

// open opens the file of a mapping: not by its path alone, which may lead
// anywhere by now, but what the kernel has mapped, or else a file of that name
// in the program's own root which has the mapping's inode. It is a regular file
// on a file system that the program does not run.
func (f *files) open(m *mapping) (*os.File, error) {
	fd, err := f.find(m)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var system unix.Statfs_t
	if err := unix.Fstatfs(fd, &system); err != nil {
		return nil, err
	}
	if system.Type == unix.FUSE_SUPER_MAGIC {
		return nil, fmt.Errorf("%s is on a file system that a program runs", clean(m.name, 256))
	}
	return os.OpenFile("/proc/self/fd/"+strconv.Itoa(fd), os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
}

// find is a descriptor of the file, not open for anything.
func (f *files) find(m *mapping) (int, error) {
	ways := []func() (int, error){
		func() (int, error) { // it takes CAP_CHECKPOINT_RESTORE (Linux 5.9), before CAP_SYS_ADMIN
			return unix.Openat(f.proc, fmt.Sprintf("map_files/%x-%x", m.start, m.end), unix.O_PATH|unix.O_CLOEXEC, 0)
		},
		func() (int, error) { return unix.Openat(f.proc, "exe", unix.O_PATH|unix.O_CLOEXEC, 0) },
		func() (int, error) { return f.openInRoot(m) },
	}
	for _, way := range ways {
		fd, err := way()
		if err != nil {
			continue
		}
		var stat unix.Stat_t
		if unix.Fstat(fd, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG && stat.Ino == m.inode {
			return fd, nil
		}
		unix.Close(fd)
	}
	return -1, fmt.Errorf("%s: the file that is mapped is not there", clean(m.name, 256))
}

func (f *files) openInRoot(m *mapping) (int, error) {
	root, err := unix.Openat(f.proc, "root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(root)
	if !path.IsAbs(m.name) {
		return -1, unix.ENOENT
	}
	return unix.Openat2(root, m.name, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
}
