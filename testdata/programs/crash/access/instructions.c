/*
 * instructions: makes many kinds of instructions fail, each at memory that is
 * not there and at memory that may only be read, and prints for each what the
 * processor says of the fault: a line "NAME ERROR ADDRESS", the page-fault error
 * code and the address from the signal's frame.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf again;
static volatile unsigned long error, address;

static void handler(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)signal;
	(void)info;
	error = c->uc_mcontext.gregs[REG_ERR];
	address = c->uc_mcontext.gregs[REG_CR2];
	siglongjmp(again, 1);
}

struct attempt {
	const char *name;
	void (*run)(char *p);
	int vector; /* needs AVX2 */
};

/* The memory is at %rdi. */
#define TRY(id, text) \
	static void id(char *p) { __asm__ volatile(text : : "D"(p), "S"(p), "a"(1), "c"(1), "d"(1) : "rbx", "r8", "xmm0", "xmm1", "memory", "cc"); }

TRY(load8, "movb (%%rdi), %%bl")
TRY(load64, "mov 8(%%rdi,%%rcx,4), %%r8")
TRY(store8, "movb %%al, (%%rdi)")
TRY(store64, "mov %%rax, 0x10(%%rdi,%%rcx,8)")
TRY(store_immediate, "movl $5, (%%rdi)")
TRY(add_store, "addl %%eax, (%%rdi)")
TRY(add_load, "addl (%%rdi), %%eax")
TRY(compare, "cmpl $3, (%%rdi)")
TRY(compare_reverse, "cmpl (%%rdi), %%eax")
TRY(test_bits, "testb $3, (%%rdi)")
TRY(increment, "incq (%%rdi)")
TRY(negate, "negl (%%rdi)")
TRY(shift, "shll $2, (%%rdi)")
TRY(set_flag, "setz (%%rdi)")
TRY(extend, "movzbl (%%rdi), %%ebx")
TRY(extend_sign, "movslq (%%rdi), %%rbx")
TRY(multiply, "imull (%%rdi), %%ebx")
TRY(divide, "divl (%%rdi)")
TRY(exchange, "xchg %%eax, (%%rdi)")
TRY(exchange_add, "lock xaddl %%eax, (%%rdi)")
TRY(compare_exchange, "lock cmpxchgl %%ebx, (%%rdi)")
TRY(bit_test, "btl $1, (%%rdi)")
TRY(bit_set, "btsl $1, (%%rdi)")
TRY(push_memory, "push (%%rdi)\n\tadd $8, %%rsp")
TRY(pop_memory, "push $0\n\tpop (%%rdi)")
TRY(call_memory, "call *(%%rdi)")
TRY(jump_memory, "jmp *(%%rdi)")
TRY(conditional_move, "cmovz (%%rdi), %%rbx")
TRY(string_store, "rep stosb")
TRY(string_load, "lodsb")
TRY(string_compare, "repe cmpsb")
TRY(string_scan, "repne scasb")
TRY(push_stack, "mov %%rsp, %%rbx\n\tlea 0x800(%%rdi), %%rsp\n\tpush %%rax\n\tmov %%rbx, %%rsp")
TRY(pop_stack, "mov %%rsp, %%rbx\n\tlea 0x800(%%rdi), %%rsp\n\tpop %%rax\n\tmov %%rbx, %%rsp")
TRY(sse_load, "movups (%%rdi), %%xmm0")
TRY(sse_store, "movaps %%xmm0, (%%rdi)")
TRY(sse_scalar_load, "movsd (%%rdi), %%xmm0")
TRY(sse_scalar_store, "movss %%xmm0, (%%rdi)")
TRY(sse_add, "addsd (%%rdi), %%xmm0")
TRY(sse_compare, "ucomisd (%%rdi), %%xmm0")
TRY(sse_high_store, "movhps %%xmm0, (%%rdi)")
TRY(sse_stream, "movntdq %%xmm0, (%%rdi)")
TRY(quad_store, "movq %%xmm0, (%%rdi)")
TRY(convert, "cvtsi2sdl (%%rdi), %%xmm0")
TRY(x87_load, "fldl (%%rdi)")
TRY(x87_add, "fld1\n\tfaddl (%%rdi)\n\tfstp %%st(0)")
TRY(x87_store, "fld1\n\tfstpl (%%rdi)")
TRY(x87_integer_store, "fld1\n\tfistpl (%%rdi)")
TRY(x87_control_store, "fnstcw (%%rdi)")
TRY(mxcsr_load, "ldmxcsr (%%rdi)")
TRY(mxcsr_store, "stmxcsr (%%rdi)")
TRY(avx_load, "vmovdqu (%%rdi), %%ymm0\n\tvzeroupper")
TRY(avx_store, "vmovdqu %%ymm0, (%%rdi)\n\tvzeroupper")
TRY(avx_compare, "vpcmpeqb (%%rdi), %%ymm0, %%ymm1\n\tvzeroupper")
TRY(avx_add, "vaddsd (%%rdi), %%xmm0, %%xmm1")
TRY(avx_extract, "vextracti128 $1, %%ymm0, (%%rdi)\n\tvzeroupper")
TRY(avx_broadcast, "vpbroadcastb (%%rdi), %%ymm0\n\tvzeroupper")
TRY(avx_high_store, "vmovhps %%xmm0, (%%rdi)")

#define ROW(id) { #id, id, 0 }
#define AVX(id) { #id, id, 1 }
static const struct attempt attempts[] = {
	ROW(load8), ROW(load64), ROW(store8), ROW(store64), ROW(store_immediate), ROW(add_store), ROW(add_load),
	ROW(compare), ROW(compare_reverse), ROW(test_bits), ROW(increment), ROW(negate), ROW(shift), ROW(set_flag),
	ROW(extend), ROW(extend_sign), ROW(multiply), ROW(divide), ROW(exchange), ROW(exchange_add), ROW(compare_exchange),
	ROW(bit_test), ROW(bit_set), ROW(push_memory), ROW(pop_memory), ROW(call_memory), ROW(jump_memory),
	ROW(conditional_move), ROW(string_store), ROW(string_load), ROW(string_compare), ROW(string_scan), ROW(push_stack),
	ROW(pop_stack), ROW(sse_load), ROW(sse_store), ROW(sse_scalar_load), ROW(sse_scalar_store), ROW(sse_add),
	ROW(sse_compare), ROW(sse_high_store), ROW(sse_stream), ROW(quad_store), ROW(convert), ROW(x87_load), ROW(x87_add),
	ROW(x87_store), ROW(x87_integer_store), ROW(x87_control_store), ROW(mxcsr_load), ROW(mxcsr_store), AVX(avx_load),
	AVX(avx_store), AVX(avx_compare), AVX(avx_add), AVX(avx_extract), AVX(avx_broadcast), AVX(avx_high_store),
};

static void try(const struct attempt *a, char *p)
{
	if (sigsetjmp(again, 1) == 0)
		a->run(p);
	else
		printf("%s %lu %#lx\n", a->name, error, address);
}

int main(void)
{
	static char stack[1 << 16];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	for (unsigned long i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		if (attempts[i].vector && !__builtin_cpu_supports("avx2"))
			continue;
		try(&attempts[i], none);
		/* What a page of zeros does to those that read it is another matter. */
		if (attempts[i].run != call_memory && attempts[i].run != jump_memory && attempts[i].run != divide)
			try(&attempts[i], readonly);
	}
	return 0;
}
