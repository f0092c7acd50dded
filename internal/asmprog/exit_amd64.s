#include "textflag.h"

#define SYS_exit_group 231

// func exitCode() uintptr
TEXT ·exitCode(SB),NOSPLIT,$0-8
	LEAQ ·exitProgram(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// The program: it is copied out of this text.
TEXT ·exitProgram(SB),NOSPLIT|NOFRAME,$0-0
	MOVL $SYS_exit_group, AX
	XORL DI, DI
	SYSCALL
	// "the end!", where the copy stops
	BYTE $0x74; BYTE $0x68; BYTE $0x65; BYTE $0x20; BYTE $0x65; BYTE $0x6e; BYTE $0x64; BYTE $0x21
