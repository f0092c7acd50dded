/*
 * What the programs here share: arguments, reports, and the few things most of them do.
 *
 * A report is one line "name=value" on stdout, written at once, so that it survives
 * whatever happens next. Exit codes are a program's own, but for a wrong argument
 * (EX_USAGE, 64) and a system call that had to work and didn't (EX_OSERR, 71).
 */
#ifndef BAILIFF_COMMON_H
#define BAILIFF_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024L * 1024L)
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static inline void die(const char *what)
{
	perror(what);
	exit(EX_OSERR);
}

static inline void usage(const char *text)
{
	fprintf(stderr, "usage: %s\n", text);
	exit(EX_USAGE);
}

/* argv[i] as a number not below zero, or fallback if it isn't there. */
static inline long number(int argc, char **argv, int i, long fallback)
{
	char *end;
	long value;

	if (i >= argc)
		return fallback;
	errno = 0;
	value = strtol(argv[i], &end, 0);
	if (errno || end == argv[i] || *end || value < 0) {
		fprintf(stderr, "argument %d: \"%s\" is not a number\n", i, argv[i]);
		exit(EX_USAGE);
	}
	return value;
}

/* argv[i] as text, or fallback if it isn't there. */
static inline const char *text(int argc, char **argv, int i, const char *fallback)
{
	return i < argc ? argv[i] : fallback;
}

/* Whether argv[1] names this mode. */
static inline int mode(int argc, char **argv, const char *name)
{
	return argc > 1 && !strcmp(argv[1], name);
}

/* One line "name=ok", or "name=EPERM" and the like, for what a system call returned. */
static inline void report(const char *name, long returned)
{
	if (returned == -1)
		printf("%s=%s\n", name, strerrorname_np(errno));
	else
		printf("%s=ok\n", name);
	fflush(stdout);
}

/*
 * Reports what an expression returns, in a child of its own where there may be one: what
 * one attempt gains doesn't help the next, and what kills it is reported as "name=SIGSYS"
 * and the like.
 */
#define ATTEMPT(name, expression)                     \
	do {                                          \
		pid_t child_ = (fflush(NULL), fork());\
		if (child_ <= 0)                      \
			report(name, expression);     \
		if (child_ == 0)                      \
			_exit(0);                     \
		if (child_ > 0)                       \
			report_killed(name, child_);  \
	} while (0)

static inline void report_killed(const char *name, pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s=SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
	fflush(stdout);
}

/* Forks, without copies of what stdio still holds. */
static inline pid_t fork_or_die(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	return pid;
}

static inline void write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("write");
		data += n;
		size -= n;
	}
}

/* The reading of a clock in nanoseconds. */
static inline long long read_clock(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		die("clock_gettime");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Burns CPU time, almost all of it in user mode, until the clock shows this; -1 is for ever. */
static inline void burn_until(clockid_t clock, long long ns)
{
	do {
		for (volatile int i = 0; i < 20000; i++)
			;
	} while (ns < 0 || read_clock(clock) < ns);
}

/* Burns that much CPU time by a clock of the process or of the thread; 0 is for ever. */
static inline void burn_ms(clockid_t clock, long ms)
{
	burn_until(clock, ms == 0 ? -1 : read_clock(clock) + ms * 1000000LL);
}

/* Sleeps that long whatever signals arrive; 0 is for ever. */
static inline void sleep_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (ms == 0)
		pause();
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

/* New memory, every page of it written. */
static inline char *touch_mib(long mib)
{
	size_t size = (size_t)mib * MIB;
	char *memory;

	if (mib == 0)
		return NULL;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	memset(memory, 1, size);
	return memory;
}

#endif
