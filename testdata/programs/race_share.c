/*
 * race_share KIND ALLOWED SECRET MILLISECONDS: tries for so long to have a program executed
 * that may not be, by changing its path in memory that a process shares which is hard to find.
 *
 *	leader    a process whose first thread has ended, and so has no memory, but another not
 *	hop       a process that makes the next and ends, over and over
 *	fifo      the parent, which sleeps as it would in vfork, but waits for a pipe to be opened
 *	vfork     the parent, which waits in vfork for another child than the one that executes
 *
 * ALLOWED exits with 0, SECRET with neither that nor 1. Reports opened=COUNT, refused=COUNT
 * and leaked=COUNT: ok with leaked=0, or violation.
 */
#include "common.h"
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { STACK = 65536, HOPS = 3000 };

static const char *kind, *allowed, *secret;
static char path[4096], *args[] = { "race_share", "child", NULL };
static char stacks[4][STACK] __attribute__((aligned(16)));
static struct shared {
	atomic_int over, executing;
	long opened, refused, leaked;
} *shared;

static int is(const char *what) { return !strcmp(kind, what); }

static void delay(long turns)
{
	for (volatile long i = turns; i > 0; i--)
		;
}

static void set_path(const char *target)
{
	strcpy(path, target);
	atomic_signal_fence(memory_order_seq_cst);
}

static void run_task(int (*what)(void *), int stack, int flags)
{
	if (clone(what, stacks[stack] + STACK, CLONE_VM | flags, NULL) < 0)
		die("clone");
}

/* Not exit, which would end what is shared. */
static void end(void) { syscall(SYS_exit, 0); }

static int swap_many(void *unused)
{
	for (long long stop = read_clock(CLOCK_MONOTONIC) + 20000000; read_clock(CLOCK_MONOTONIC) < stop;) {
		set_path(secret);
		delay(5000);
		set_path(allowed);
		delay(5000);
	}
	syscall(SYS_exit_group, 0);
	return unused != NULL;
}

static int lead(void *unused)
{
	run_task(swap_many, 1, CLONE_THREAD | CLONE_SIGHAND);
	end();
	return unused != NULL;
}

static int hop(void *unused)
{
	static int hops;

	set_path(hops % 2 ? secret : allowed);
	if (hops++ < HOPS)
		clone(hop, stacks[hops % 2] + STACK, CLONE_VM, NULL);
	end();
	return unused != NULL;
}

static int execute(void *unused)
{
	shared->executing = 1;
	execv(path, args);
	_exit(1);
	return unused != NULL;
}

static int linger(void *unused)
{
	delay(rand() % 3000000);
	_exit(0);
	return unused != NULL;
}

/* A child executes while we sleep; as soon as we don't, the path is another. */
static void sleep_meanwhile(void)
{
	pid_t other = -1;

	set_path(allowed);
	pid_t child = clone(execute, stacks[0] + STACK, CLONE_VM | SIGCHLD, NULL);

	if (child < 0)
		die("clone");
	if (is("fifo")) {
		int fd = open("fifo", O_RDONLY);

		set_path(secret);
		close(fd);
	} else {
		other = clone(linger, stacks[1] + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
		set_path(secret);
	}
	int status = 1 << 8;

	waitpid(child, &status, 0);
	waitpid(other, NULL, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

static void try(void)
{
	int status = 0;

	shared->executing = 0;
	if (is("fifo") && fork_or_die() == 0) { /* opens the other end, in time */
		while (!shared->executing)
			usleep(50);
		srand(getpid());
		delay(rand() % 3000000);
		close(open("fifo", O_WRONLY));
		_exit(0);
	}
	pid_t pid = fork_or_die();

	if (pid == 0) {
		set_path(allowed);
		srand(getpid());
		if (is("fifo") || is("vfork"))
			sleep_meanwhile();
		run_task(is("hop") ? hop : lead, 0, 0);
		delay(rand() % 100000);
		execute(NULL);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status))
		return;
	switch (WEXITSTATUS(status)) {
	case 0: shared->opened++; break;
	case 1: shared->refused++; break;
	case EX_OSERR: break; /* ourselves, who may have no more processes */
	default: shared->leaked++;
	}
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

int main(int argc, char **argv)
{
	long ms = number(argc, argv, 4, -1);

	if (argc != 5 || strlen(argv[2]) > 4000 || strlen(argv[3]) > 4000)
		usage("race_share KIND ALLOWED SECRET MILLISECONDS");
	kind = argv[1];
	allowed = argv[2];
	secret = argv[3];
	if (!is("leader") && !is("hop") && !is("fifo") && !is("vfork"))
		usage("race_share KIND ALLOWED SECRET MILLISECONDS");
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || (is("fifo") && mkfifo("fifo", 0600)))
		die("start");
	for (long long stop = read_clock(CLOCK_MONOTONIC) + ms * 1000000; read_clock(CLOCK_MONOTONIC) < stop;)
		try();
	printf("opened=%ld\nrefused=%ld\nleaked=%ld\n", shared->opened, shared->refused, shared->leaked);
	return 0;
}
