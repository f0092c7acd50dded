package seccomp

import "golang.org/x/sys/unix"

// registers are those of the classic BPF machine, and its scratch memory.
type registers struct {
	a, x   uint32
	memory [memoryWords]uint32
}

// operation is one kind of instruction: what it does, and how it is printed.
type operation struct {
	text string // %s is the operand, K or x
	// compute is the new accumulator, or for a jump whether it is taken (0 is
	// not), from the accumulator and the operand; nil for the others.
	compute func(a, operand uint32) uint32
	shift   bool // by a constant, which must be less than 32
}

const (
	ld, ldx, st, stx  = unix.BPF_LD, unix.BPF_LDX, unix.BPF_ST, unix.BPF_STX
	alu, jmp, ret     = unix.BPF_ALU, unix.BPF_JMP, unix.BPF_RET
	misc, immediate   = unix.BPF_MISC, unix.BPF_IMM
	scratch, dataLen  = unix.BPF_MEM, unix.BPF_W | unix.BPF_LEN
	toX, toA, returnA = unix.BPF_TAX, unix.BPF_TXA, unix.BPF_A
	operandX          = unix.BPF_X
)

// operations are the instructions seccomp allows (seccomp_check_filter). A
// missing BPF_MOD is no mistake.
var operations = func() map[uint16]operation {
	table := map[uint16]operation{
		codeLoad:           {text: "a = data[%s]"},
		ld | immediate:     {text: "a = %s"},
		ldx | immediate:    {text: "x = %s"},
		ld | dataLen:       {text: "a = sizeof(data)"},
		ldx | dataLen:      {text: "x = sizeof(data)"},
		ld | scratch:       {text: "a = m[%s]"},
		ldx | scratch:      {text: "x = m[%s]"},
		st:                 {text: "m[%s] = a"},
		stx:                {text: "m[%s] = x"},
		misc | toX:         {text: "x = a"},
		misc | toA:         {text: "a = x"},
		codeJump:           {text: "goto"},
		codeReturn:         {text: "return"},
		ret | returnA:      {text: "return a"},
		alu | unix.BPF_NEG: {text: "a = -a", compute: func(a, _ uint32) uint32 { return -a }},
	}
	truth := func(b bool) uint32 {
		if b {
			return 1
		}
		return 0
	}
	for code, op := range map[uint16]operation{
		alu | unix.BPF_ADD: {text: "a += %s", compute: func(a, o uint32) uint32 { return a + o }},
		alu | unix.BPF_SUB: {text: "a -= %s", compute: func(a, o uint32) uint32 { return a - o }},
		alu | unix.BPF_MUL: {text: "a *= %s", compute: func(a, o uint32) uint32 { return a * o }},
		alu | unix.BPF_DIV: {text: "a /= %s", compute: func(a, o uint32) uint32 { return a / o }},
		alu | unix.BPF_AND: {text: "a &= %s", compute: func(a, o uint32) uint32 { return a & o }},
		alu | unix.BPF_OR:  {text: "a |= %s", compute: func(a, o uint32) uint32 { return a | o }},
		alu | unix.BPF_XOR: {text: "a ^= %s", compute: func(a, o uint32) uint32 { return a ^ o }},
		// The machine below takes shifts modulo 32 (Documentation/bpf/standardization).
		alu | unix.BPF_LSH:  {text: "a <<= %s", compute: func(a, o uint32) uint32 { return a << (o & 31) }},
		alu | unix.BPF_RSH:  {text: "a >>= %s", compute: func(a, o uint32) uint32 { return a >> (o & 31) }},
		jmp | unix.BPF_JEQ:  {text: "a == %s", compute: func(a, o uint32) uint32 { return truth(a == o) }},
		jmp | unix.BPF_JGT:  {text: "a > %s", compute: func(a, o uint32) uint32 { return truth(a > o) }},
		jmp | unix.BPF_JGE:  {text: "a >= %s", compute: func(a, o uint32) uint32 { return truth(a >= o) }},
		jmp | unix.BPF_JSET: {text: "a & %s", compute: func(a, o uint32) uint32 { return a & o }},
	} {
		table[code|operandX] = op
		op.shift = code == alu|unix.BPF_LSH || code == alu|unix.BPF_RSH
		table[code] = op
	}
	return table
}()

// Data is struct seccomp_data: what a filter sees of a call.
type Data struct {
	Number int32
	Arch   uint32 // AUDIT_ARCH_*, see [NativeArch]
	IP     uint64 // address of the instruction behind the call
	Args   [6]uint64
}

// word is the 32 bits at an offset, on a little-endian machine.
func (d *Data) word(offset uint32) uint32 {
	switch {
	case offset == offsetNumber:
		return uint32(d.Number)
	case offset == offsetArch:
		return d.Arch
	}
	v := d.IP
	if offset >= offsetArgs {
		v = d.Args[(offset-offsetArgs)/8]
	}
	return uint32(v >> (offset % 8 * 8))
}

// run executes a verified program, and says how many instructions that took.
func run(program []unix.SockFilter, d *Data) (result Action, steps int) {
	var r registers
	for pc := 0; ; pc++ {
		steps++
		in := &program[pc]
		switch in.Code {
		case codeReturn:
			return Action(in.K), steps
		case ret | returnA:
			return Action(r.a), steps
		case codeLoad:
			r.a = d.word(in.K)
		case codeJump:
			pc += int(in.K)
		case ld | immediate:
			r.a = in.K
		case ldx | immediate:
			r.x = in.K
		case ld | dataLen:
			r.a = dataSize
		case ldx | dataLen:
			r.x = dataSize
		case ld | scratch:
			r.a = r.memory[in.K]
		case ldx | scratch:
			r.x = r.memory[in.K]
		case st:
			r.memory[in.K] = r.a
		case stx:
			r.memory[in.K] = r.x
		case misc | toX:
			r.x = r.a
		case misc | toA:
			r.a = r.x
		default:
			operand := in.K
			if in.Code&operandX != 0 {
				operand = r.x
			}
			if in.Code == alu|unix.BPF_DIV|operandX && operand == 0 {
				return 0, steps // the machine ends, returning 0
			}
			computed := operations[in.Code].compute(r.a, operand)
			switch {
			case !isJump(in.Code):
				r.a = computed
			case computed != 0:
				pc += int(in.Jt)
			default:
				pc += int(in.Jf)
			}
		}
	}
}
