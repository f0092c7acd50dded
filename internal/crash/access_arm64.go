package crash

import (
	"encoding/binary"
	"strings"

	"golang.org/x/arch/arm64/arm64asm"
	"golang.org/x/sys/unix"
)

// canonical: whatever a pointer's upper bits are, the kernel is told.
func canonical(uint64) bool { return true }

const longestInstruction = 4

// decode is what the instruction does, as far as that is known. It makes one
// kind of access only, so its name says which.
func decode(code []byte, _ *unix.PtraceRegs, _ Memory) (known instruction) {
	inst, err := decodeARM64(code)
	if err != nil {
		return instruction{}
	}
	name := inst.Op.String()
	known.name = strings.ToLower(name)
	known.invalid = len(code) >= 4 && binary.LittleEndian.Uint32(code)>>16 == 0 // udf
	kind := Access("")
	switch {
	case strings.HasPrefix(name, "LDR"), strings.HasPrefix(name, "LDP"), strings.HasPrefix(name, "LDNP"),
		strings.HasPrefix(name, "LDUR"), strings.HasPrefix(name, "LDTR"), strings.HasPrefix(name, "LDA"),
		strings.HasPrefix(name, "LDX"), name == "LD1", name == "LD2", name == "LD3", name == "LD4":
		kind = Read
	case strings.HasPrefix(name, "STR"), strings.HasPrefix(name, "STP"), strings.HasPrefix(name, "STNP"),
		strings.HasPrefix(name, "STUR"), strings.HasPrefix(name, "STTR"), strings.HasPrefix(name, "STL"),
		strings.HasPrefix(name, "STX"), name == "ST1", name == "ST2", name == "ST3", name == "ST4":
		kind = Write
	}
	if strings.HasPrefix(name, "LDADD") { // reads and writes
		kind = ""
	}
	if kind != "" {
		// Wherever it is: there is but one.
		known.accesses = []access{{0, ^uint64(0), kind}}
	}
	return known
}

func decodeARM64(code []byte) (inst arm64asm.Inst, err error) {
	defer func() {
		if recover() != nil {
			err = unix.EINVAL
		}
	}()
	return arm64asm.Decode(code)
}

func afterCall(address uint64, memory Memory) bool {
	var code [4]byte
	if n, err := memory.Read(address-4, code[:]); err != nil || n < len(code) {
		return false
	}
	inst, err := decodeARM64(code[:])
	return err == nil && (inst.Op == arm64asm.BL || inst.Op == arm64asm.BLR)
}

// Registers by DWARF's numbers (DWARF for the Arm 64-bit Architecture, 4.1).
const (
	numRegisters = 32
	regFP        = 29
	regReturn    = 30
	regSP        = 31
)

func dwarfRegisters(r *unix.PtraceRegs) (v registers) {
	v.pc = r.Pc
	copy(v.values[:], r.Regs[:])
	v.values[regSP] = r.Sp
	return v
}

func instructionPointer(r *unix.PtraceRegs) uint64 { return r.Pc }
func stackPointer(r *unix.PtraceRegs) uint64       { return r.Sp }

// calledFrom is the return address, if it was a call that led to where the
// thread is: the link register is right behind a call of a register with that
// very address (blr). Else 0.
func calledFrom(r *unix.PtraceRegs, memory Memory) uint64 {
	back := stripped(r.Regs[regReturn])
	var code [4]byte
	if n, err := memory.Read(back-4, code[:]); err != nil || n < len(code) {
		return 0
	}
	word := binary.LittleEndian.Uint32(code[:])
	if register := word >> 5 & 31; word&^(31<<5) == 0xd63f0000 && register < 31 && r.Regs[register] == r.Pc {
		return back
	}
	return 0
}

// returnedTo: a return leaves no trace.
func returnedTo(*unix.PtraceRegs, Memory) bool { return false }

// trapsBehind says that a breakpoint leaves the program counter behind it.
const trapsBehind = false

func popCall(v *registers, back uint64) { v.pc = back }

// stripped is a return address without the signature that may be in its upper
// bits (pointer authentication).
func stripped(address uint64) uint64 {
	const bits = 48
	return address & (1<<bits - 1)
}

// preserved are the registers that a function leaves as they were.
func preserved() []int { return []int{19, 20, 21, 22, 23, 24, 25, 26, 27, 28} }
