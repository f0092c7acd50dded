#include "textflag.h"

#define SYS_exit_group 231
#define SYS_mkdirat    258
#define AT_FDCWD       -100
#define MODE           448 // 0700

// func leaveCode() uintptr
TEXT ·leaveCode(SB),NOSPLIT,$0-8
	LEAQ ·leaveProgram(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// The program: it is copied out of this text.
//   0(SP)   "d"
TEXT ·leaveProgram(SB),NOSPLIT|NOFRAME,$0-0
	SUBQ $16, SP
	MOVQ $0x64, 0(SP)
	MOVL $SYS_mkdirat, AX
	MOVQ $AT_FDCWD, DI
	MOVQ SP, SI
	MOVL $MODE, DX
	SYSCALL
	MOVQ AX, DI
	MOVL $SYS_exit_group, AX
	SYSCALL
	// "the end!", where the copy stops
	BYTE $0x74; BYTE $0x68; BYTE $0x65; BYTE $0x20; BYTE $0x65; BYTE $0x6e; BYTE $0x64; BYTE $0x21
