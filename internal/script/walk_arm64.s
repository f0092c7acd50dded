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

#define SYS_rt_sigprocmask 135
#define SYS_exit_group     94
#define SIG_SETMASK        2

// The kernel keeps every register but R0 across SVC.
//   R19  the spawnCall     R20  this instance's words
//   R21  the current row   R22  its relative bits    R23  its load bits

#define ARGUMENT(i, register) \
	MOVD (ROW_ARGS+8*i)(R21), register \
	TBZ  $i, R22, 2(PC)                \
	ADD  R20, register                 \
	TBZ  $i, R23, 2(PC)                \
	MOVD (register), register

// func spawn(call *spawnCall) (result uintptr)
TEXT ·spawn(SB),NOSPLIT|NOFRAME,$0-16
	MOVD call+0(FP), R19

	MOVD $SIG_SETMASK, R0
	ADD  $SPAWN_FULL_MASK, R19, R1
	ADD  $SPAWN_OLD_MASK, R19, R2
	MOVD $8, R3
	MOVD $SYS_rt_sigprocmask, R8
	SVC

	MOVD (SPAWN_ARGS+0)(R19), R0
	MOVD (SPAWN_ARGS+8)(R19), R1
	MOVD (SPAWN_ARGS+16)(R19), R2
	MOVD (SPAWN_ARGS+24)(R19), R3
	MOVD (SPAWN_ARGS+32)(R19), R4
	MOVD (SPAWN_ARGS+40)(R19), R5
	MOVD SPAWN_NR(R19), R8
	SVC
	CBZ  R0, child

	MOVD R0, result+8(FP)
	MOVD $SIG_SETMASK, R0
	ADD  $SPAWN_OLD_MASK, R19, R1
	MOVD $0, R2
	MOVD $8, R3
	MOVD $SYS_rt_sigprocmask, R8
	SVC
	RET

	// From here on the stack is the parent's, who is using it.
child:
	MOVD SPAWN_WORDS(R19), R20
	MOVD SPAWN_ROWS(R19), R21

walk:
	MOVD ROW_RELATIVE(R21), R22
	MOVD ROW_LOAD(R21), R23
	ARGUMENT(0, R0)
	ARGUMENT(1, R1)
	ARGUMENT(2, R2)
	ARGUMENT(3, R3)
	ARGUMENT(4, R4)
	ARGUMENT(5, R5)
	MOVD R0, R24 // a Wait looks at it again
	MOVD ROW_NR(R21), R8
	SVC
	CMN  $4095, R0
	BCS  failed
	MOVD ROW_OUT(R21), R9
	ADD  R20, R9
	STLR R0, (R9) // who sees it sees what came before

succeeded:
	MOVD ROW_KIND(R21), R9
	CMP  $1, R9
	BEQ  forked
	CMP  $2, R9
	BEQ  waited
	CMP  $4, R9
	BEQ  stood
	CMP  $5, R9
	BEQ  back

next:
	ADD $ROW_SIZE, R21
	B   walk

forked:
	CBZ  R0, next
	MOVD ROW_PARENT(R21), R9
	ADD  R9, R21
	B    walk

waited: // R2 still holds the value that the futex had
	MOVWU (R24), R9
	CMPW  R2, R9
	BEQ   walk
	B     next

stood: // R24 holds the address of the word that the job's comes in
	LDAR (R24), R9
	CBZ  R9, walk
	MOVD ZR, (R24)
	SUB  $1, R9, R19
	B    child

back:
	MOVD SPAWN_HOME(R19), R19
	MOVD SPAWN_WORDS(R19), R20
	MOVD SPAWN_STAND(R19), R21
	B    walk

failed:
	MOVD (ROW_IGNORE+0)(R21), R9
	CMP  R0, R9
	BEQ  succeeded
	MOVD (ROW_IGNORE+8)(R21), R9
	CMP  R0, R9
	BEQ  succeeded
	NEG  R0, R0
	MOVD R0, WORD_ERRNO(R20)
	MOVD R21, WORD_FAILED_ROW(R20)

	// Who stands does not end because a clone failed.
	MOVD SPAWN_HOME(R19), R9
	CBZ  R9, exit
	MOVD ROW_KIND(R21), R9
	CMP  $1, R9
	BNE  exit
	MOVD ROW_PARENT(R21), R9
	ADD  R9, R21
	B    walk

exit:
	MOVD $1, R0
	MOVD $SYS_exit_group, R8
	SVC
	B exit
