// arch: amd64
// expect: segmentation fault in turn() at lost_area.c:HERE
// The memory is gone where the kernel writes on which CPU a thread runs (rseq): it fails
// between any two instructions, none of which is to blame.
#include <stdint.h>
#include <sys/rseq.h>
#include <sys/syscall.h>

static __attribute__((noinline)) void turn(uintptr_t page)
{
	__asm__ volatile("syscall\n1: mov %1, %%eax\n syscall\n add $1, %%ebx\n jmp 1b" : : "a"(SYS_munmap), "i"(SYS_sched_yield), "D"(page), "S"(4096) : "rbx", "rcx", "r11", "memory"); // HERE
}

int main(void)
{
	turn(((uintptr_t)__builtin_thread_pointer() + __rseq_offset) & ~4095UL);
}
