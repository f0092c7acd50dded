package crash

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// nullArea is how far from address 0 an access is taken for one through a null
// pointer: below it nothing is ever mapped (vm.mmap_min_addr).
const nullArea = 64 << 10

// explain says what the signal is about: address, access and hint.
func (t *thread) explain(e *Evidence) {
	if e.Code <= 0 && e.Signal != unix.SIGABRT {
		e.Hint = t.sent()
		return
	}
	switch e.Signal {
	case unix.SIGSEGV:
		t.explainSegv(e)
	case unix.SIGBUS:
		t.explainBus(e)
	case unix.SIGFPE:
		t.explainArithmetic(e)
	case unix.SIGILL:
		t.explainIllegal(e)
	case unix.SIGTRAP:
		if e.Code == trapBrkpt || e.Code == siKernel {
			e.Hint = "breakpoint"
		}
	case unix.SIGSYS:
		if nr, arch := t.info.call(); e.Code == sysSeccomp {
			e.Hint = "forbidden system call: " + seccomp.SyscallName(uint32(arch), nr)
		}
	}
}

func (t *thread) explainSegv(e *Evidence) {
	if e.Code == siKernel {
		t.explainProtection(e)
		return
	}
	e.Address, e.HasAddress = t.info.address(), true
	e.Access = t.access(e)
	m := t.maps.at(e.Address)
	switch {
	case e.Access == Execute:
		e.Hint = t.explainJump(e, m)
	case e.Address < nullArea:
		e.Hint = nullHint(e.Address)
	case t.stackOverflow(e.Address, m):
		e.Hint = "stack overflow" + t.stackLimitText()
	case e.Code == segvPkuErr:
		e.Hint = "memory that a protection key locks"
	case e.Code == segvMteAErr || e.Code == segvMteSErr:
		e.Hint = "the pointer's tag is not the memory's"
	case e.Code == segvCpErr:
		e.Hint = "return to another place than the call came from: the stack was overwritten"
	case e.Code == segvAccErr && m != nil && e.Access == Write && m.read && !m.write:
		e.Hint = "write to read-only memory" + inModule(m)
	case e.Code == segvAccErr && m != nil && !m.read && !m.write && !m.execute:
		e.Hint = "memory without access rights: a guard page, or reserved only"
	case e.Code == segvMapErr && m == nil:
		e.Hint = t.explainUnmapped(e.Address)
	}
}

// access is what was done at the faulting address, "" if it can't be known.
func (t *thread) access(e *Evidence) Access {
	if e.Address == e.IP {
		return Execute
	}
	// An instruction that crosses into a page that can't be executed.
	if e.Address > e.IP && e.Address-e.IP < longestInstruction && e.Address%4096 == 0 {
		if m := t.maps.at(e.Address); m == nil || !m.execute {
			return Execute
		}
	}
	if a := t.code.at(e.Address); a != nil {
		return a.kind
	}
	// Without rights to the memory, it can only have been one that is missing.
	if m := t.maps.at(e.Address); e.Code == segvAccErr && m != nil && m.read && !m.write {
		return Write
	}
	return ""
}

func nullHint(address uint64) string {
	if address == 0 {
		return "null pointer"
	}
	return fmt.Sprintf("null pointer, offset %#x", address)
}

// explainJump is about an address that can't be executed.
func (t *thread) explainJump(e *Evidence, m *mapping) string {
	called := calledFrom(t.regs, t.memory) != 0
	switch {
	case called && e.Address < nullArea:
		return "call through a null pointer"
	case called:
		return "call through a bad pointer" + notExecutable(m)
	case returnedTo(t.regs, t.memory):
		return "return to a bad address: the stack was overwritten"
	case e.Address < nullArea:
		return "jump through a null pointer"
	}
	return "jump to a bad address" + notExecutable(m)
}

func notExecutable(m *mapping) string {
	if m == nil {
		return ""
	}
	return ": the memory" + inModule(m) + " is not executable"
}

func inModule(m *mapping) string {
	if name := m.module(); name != "" {
		return " of " + name
	}
	return ""
}

// explainProtection is about faults of which the kernel is not told the address:
// general protection on amd64.
func (t *thread) explainProtection(e *Evidence) {
	switch a := t.code.noncanonical(); {
	case a != nil:
		e.Address, e.HasAddress, e.Access = a.address, true, a.kind
		e.Hint = "not an address at all (non-canonical): a wild or overwritten pointer"
	case t.code.jumps && !canonical(t.code.target):
		e.Address, e.HasAddress, e.Access = t.code.target, true, Execute
		e.Hint = "call through a bad pointer: not an address at all (non-canonical)"
		if t.code.name == "ret" {
			e.Hint = "return to a bad address: the stack was overwritten"
		}
	case !canonical(e.IP):
		e.Address, e.HasAddress, e.Access = e.IP, true, Execute
		e.Hint = "jump to a bad address: not an address at all (non-canonical)"
	default:
		if a := t.code.unaligned(); a != nil && t.code.aligned {
			e.Address, e.HasAddress, e.Access = a.address, true, a.kind
			e.Hint = fmt.Sprintf("unaligned access: %s needs an address that is a multiple of %d", t.code.name, a.size)
		} else if t.code.privileged {
			e.Hint = "privileged instruction: " + t.code.name
			if t.code.name == "rdtsc" || t.code.name == "rdtscp" { // PR_SET_TSC
				e.Hint = "the time-stamp counter may not be read here: " + t.code.name
			}
		}
	}
}

