package crash

import (
	"encoding/binary"
	"slices"
	"strings"

	"golang.org/x/arch/x86/x86asm"
	"golang.org/x/sys/unix"
)

// canonical says whether the processor has such an address: bits 47 and up are
// all the same. With five-level page tables there are more, but no program gets
// memory there that doesn't ask for it.
func canonical(address uint64) bool {
	top := int64(address) >> 47
	return top == 0 || top == -1
}

const longestInstruction = 15

// decode is what the instruction at regs' IP does, as far as that is known.
func decode(code []byte, regs *unix.PtraceRegs, memory Memory) (known instruction) {
	inst, err := decodeX86(code)
	if err != nil {
		return instruction{}
	}
	known.name = strings.ToLower(inst.Op.String())
	known.invalid = inst.Op == x86asm.UD0 || inst.Op == x86asm.UD1 || inst.Op == x86asm.UD2
	known.aligned = slices.Contains(aligned, inst.Op)
	known.privileged = slices.Contains(privileged, inst.Op) || inst.Op == x86asm.MOV && slices.ContainsFunc(inst.Args[:], ofKernel)
	r := &x86{inst: &inst, regs: regs}

	for i, arg := range inst.Args {
		mem, ok := arg.(x86asm.Mem)
		if !ok {
			continue
		}
		address, ok := r.address(mem)
		kind := kindOf(&inst, i)
		if !ok || kind == "" {
			continue
		}
		known.accesses = append(known.accesses, access{address, r.size(), kind})
	}
	sp := regs.Rsp
	switch inst.Op {
	case x86asm.PUSH, x86asm.PUSHFQ, x86asm.ENTER:
		known.accesses = append(known.accesses, access{sp - 8, 8, Write})
	case x86asm.CALL:
		known.accesses = append(known.accesses, access{sp - 8, 8, Write})
		known.target, known.jumps = r.value(inst.Args[0], memory)
	case x86asm.JMP:
		known.target, known.jumps = r.value(inst.Args[0], memory)
	case x86asm.RET:
		known.accesses = append(known.accesses, access{sp, 8, Read})
		known.target, known.jumps = word(memory, sp)
	case x86asm.POP, x86asm.POPFQ:
		known.accesses = append(known.accesses, access{sp, 8, Read})
	case x86asm.LEAVE:
		known.accesses = append(known.accesses, access{regs.Rbp, 8, Read})
	case x86asm.DIV, x86asm.IDIV:
		known.divisor, known.divides = r.value(inst.Args[0], memory)
	}
	return known
}

// decodeX86 is safe against what the library may not have been tried with.
func decodeX86(code []byte) (inst x86asm.Inst, err error) {
	defer func() {
		if recover() != nil {
			err = x86asm.ErrUnrecognized
		}
	}()
	return x86asm.Decode(code, 64)
}

// kindOf is what an instruction does with its operand i, which is memory; "" if
// nothing, or if it isn't known. What it both reads and writes is a write: the
// processor asks for both rights at once.
func kindOf(inst *x86asm.Inst, i int) Access {
	switch {
	case slices.Contains(untouched, inst.Op):
		return ""
	case inst.Op == x86asm.XCHG || inst.Op == x86asm.XADD:
		return Write
	case i > 0 || slices.Contains(readers, inst.Op):
		return Read
	}
	return Write
}

// untouched don't touch the memory that they name, or not so that it fails.
var untouched = []x86asm.Op{
	x86asm.LEA, x86asm.NOP, x86asm.PREFETCHNTA, x86asm.PREFETCHT0, x86asm.PREFETCHT1, x86asm.PREFETCHT2, x86asm.PREFETCHW,
}

// readers have an operand in memory first, as others have what they write, and
// only read it.
var readers = []x86asm.Op{
	x86asm.CMP, x86asm.TEST, x86asm.BT, x86asm.PUSH, x86asm.CALL, x86asm.JMP, x86asm.LCALL, x86asm.LJMP,
	x86asm.MUL, x86asm.IMUL, x86asm.DIV, x86asm.IDIV,
	x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ, x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ,
	x86asm.LODSB, x86asm.LODSW, x86asm.LODSD, x86asm.LODSQ, x86asm.OUTSB, x86asm.OUTSW, x86asm.OUTSD, x86asm.XLATB,
	x86asm.FLD, x86asm.FILD, x86asm.FBLD, x86asm.FLDCW, x86asm.FLDENV, x86asm.FRSTOR, x86asm.FXRSTOR, x86asm.FXRSTOR64,
	x86asm.FADD, x86asm.FIADD, x86asm.FSUB, x86asm.FISUB, x86asm.FSUBR, x86asm.FISUBR, x86asm.FMUL, x86asm.FIMUL,
	x86asm.FDIV, x86asm.FIDIV, x86asm.FDIVR, x86asm.FIDIVR, x86asm.FCOM, x86asm.FCOMP, x86asm.FICOM, x86asm.FICOMP,
	x86asm.XRSTOR, x86asm.XRSTOR64, x86asm.XRSTORS, x86asm.XRSTORS64, x86asm.LDMXCSR, x86asm.CLFLUSH, x86asm.MONITOR,
	x86asm.VERR, x86asm.VERW, x86asm.LGDT, x86asm.LIDT, x86asm.LLDT, x86asm.LTR, x86asm.LMSW, x86asm.INVLPG,
}

