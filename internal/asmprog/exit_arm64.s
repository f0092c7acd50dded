#include "textflag.h"

#define SYS_exit_group 94

// func exitCode() uintptr
TEXT ·exitCode(SB),NOSPLIT,$0-8
	MOVD $·exitProgram(SB), R0
	MOVD R0, ret+0(FP)
	RET

// The program: it is copied out of this text.
TEXT ·exitProgram(SB),NOSPLIT|NOFRAME,$0-0
	MOVD $SYS_exit_group, R8
	MOVD $0, R0
	SVC
	// "the end!", where the copy stops
	WORD $0x20656874
	WORD $0x21646e65
