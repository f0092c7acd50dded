/*
 * fifo_shut: opens a FIFO in the working directory, which waits for the other end, takes
 * everybody's right to open it, and is gone. Ends with: ok.
 */
#include "common.h"
#include <sys/stat.h>

int main(void)
{
	pid_t child;

	if (mkfifo("shut", 0600))
		die("mkfifo");
	child = fork_or_die();
	if (child == 0) {
		open("shut", O_RDONLY);
		_exit(0);
	}
	sleep_ms(100);
	if (chmod("shut", 0) || kill(child, SIGKILL) || waitpid(child, NULL, 0) != child)
		die("shut");
	return 0;
}
