/*
 * syscall NUMBER [ARG...]: makes one system call by number, with up to six arguments as
 * they are (all 64 bits of each), and reports returned=VALUE, or errno=EPERM and the like.
 * An argument @TEXT is the address of that text.
 *
 * For filters: ok if the call is allowed or refused with an errno; violation if it is
 * fatal. Only harmless calls belong on the command line.
 */
#include "common.h"
#include <sys/syscall.h>

static long value(const char *text)
{
	char *end;
	long number;

	if (*text == '@')
		return (long)(text + 1);
	number = *text == '-' ? strtol(text, &end, 0) : (long)strtoul(text, &end, 0);
	if (end == text || *end)
		usage("syscall NUMBER [ARG...]");
	return number;
}

int main(int argc, char **argv)
{
	long a[7] = { 0 };
	long returned;

	if (argc < 2 || argc > 8)
		usage("syscall NUMBER [ARG...]");
	for (int i = 1; i < argc; i++)
		a[i - 1] = value(argv[i]);
	returned = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	if (returned == -1)
		printf("errno=%s\n", strerrorname_np(errno));
	else
		printf("returned=%ld\n", returned);
	return 0;
}
