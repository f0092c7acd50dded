/*
 * talk ACTION...: one party of a dialogue, and how it misbehaves. Actions are done in order:
 *
 *   say TEXT     writes a line, at once
 *   mumble TEXT  writes a line into a buffer that is only flushed by "done"
 *   hear TEXT    reads a line, and exits with 9 unless it is this one; with 8 if there is none
 *   echo N       N times reads a line and writes it back
 *   ask N        N times writes a line and reads one
 *   drain        reads to the end
 *   flood        writes for ever; flood N writes N KiB
 *   deaf         closes stdin
 *   mute         closes stdout
 *   bold         ignores SIGPIPE
 *   wait MS      sleeps; 0 is for ever
 *   spin         loops for ever
 *   crash        reads from address 0
 *   grow         fills memory
 *   exit N       exits with N, buffers lost; done N flushes them first
 */
#include "common.h"

static char line[4096];

static void say(const char *word)
{
	dprintf(1, "%s\n", word);
}

static int hear(void)
{
	size_t n = 0;

	/* A byte at a time: nothing is read ahead. */
	while (n + 1 < sizeof(line) && read(0, line + n, 1) == 1)
		if (line[n++] == '\n')
			break;
	line[n ? n - 1 : 0] = 0;
	return n > 0;
}

static void flood(long kib)
{
	static char piece[1024];

	memset(piece, 'x', sizeof(piece));
	piece[sizeof(piece) - 1] = '\n';
	for (long i = 0; kib == 0 || i < kib; i++)
		if (write(1, piece, sizeof(piece)) < 0 && kib)
			return;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *what = argv[i], *arg = text(argc, argv, i + 1, "");
		long n = 0;

		if (!strcmp(what, "deaf")) {
			close(0);
		} else if (!strcmp(what, "mute")) {
			close(1);
		} else if (!strcmp(what, "bold")) {
			signal(SIGPIPE, SIG_IGN);
		} else if (!strcmp(what, "drain")) {
			while (read(0, line, sizeof(line)) > 0)
				;
		} else if (!strcmp(what, "spin")) {
			burn_ms(CLOCK_THREAD_CPUTIME_ID, 0);
		} else if (!strcmp(what, "crash")) {
			printf("%d", *(volatile int *)NULL);
		} else if (!strcmp(what, "grow")) {
			for (;;)
				touch_mib(1);
		} else if (i++, !strcmp(what, "say")) {
			say(arg);
		} else if (!strcmp(what, "mumble")) {
			printf("%s\n", arg);
		} else if (!strcmp(what, "hear")) {
			if (!hear())
				exit(8);
			if (strcmp(line, arg))
				exit(9);
		} else if (n = number(argc, argv, i, 0), !strcmp(what, "echo")) {
			while (n-- > 0 && hear())
				say(line);
		} else if (!strcmp(what, "ask")) {
			while (n-- > 0) {
				say("?");
				if (!hear())
					exit(8);
			}
		} else if (!strcmp(what, "flood")) {
			flood(n);
		} else if (!strcmp(what, "wait")) {
			sleep_ms(n);
		} else if (!strcmp(what, "exit")) {
			_exit(n);
		} else if (!strcmp(what, "done")) {
			exit(n);
		} else {
			usage("talk ACTION...: see the source");
		}
	}
	return 0;
}
