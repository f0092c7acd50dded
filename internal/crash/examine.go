package crash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
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
