package seccomp

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	maxInstructions = 4096 // BPF_MAXINSNS
	memoryWords     = 16   // BPF_MEMWORDS
)

// InvalidProgramError is a program that the kernel would answer with EINVAL.
type InvalidProgramError struct {
	// Index is the instruction that is refused, -1 if it is the length.
	Index  int
	Reason string
}

func (e *InvalidProgramError) Error() string {
	if e.Index < 0 {
		return "seccomp: program refused: " + e.Reason
	}
	return fmt.Sprintf("seccomp: instruction %d refused: %s", e.Index, e.Reason)
}

// Unwrap is EINVAL.
func (e *InvalidProgramError) Unwrap() error { return unix.EINVAL }

// Verify checks a program as the kernel does (bpf_check_classic in
// net/core/filter.c, seccomp_check_filter in kernel/seccomp.c): known
// instructions, loads from within the data, jumps within the program, a return
// at the end, no scratch word read before it is written. Its error is an
// [InvalidProgramError].
func Verify(program []unix.SockFilter) error {
	if n := len(program); n == 0 || n > maxInstructions {
		return &InvalidProgramError{-1, fmt.Sprintf("%d instructions, from 1 to %d are allowed", n, maxInstructions)}
	}
	// Scratch words written on every way to an instruction.
	written := make([]uint16, len(program))
	for i := range written {
		written[i] = ^uint16(0)
	}
	memory := uint16(0)
	for i, in := range program {
		if reason := refuse(in, len(program)-i-1); reason != "" {
			return &InvalidProgramError{i, reason}
		}
		memory &= written[i]
		switch {
		case isStore(in.Code):
			memory |= 1 << in.K
		case isMemoryLoad(in.Code) && memory&(1<<in.K) == 0:
			return &InvalidProgramError{i, fmt.Sprintf("M[%d] is read and may not have been written", in.K)}
		case in.Code == codeJump:
			written[i+1+int(in.K)] &= memory
			memory = ^uint16(0)
		case isJump(in.Code):
			written[i+1+int(in.Jt)] &= memory
			written[i+1+int(in.Jf)] &= memory
			memory = ^uint16(0)
		}
	}
	if last := len(program) - 1; !isReturn(program[last].Code) {
		return &InvalidProgramError{last, "the last instruction must return"}
	}
	return nil
}

// refuse says what is wrong with an instruction that has so many behind it.
func refuse(in unix.SockFilter, behind int) string {
	operation, known := operations[in.Code]
	switch {
	case !known:
		return fmt.Sprintf("code %#04x is not allowed in seccomp", in.Code)
	case in.Code == codeLoad && (in.K >= dataSize || in.K%4 != 0):
		return fmt.Sprintf("data[%d] is not a word of the %d bytes of data", in.K, dataSize)
	case in.Code == unix.BPF_ALU|unix.BPF_DIV|unix.BPF_K && in.K == 0:
		return "division by zero"
	case operation.shift && in.K >= 32:
		return fmt.Sprintf("shift by %d of 32 bits", in.K)
	case (isStore(in.Code) || isMemoryLoad(in.Code)) && in.K >= memoryWords:
		return fmt.Sprintf("M[%d]: there are %d scratch words", in.K, memoryWords)
	case in.Code == codeJump && in.K >= uint32(behind),
		isJump(in.Code) && in.Code != codeJump && max(int(in.Jt), int(in.Jf)) >= behind:
		return "jump out of the program"
	}
	return ""
}

func isJump(code uint16) bool { return code&7 == unix.BPF_JMP }

func isReturn(code uint16) bool { return code&7 == unix.BPF_RET }

func isStore(code uint16) bool { return code == unix.BPF_ST || code == unix.BPF_STX }

func isMemoryLoad(code uint16) bool {
	return code == unix.BPF_LD|unix.BPF_MEM || code == unix.BPF_LDX|unix.BPF_MEM
}
