/*
 * output_flood stdout|stderr|both [CHUNK]: prints without end, CHUNK (65536) bytes at a time.
 *
 * output_limit, with exactly the limit delivered. With small chunks the CPU limit may
 * come first.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long chunk = number(argc, argv, 2, 65536);
	char *buffer = malloc(chunk);

	if (chunk < 1 || !buffer || (!mode(argc, argv, "stdout") && !mode(argc, argv, "stderr") && !mode(argc, argv, "both")))
		usage("output_flood stdout|stderr|both [CHUNK]");
	memset(buffer, 'y', chunk);
	for (;;) {
		if (!mode(argc, argv, "stderr"))
			write_all(STDOUT_FILENO, buffer, chunk);
		if (!mode(argc, argv, "stdout"))
			write_all(STDERR_FILENO, buffer, chunk);
	}
}
