#include "textflag.h"

// The numbers below are those of the structures in assemble.go and
// instance.go; layout_test.go holds them to that.
#define SPAWN_NR        0
#define SPAWN_ARGS      8
#define SPAWN_ROWS      56
#define SPAWN_WORDS     64
#define SPAWN_OLD_MASK  72
#define SPAWN_FULL_MASK 80
#define SPAWN_STAND     88
#define SPAWN_HOME      96

#define ROW_KIND     0
#define ROW_NR       8
#define ROW_ARGS     16
#define ROW_RELATIVE 64
#define ROW_LOAD     72
#define ROW_IGNORE   80
#define ROW_OUT      96
#define ROW_PARENT   104
#define ROW_SIZE     112

#define WORD_FAILED_ROW 0
#define WORD_ERRNO      8

#define SYS_rt_sigprocmask 14
#define SYS_exit_group     231
#define SIG_SETMASK        2

// The kernel keeps every register but AX, CX and R11 across SYSCALL.
//   R12  the spawnCall     R13  this instance's words
//   BX   the current row   R14  its relative bits    R15  its load bits

#define ARGUMENT(i, register) \
	MOVQ (ROW_ARGS+8*i)(BX), register \
	BTQ  $i, R14                      \
	JCC  2(PC)                        \
	ADDQ R13, register                \
	BTQ  $i, R15                      \
	JCC  2(PC)                        \
	MOVQ (register), register

// func spawn(call *spawnCall) (result uintptr)
TEXT ·spawn(SB),NOSPLIT|NOFRAME,$0-16
	MOVQ call+0(FP), R12

	MOVQ $SIG_SETMASK, DI
	LEAQ SPAWN_FULL_MASK(R12), SI
	LEAQ SPAWN_OLD_MASK(R12), DX
	MOVQ $8, R10
	MOVQ $SYS_rt_sigprocmask, AX
	SYSCALL

	MOVQ (SPAWN_ARGS+0)(R12), DI
	MOVQ (SPAWN_ARGS+8)(R12), SI
	MOVQ (SPAWN_ARGS+16)(R12), DX
	MOVQ (SPAWN_ARGS+24)(R12), R10
	MOVQ (SPAWN_ARGS+32)(R12), R8
	MOVQ (SPAWN_ARGS+40)(R12), R9
	MOVQ SPAWN_NR(R12), AX
	SYSCALL
	TESTQ AX, AX
	JZ   child

	MOVQ AX, result+8(FP)
	MOVQ $SIG_SETMASK, DI
	LEAQ SPAWN_OLD_MASK(R12), SI
	MOVQ $0, DX
	MOVQ $8, R10
	MOVQ $SYS_rt_sigprocmask, AX
	SYSCALL
	RET

	// From here on the stack is the parent's, who is using it.
child:
	MOVQ SPAWN_WORDS(R12), R13
	MOVQ SPAWN_ROWS(R12), BX

walk:
	MOVQ ROW_RELATIVE(BX), R14
	MOVQ ROW_LOAD(BX), R15
	ARGUMENT(0, DI)
	ARGUMENT(1, SI)
	ARGUMENT(2, DX)
	ARGUMENT(3, R10)
	ARGUMENT(4, R8)
	ARGUMENT(5, R9)
	MOVQ ROW_NR(BX), AX
	SYSCALL
	CMPQ AX, $0xfffffffffffff001
	JCC  failed
	MOVQ ROW_OUT(BX), CX
	MOVQ AX, (R13)(CX*1)

succeeded:
	MOVQ ROW_KIND(BX), CX
	CMPQ CX, $1
	JEQ  forked
	CMPQ CX, $2
	JEQ  waited
	CMPQ CX, $4
	JEQ  stood
	CMPQ CX, $5
	JEQ  back

next:
	ADDQ $ROW_SIZE, BX
	JMP  walk

forked:
	TESTQ AX, AX
	JZ   next
	ADDQ ROW_PARENT(BX), BX
	JMP  walk

waited: // DI and DX still hold the futex's address and the value it had
	MOVL (DI), CX
	CMPL CX, DX
	JEQ  walk
	JMP  next

stood: // DI still holds the address of the word that the job's comes in
	MOVQ  (DI), CX
	TESTQ CX, CX
	JZ    walk
	MOVQ  $0, (DI)
	DECQ  CX
	MOVQ  CX, R12
	JMP   child

back:
	MOVQ SPAWN_HOME(R12), R12
	MOVQ SPAWN_WORDS(R12), R13
	MOVQ SPAWN_STAND(R12), BX
	JMP  walk

failed:
	CMPQ AX, (ROW_IGNORE+0)(BX)
	JEQ  succeeded
	CMPQ AX, (ROW_IGNORE+8)(BX)
	JEQ  succeeded
	NEGQ AX
	MOVQ AX, WORD_ERRNO(R13)
	MOVQ BX, WORD_FAILED_ROW(R13)

	// Who stands does not end because a clone failed.
	CMPQ SPAWN_HOME(R12), $0
	JEQ  exit
	CMPQ ROW_KIND(BX), $1
	JNE  exit
	ADDQ ROW_PARENT(BX), BX
	JMP  walk

exit:
	MOVQ $1, DI
	MOVQ $SYS_exit_group, AX
	SYSCALL
	JMP  exit
