// expect: segmentation fault: write to address 0x8 (null pointer, offset 0x8) in child() at in_child.c:HERE
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static long *volatile shared;

static __attribute__((noinline)) void child(void)
{
	shared[1] = 1; // HERE
}

int main(void)
{
	if (fork() == 0) {
		child();
		_exit(0);
	}
	wait(NULL);
	return 0;
}
