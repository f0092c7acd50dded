/*
 * cpu_loop user|system|vfork: uses CPU time for ever, and makes none of it stand out: in
 * user mode; in the cheapest of system calls, where a clock that counts user time alone
 * stands still; or in a vfork child, while the parent can't run at all.
 *
 * time_limit under any CPU limit. The near miss is `spin MS`.
 */
#include "common.h"
#include <sys/syscall.h>

int main(int argc, char **argv)
{
	if (mode(argc, argv, "user"))
		burn_ms(CLOCK_PROCESS_CPUTIME_ID, 0);
	if (mode(argc, argv, "system"))
		for (;;)
			syscall(SYS_getppid);
	if (mode(argc, argv, "vfork") && vfork() == 0)
		for (;;)
			__asm__ volatile("");
	usage("cpu_loop user|system|vfork");
}
