/*
 * trace_hostile KIND N: what a program can try against who traces it.
 *
 *	traceme      asks to be traced by its parent, N times; reports traceme=EPERM
 *	seize        traces a child, N times; reports seize=EPERM
 *	storm        N children stop and continue each other; reports survived=N
 *	self         stops itself N times, and is continued by a child; reports survived=N
 *	exec         N processes that execute this program 20 times, all at once
 *	die          N processes that end by one thread while others make calls
 *	murder       N processes that are killed while they make calls
 *	block        blocks all signals, then makes N calls
 *	signals      gets N signals while it makes calls; reports caught=N
 *	personality  changes it, and executes itself
 *	garbage      N calls with pointers to nowhere; reports refused=N
 *	spin         N threads that make calls, for ever
 *
 * ok, and nothing hangs. "spin" is for wall_limit.
 */
#include "common.h"
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

extern char **environ;

static void touch(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static void *touch_on(void *unused)
{
	for (;;)
		touch();
	return unused;
}

static void start(void *(*what)(void *))
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, what, NULL);
	if (errno)
		die("pthread_create");
}

static void again(const char *kind, long n)
{
	static char left[32];
	char *args[] = { "trace_hostile", (char *)kind, left, NULL };

	snprintf(left, sizeof left, "%ld", n);
	execve((const char *)getauxval(AT_EXECFN), args, environ);
	die("execve");
}

static void traceme(long n)
{
	long returned = 0;

	for (long i = 0; i < n; i++)
		returned = ptrace(PTRACE_TRACEME, 0, 0, 0);
	report("traceme", returned);
}

static void seize(long n)
{
	pid_t child = fork_or_die();
	long returned = 0;

	if (child == 0)
		touch_on(NULL);
	for (long i = 0; i < n; i++)
		returned = ptrace(PTRACE_SEIZE, child, 0, 0);
	report("seize", returned);
	kill(child, SIGKILL);
}

static void storm(long n)
{
	pid_t children[64];

	n = n > 64 ? 64 : n;
	for (long i = 0; i < n; i++) {
		children[i] = fork_or_die();
		if (children[i] == 0) {
			for (int k = 0; k < 50; k++) {
				touch();
				if (i > 0)
					kill(children[(i + k) % i], k % 2 ? SIGCONT : SIGSTOP);
			}
			sleep_ms(50);
			_exit(0);
		}
	}
	for (int k = 0; k < 40; k++) {
		for (long i = 0; i < n; i++)
			kill(children[i], k % 2 ? SIGCONT : SIGSTOP);
		touch();
		sched_yield();
	}
	for (long left = n; left > 0;) {
		for (long i = 0; i < n; i++)
			kill(children[i], SIGCONT);
		while (left > 0 && waitpid(-1, NULL, WNOHANG) > 0)
			left--;
		sleep_ms(1);
	}
	printf("survived=%ld\n", n);
}

static void self(long n)
{
	pid_t parent = getpid(), child = fork_or_die();

	if (child == 0)
		for (;;)
			kill(parent, SIGCONT);
	for (long i = 0; i < n; i++) {
		touch();
		raise(SIGSTOP);
	}
	kill(child, SIGKILL);
	printf("survived=%ld\n", n);
}

static void *end_soon(void *unused)
{
	sched_yield();
	_exit(0);
	return unused;
}

static void die_in_call(long n)
{
	for (long i = 0; i < n; i++)
		if (fork_or_die() == 0) {
			start(touch_on);
			start(touch_on);
			start(end_soon);
			touch_on(NULL);
		}
}

static void murder(long n)
{
	for (long i = 0; i < n; i++) {
		pid_t child = fork_or_die();

		if (child == 0) {
			start(touch_on);
			touch_on(NULL);
		}
		usleep(i % 10 * 100);
		touch();
		kill(child, SIGKILL);
	}
}

static volatile sig_atomic_t caught;

static void handler(int unused)
{
	(void)unused;
	caught++;
	touch();
}

static void signals(long n)
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(SIGUSR1, &action, NULL);
	for (long i = 0; i < n; i++) {
		raise(SIGUSR1);
		touch();
	}
	printf("caught=%d\n", (int)caught);
}

static void garbage(long n)
{
	long refused = 0;

	for (long i = 0; i < n; i++) {
		static const uintptr_t nowhere[] = { 0, 1, 0xfff, 0x7fffffffffffULL, 0x8000000000000000ULL, 0xffffffffffffffffULL,
			0xfffffffffffff000ULL, 0xdeadbeef };
		uintptr_t bad = nowhere[i % LENGTH(nowhere)] + (i / LENGTH(nowhere)) % 7;

		refused += syscall(SYS_openat, i % 3 ? AT_FDCWD : (int)bad, bad, i % 5 ? 0 : -1L, bad) == -1;
		refused += syscall(SYS_execve, bad, bad, bad) == -1;
		refused += syscall(SYS_newfstatat, AT_FDCWD, bad, bad, bad & ~AT_EMPTY_PATH) == -1;
		refused += syscall(SYS_openat2, AT_FDCWD, "/dev/null", bad, bad) == -1;
		refused += syscall(SYS_readlinkat, (int)bad, bad, bad, bad) == -1;
	}
	printf("refused=%ld\n", refused / 5);
}

int main(int argc, char **argv)
{
	long n = number(argc, argv, 2, 1);
	sigset_t all;

	if (mode(argc, argv, "traceme")) {
		traceme(n);
	} else if (mode(argc, argv, "seize")) {
		seize(n);
	} else if (mode(argc, argv, "storm")) {
		storm(n);
	} else if (mode(argc, argv, "self")) {
		self(n);
	} else if (mode(argc, argv, "exec")) {
		for (long i = 0; i < n; i++)
			if (fork_or_die() == 0)
				again("execing", 20);
	} else if (mode(argc, argv, "execing")) {
		touch();
		if (n > 0)
			again("execing", n - 1);
	} else if (mode(argc, argv, "die")) {
		die_in_call(n);
	} else if (mode(argc, argv, "murder")) {
		murder(n);
	} else if (mode(argc, argv, "block")) {
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		for (long i = 0; i < n; i++)
			touch();
	} else if (mode(argc, argv, "signals")) {
		signals(n);
	} else if (mode(argc, argv, "personality")) {
		personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC);
		again("block", n);
	} else if (mode(argc, argv, "garbage")) {
		garbage(n);
	} else if (mode(argc, argv, "spin")) {
		for (long i = 1; i < n; i++)
			start(touch_on);
		touch_on(NULL);
	} else {
		usage("trace_hostile KIND N");
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
