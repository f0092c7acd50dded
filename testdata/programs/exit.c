/*
 * exit CODE: exits with that code.
 *
 * ok for 0, runtime_error for all others. 137 is what a shell says for SIGKILL: it is
 * still an exit code here, no signal.
 */
#include "common.h"

int main(int argc, char **argv)
{
	if (argc != 2)
		usage("exit CODE");
	return number(argc, argv, 1, 0);
}
