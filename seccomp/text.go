package seccomp

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// String prints the program, one instruction a line, with the names of what it
// loads, of architectures, of calls and of actions. A jump says where it goes
// on if the test holds, and else.
func (f *Filter) String() string {
	loaded := f.loads()
	var text strings.Builder
	for i, in := range f.program {
		fmt.Fprintf(&text, "%4d  %s\n", i, line(i, in, loaded[i]))
	}
	return text.String()
}

const unknownLoad = ^uint32(0)

// loads is, for each instruction, which word of the data is in the accumulator
// whichever way led there; unknownLoad if that differs.
func (f *Filter) loads() []uint32 {
	const unreached = ^uint32(0) - 1
	loaded := make([]uint32, len(f.program)+1)
	for i := range loaded {
		loaded[i] = unreached
	}
	loaded[0] = unknownLoad
	reach := func(i int, word uint32) {
		if loaded[i] == unreached {
			loaded[i] = word
		} else if loaded[i] != word {
			loaded[i] = unknownLoad
		}
	}
	for i, in := range f.program {
		switch {
		case isReturn(in.Code):
		case in.Code == codeJump:
			reach(i+1+int(in.K), loaded[i])
		case isJump(in.Code):
			reach(i+1+int(in.Jt), loaded[i])
			reach(i+1+int(in.Jf), loaded[i])
		case in.Code == codeLoad:
			reach(i+1, in.K)
		default:
			reach(i+1, unknownLoad)
		}
	}
	return loaded
}

func line(i int, in unix.SockFilter, loaded uint32) string {
	text := operations[in.Code].text
	switch {
	case in.Code == codeReturn:
		return text + " " + Action(in.K).String()
	case in.Code == codeJump:
		return fmt.Sprintf("%s %d", text, i+1+int(in.K))
	case in.Code == codeLoad:
		return fmt.Sprintf("a = %s", wordName(in.K))
	}
	operand := fmt.Sprintf("%#x", in.K)
	if in.Code&operandX != 0 && in.Code&7 >= unix.BPF_ALU {
		operand = "x"
	}
	if strings.Contains(text, "%s") {
		text = fmt.Sprintf(text, operand)
	}
	if isJump(in.Code) {
		text = fmt.Sprintf("if %-20s %d, else %d", text, i+1+int(in.Jt), i+1+int(in.Jf))
		if note := constantName(loaded, in.K); note != "" && operand != "x" {
			text = fmt.Sprintf("%-44s ; %s", text, note)
		}
	}
	return text
}

// wordName names a word of the data.
func wordName(offset uint32) string {
	switch {
	case offset == offsetNumber:
		return "number"
	case offset == offsetArch:
		return "arch"
	case offset < offsetArgs:
		return fmt.Sprintf("ip.%s", half(offset))
	}
	return fmt.Sprintf("arg%d.%s", (offset-offsetArgs)/8, half(offset))
}

func half(offset uint32) string {
	if offset%8 == 0 {
		return "low"
	}
	return "high"
}

// constantName says what a word is compared with.
func constantName(loaded, k uint32) string {
	switch loaded {
	case offsetNumber:
		if k == foreignNumbers {
			return "x32"
		}
		return SyscallName(NativeArch, int32(k))
	case offsetArch:
		for arch, name := range map[uint32]string{
			unix.AUDIT_ARCH_X86_64: "x86_64", unix.AUDIT_ARCH_AARCH64: "aarch64",
			unix.AUDIT_ARCH_I386: "i386", unix.AUDIT_ARCH_ARM: "arm",
		} {
			if k == arch {
				return name
			}
		}
	}
	return ""
}