// privileged are those that the processor refuses to a program, or that the
// kernel may have it refuse.
var privileged = []x86asm.Op{
	x86asm.CLI, x86asm.STI, x86asm.IN, x86asm.OUT, x86asm.INSB, x86asm.INSW, x86asm.INSD, x86asm.OUTSB, x86asm.OUTSW, x86asm.OUTSD,
	x86asm.HLT, x86asm.INT, x86asm.CLTS, x86asm.LMSW, x86asm.LGDT, x86asm.LIDT, x86asm.LLDT, x86asm.LTR, x86asm.INVD, x86asm.WBINVD,
	x86asm.INVLPG, x86asm.INVPCID, x86asm.RDMSR, x86asm.WRMSR, x86asm.RDPMC, x86asm.RDTSC, x86asm.RDTSCP, x86asm.SWAPGS,
	x86asm.SYSEXIT, x86asm.SYSRET, x86asm.XSETBV,
}

// ofKernel says whether an operand is a control or debug register.
func ofKernel(arg x86asm.Arg) bool {
	r, ok := arg.(x86asm.Reg)
	return ok && (r >= x86asm.CR0 && r <= x86asm.CR15 || r >= x86asm.DR0 && r <= x86asm.DR15)
}

// aligned are those whose operand in memory must be aligned.
var aligned = []x86asm.Op{
	x86asm.MOVAPS, x86asm.MOVAPD, x86asm.MOVDQA, x86asm.MOVNTDQ, x86asm.MOVNTDQA, x86asm.MOVNTPS, x86asm.MOVNTPD,
	x86asm.VMOVAPS, x86asm.VMOVAPD, x86asm.VMOVDQA, x86asm.VMOVDQA32, x86asm.VMOVDQA64, x86asm.VMOVNTDQ, x86asm.VMOVNTPS,
	x86asm.VMOVNTPD, x86asm.CMPXCHG16B, x86asm.FXSAVE, x86asm.FXSAVE64, x86asm.FXRSTOR, x86asm.FXRSTOR64,
	x86asm.ADDPS, x86asm.ADDPD, x86asm.SUBPS, x86asm.SUBPD, x86asm.MULPS, x86asm.MULPD, x86asm.DIVPS, x86asm.DIVPD,
	x86asm.ANDPS, x86asm.ANDPD, x86asm.ORPS, x86asm.XORPS, x86asm.XORPD, x86asm.PADDB, x86asm.PADDW, x86asm.PADDD,
	x86asm.PADDQ, x86asm.PSUBB, x86asm.PSUBD, x86asm.PSUBQ, x86asm.PXOR, x86asm.POR, x86asm.PAND, x86asm.PCMPEQB,
	x86asm.PCMPEQD, x86asm.PSHUFD, x86asm.PSHUFB, x86asm.PMULUDQ, x86asm.PMULLD, x86asm.PMINUB,
}

// x86 is an instruction with the registers it uses.
type x86 struct {
	inst *x86asm.Inst
	regs *unix.PtraceRegs
}

// size is how many bytes of memory it uses.
func (x *x86) size() uint64 {
	if x.inst.MemBytes > 0 {
		return uint64(x.inst.MemBytes)
	}
	// Those on strings end with their size.
	switch name := x.inst.Op.String(); name[len(name)-1] {
	case 'W':
		return 2
	case 'D':
		return 4
	case 'Q':
		return 8
	}
	return 1
}

// address is that of an operand in memory.
func (x *x86) address(m x86asm.Mem) (uint64, bool) {
	address := uint64(m.Disp)
	if m.Base != 0 {
		base, ok := x.register(m.Base)
		if !ok {
			return 0, false
		}
		address += base
	}
	if m.Index != 0 {
		index, ok := x.register(m.Index)
		if !ok { // a vector of them: a gather
			return 0, false
		}
		address += index * uint64(m.Scale)
	}
	if x.inst.AddrSize == 32 {
		address = uint64(uint32(address))
	}
	for _, p := range x.inst.Prefix {
		if p&x86asm.PrefixIgnored != 0 {
			continue
		}
		switch p &^ x86asm.PrefixImplicit {
		case x86asm.PrefixFS:
			address += x.regs.Fs_base
		case x86asm.PrefixGS:
			address += x.regs.Gs_base
		}
	}
	return address, true
}

