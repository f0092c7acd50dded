#include "textflag.h"

#define SYS_read       0
#define SYS_wait4      61
#define SYS_exit_group 231
#define SYS_prctl      157
#define SYS_ppoll      271
#define SYS_signalfd4  289

// func code() uintptr
TEXT ·code(SB),NOSPLIT,$0-8
	LEAQ ·stub(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// The program itself: it is copied out of this text, so it may only jump
// relative to where it is. All signals are blocked when it starts.
//   0(SP)   signal mask
//   16(SP)  struct pollfd[2]: the lifeline, the signalfd
//   32(SP)  struct signalfd_siginfo
TEXT ·stub(SB),NOSPLIT|NOFRAME,$0-0
	// Nobody who shares our user id may look into us or trace us.
	MOVQ $SYS_prctl, AX
	MOVQ $4, DI // PR_SET_DUMPABLE
	XORL SI, SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	SYSCALL

	SUBQ $256, SP
	MOVQ $(1<<16), AX // SIGCHLD
	MOVQ AX, 0(SP)
	MOVQ $SYS_signalfd4, AX
	MOVQ $-1, DI
	MOVQ SP, SI
	MOVQ $8, DX
	MOVQ $0x80800, R10 // SFD_CLOEXEC|SFD_NONBLOCK
	SYSCALL
	// A machine that refuses even this would have it wait blindly, or spin.
	TESTQ AX, AX
	JLT  end
	MOVQ AX, R12
	MOVL $0, 16(SP)
	MOVL $1, 20(SP) // POLLIN
	MOVL R12, 24(SP)
	MOVL $1, 28(SP)

poll:
	MOVQ $SYS_ppoll, AX
	LEAQ 16(SP), DI
	MOVQ $2, SI
	XORL DX, DX
	XORL R10, R10
	MOVQ $8, R8
	SYSCALL
	CMPQ AX, $-4 // EINTR
	JEQ  poll
	TESTQ AX, AX
	JLE  end
	MOVL 20(SP), AX
	SHRL $16, AX // the lifeline's revents
	JNZ  end
	MOVQ $SYS_read, AX
	MOVQ R12, DI
	LEAQ 32(SP), SI
	MOVQ $128, DX
	SYSCALL

reap:
	MOVQ $SYS_wait4, AX
	MOVQ $-1, DI
	XORL SI, SI
	MOVQ $0x40000001, DX // __WALL|WNOHANG
	XORL R10, R10
	SYSCALL
	TESTQ AX, AX
	JG   reap
	JMP  poll

end: // and the kernel kills whoever is left, also those whom we may not signal
	MOVQ $SYS_exit_group, AX
	XORL DI, DI
	SYSCALL
	JMP  end
	// "the end!", where the copy stops
	BYTE $0x74; BYTE $0x68; BYTE $0x65; BYTE $0x20; BYTE $0x65; BYTE $0x6e; BYTE $0x64; BYTE $0x21