// explainUnmapped tells what is near an address where nothing is.
func (t *thread) explainUnmapped(address uint64) string {
	const near = 1 << 20
	if m := t.maps.before(address); m != nil && m.write && address-m.end < near {
		what := m.module()
		if what == "" && m.inode == 0 {
			what = "a block of memory"
		}
		return fmt.Sprintf("unmapped memory, %d bytes past the end of %s", address-m.end, what)
	}
	return "unmapped memory: a wild pointer, or memory that was given back"
}

// stackOverflow says whether an address that could not be accessed is where the
// stack would have grown to: right below it, with the stack pointer at the end.
func (t *thread) stackOverflow(address uint64, m *mapping) bool {
	sp := stackPointer(t.regs)
	// Frames are entered from above. The compiler may touch what lies below the
	// stack pointer: 128 bytes by the ABI, and a page for the next frame's probe.
	const slack = 64 << 10
	if address+slack < sp {
		return false
	}
	if m == nil {
		// Below the main stack, in the hole that it may grow into.
		above := t.maps.after(address)
		if above == nil || above.name != "[stack]" {
			return false
		}
		return sp < above.start+slack && (t.maps.before(address) == nil || sp >= t.maps.before(address).end)
	}
	// In a thread's guard page: without rights, and right below memory that the
	// stack pointer is in, or was until the last frame.
	if m.read || m.write || m.execute {
		return false
	}
	above := t.maps.after(address)
	return above != nil && above.start == m.end && above.write && sp >= m.start && sp < above.start+slack
}

func (t *thread) stackLimitText() string {
	if t.stack == 0 {
		return ""
	}
	above := t.maps.after(stackPointer(t.regs) - 4096)
	if above == nil || above.name != "[stack]" { // a thread's is as large as its creator made it
		return ""
	}
	return fmt.Sprintf(": the limit is %s", sizeText(t.stack))
}

func sizeText(bytes uint64) string {
	switch {
	case bytes >= 1<<30 && bytes%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", bytes>>30)
	case bytes >= 1<<20 && bytes%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 1<<10 && bytes%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

func (t *thread) explainBus(e *Evidence) {
	if e.Code == siKernel { // amd64: a non-canonical address through the stack's registers
		t.explainProtection(e)
		return
	}
	e.Address, e.HasAddress = t.info.address(), true
	e.Access = t.access(e)
	switch e.Code {
	case busAdrAln:
		e.Hint = "unaligned access"
		if a := t.code.unaligned(); a != nil && e.Address == 0 { // amd64 doesn't say where
			e.Address, e.Access = a.address, a.kind
		}
	case busAdrErr:
		e.Hint = "beyond the end of a mapped file"
		if m := t.maps.at(e.Address); m != nil && m.module() != "" {
			e.Hint += ": " + m.module()
		}
	}
}

func (t *thread) explainArithmetic(e *Evidence) {
	switch {
	case e.Code == fpeIntDiv && t.code.divides && t.code.divisor == 0:
		e.Hint = "division by zero"
	case e.Code == fpeIntDiv && t.code.divides:
		e.Hint = "integer overflow in a division: the quotient is too large"
	case e.Code == fpeIntDiv:
		e.Hint = "integer division by zero, or overflow in it"
	case e.Code == fpeIntOvf:
		e.Hint = "integer overflow"
	default:
		switch e.CodeName {
		case "FPE_FLTDIV":
			e.Hint = "floating-point division by zero"
		case "FPE_FLTOVF":
			e.Hint = "floating-point overflow"
		case "FPE_FLTUND":
			e.Hint = "floating-point underflow"
		case "FPE_FLTRES":
			e.Hint = "floating-point result is not exact"
		case "FPE_FLTINV":
			e.Hint = "invalid floating-point operation"
		}
	}
}

func (t *thread) explainIllegal(e *Evidence) {
	switch {
	case t.code.invalid:
		e.Hint = t.code.name + ": the compiler's trap, for what must not be reached"
	case t.code.name != "":
		e.Hint = t.code.name + ": not on this processor"
	default:
		e.Hint = "not an instruction"
	}
	e.Hint = strings.TrimSpace(e.Hint)
}