// value is that of an operand.
func (x *x86) value(arg x86asm.Arg, memory Memory) (uint64, bool) {
	switch arg := arg.(type) {
	case x86asm.Reg:
		return x.register(arg)
	case x86asm.Rel:
		return x.regs.Rip + uint64(x.inst.Len) + uint64(int64(arg)), true
	case x86asm.Mem:
		address, ok := x.address(arg)
		size := x.inst.MemBytes
		if !ok || size < 1 || size > 8 {
			return 0, false
		}
		var data [8]byte
		if n, err := memory.Read(address, data[:size]); err != nil || n < size {
			return 0, false
		}
		return binary.LittleEndian.Uint64(data[:]), true
	}
	return 0, false
}

// register is the value of a general one, as wide as it is named.
func (x *x86) register(r x86asm.Reg) (uint64, bool) {
	g := [16]uint64{
		x.regs.Rax, x.regs.Rcx, x.regs.Rdx, x.regs.Rbx, x.regs.Rsp, x.regs.Rbp, x.regs.Rsi, x.regs.Rdi,
		x.regs.R8, x.regs.R9, x.regs.R10, x.regs.R11, x.regs.R12, x.regs.R13, x.regs.R14, x.regs.R15,
	}
	switch {
	case r >= x86asm.AL && r <= x86asm.BL:
		return g[r-x86asm.AL] & 0xff, true
	case r >= x86asm.AH && r <= x86asm.BH:
		return g[r-x86asm.AH] >> 8 & 0xff, true
	case r >= x86asm.SPB && r <= x86asm.R15B:
		return g[r-x86asm.SPB+4] & 0xff, true
	case r >= x86asm.AX && r <= x86asm.R15W:
		return g[r-x86asm.AX] & 0xffff, true
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return g[r-x86asm.EAX] & 0xffffffff, true
	case r >= x86asm.RAX && r <= x86asm.R15:
		return g[r-x86asm.RAX], true
	case r == x86asm.RIP:
		return x.regs.Rip + uint64(x.inst.Len), true
	}
	return 0, false
}

// afterCall says whether an address is right behind a call: whether the bytes
// before it can be one.
func afterCall(address uint64, memory Memory) bool {
	var code [7]byte
	n, err := memory.Read(address-7, code[:])
	if err != nil || n < len(code) {
		return false
	}
	if code[2] == 0xe8 {
		return true
	}
	for length := 2; length <= 7; length++ { // FF /2, with a prefix or without
		inst, err := decodeX86(code[7-length:])
		if err == nil && inst.Op == x86asm.CALL && inst.Len == length {
			return true
		}
	}
	return false
}

// Registers by DWARF's numbers (System V ABI, AMD64 supplement, 3.6.2).
const (
	numRegisters = 17
	regFP        = 6
	regSP        = 7
	regReturn    = 16
)

func dwarfRegisters(r *unix.PtraceRegs) (v registers) {
	v.pc = r.Rip
	v.values = [numRegisters]uint64{
		r.Rax, r.Rdx, r.Rcx, r.Rbx, r.Rsi, r.Rdi, r.Rbp, r.Rsp,
		r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15, r.Rip,
	}
	return v
}

func instructionPointer(r *unix.PtraceRegs) uint64 { return r.Rip }
func stackPointer(r *unix.PtraceRegs) uint64       { return r.Rsp }

// calledFrom is the return address, if it was a call that led to where the
// thread is: on top of the stack is an address right behind a call with that very
// target. Else 0.
func calledFrom(r *unix.PtraceRegs, memory Memory) uint64 {
	back, _ := word(memory, r.Rsp)
	var code [7]byte
	if n, err := memory.Read(back-7, code[:]); err != nil || n < len(code) {
		return 0
	}
	for length := 2; length <= len(code); length++ {
		inst, err := decodeX86(code[len(code)-length:])
		if err != nil || inst.Op != x86asm.CALL || inst.Len != length {
			continue
		}
		before := *r
		before.Rip, before.Rsp = back-uint64(length), r.Rsp+8
		x := &x86{inst: &inst, regs: &before}
		if target, ok := x.value(inst.Args[0], memory); ok && target == r.Rip {
			return back
		}
	}
	return 0
}

// returnedTo says whether the instruction before a jump to ip was a return: the
// address still lies below the stack.
func returnedTo(r *unix.PtraceRegs, memory Memory) bool {
	v, ok := word(memory, r.Rsp-8)
	return ok && v == r.Rip
}

// trapsBehind says that a breakpoint leaves the instruction pointer behind it.
const trapsBehind = true

// popCall undoes a call.
func popCall(v *registers, back uint64) {
	v.pc = back
	v.values[regSP] += 8
}

// stripped is a return address as it is: nothing signs it.
func stripped(address uint64) uint64 { return address }

// preserved are the registers that a function leaves as they were.
func preserved() []int { return []int{3, 6, 12, 13, 14, 15} }
