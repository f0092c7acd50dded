/*
 * abi_foreign int80|x32 [NUMBER]: makes a system call (getpid, unless another number is
 * given) through the kernel's other doors on amd64: the 32-bit one, where numbers mean
 * other calls, or with the bit of the x32 ABI set. A filter that looks at numbers alone is
 * blind to both. Reports returned=N or errno=ENOSYS and the like, or supported=no on other
 * architectures.
 *
 * violation, or an errno, as the policy has it; ok with "returned" means that the door is
 * open. Without the kernel's 32-bit emulation "int80" is a runtime_error with SIGSEGV.
 */
#include "common.h"

#if defined(__x86_64__)
static long int80(long number)
{
	long returned;

	__asm__ volatile("int $0x80" : "=a"(returned) : "a"(number), "b"(0L), "c"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	/* The answer has 32 bits. */
	return (int)returned;
}

static long x32(long number)
{
	long returned;

	__asm__ volatile("syscall" : "=a"(returned) : "a"(number | 0x40000000), "D"(0L), "S"(0L), "d"(0L)
			 : "memory", "rcx", "r11");
	return returned;
}

int main(int argc, char **argv)
{
	long returned;

	if (mode(argc, argv, "int80"))
		returned = int80(number(argc, argv, 2, 20));
	else if (mode(argc, argv, "x32"))
		returned = x32(number(argc, argv, 2, 39));
	else
		usage("abi_foreign int80|x32 [NUMBER]");
	if (returned < 0 && returned > -4096)
		printf("errno=%s\n", strerrorname_np(-returned));
	else
		printf("returned=%ld\n", returned);
	return 0;
}
#else
int main(void)
{
	printf("supported=no\n");
	return 0;
}
#endif
