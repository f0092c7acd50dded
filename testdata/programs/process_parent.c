/*
 * process_parent N: gives its own parent, which is the judge, N children (CLONE_PARENT),
 * which sleep until they are killed. Nobody but the judge can reap them.
 *
 * ok: where it works the judge must reap them, or a pid namespace never ends; EPERM.
 */
#include "common.h"
#include <sched.h>
#include <sys/syscall.h>

int main(int argc, char **argv)
{
	for (long i = number(argc, argv, 1, 1); i > 0; i--) {
		long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

		if (pid == 0)
			for (;;)
				pause();
		report("clone", pid < 0 ? -1 : 0);
	}
	return 0;
}
