#include "textflag.h"

#define SYS_mkdirat    34
#define SYS_exit_group 94
#define AT_FDCWD       -100
#define MODE           448 // 0700

// func leaveCode() uintptr
TEXT ·leaveCode(SB),NOSPLIT,$0-8
	MOVD $·leaveProgram(SB), R0
	MOVD R0, ret+0(FP)
	RET

// The program: it is copied out of this text.
//   0(RSP)   "d"
TEXT ·leaveProgram(SB),NOSPLIT|NOFRAME,$0-0
	SUB  $16, RSP
	MOVD $0x64, R1
	MOVD R1, (RSP)
	MOVD $SYS_mkdirat, R8
	MOVD $AT_FDCWD, R0
	MOVD RSP, R1
	MOVD $MODE, R2
	SVC
	MOVD $SYS_exit_group, R8
	SVC
	// "the end!", where the copy stops
	WORD $0x20656874
	WORD $0x21646e65
