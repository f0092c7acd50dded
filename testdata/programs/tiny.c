/*
 * tiny: calls exit(0), and nothing else.
 *
 * No libc: the start-up code of a static glibc costs more than many a sandbox, since
 * CPUID traps in a virtual machine. This is the program to measure a sandbox with.
 *
 * ok under every limit.
 *
 * build: -nostdlib
 */
void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("xor %%edi, %%edi\n\tmov $60, %%eax\n\tsyscall" ::: "rax", "rdi", "rcx", "r11", "memory");
#elif defined(__aarch64__)
	__asm__ volatile("mov x0, #0\n\tmov x8, #93\n\tsvc #0" ::: "x0", "x8", "memory");
#else
#error "add the exit system call of this architecture"
#endif
	__builtin_unreachable();
}
