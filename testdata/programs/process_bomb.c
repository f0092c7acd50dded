/*
 * process_bomb fork|clone3|vfork|thread [MAX]: starts processes that start processes, or
 * threads that start threads, up to MAX (0: without end). Who can't start another one
 * tries again, so only a limit on processes keeps the machine alive. With MAX (but not by
 * vfork, where all but the last can't run) reports started=N when they are all there.
 *
 * time_limit or wall_limit, never more processes than the limit, all dead after the run.
 */
#include "common.h"
#include <linux/sched.h>
#include <pthread.h>
#include <sys/syscall.h>

static long max;
static long *started; /* shared by all */

/* Whether one more may be started. */
static int take(void)
{
	if (max == 0)
		return 1;
	if (__atomic_add_fetch(started, 1, __ATOMIC_SEQ_CST) <= max)
		return 1;
	__atomic_sub_fetch(started, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void give_back(void)
{
	if (max)
		__atomic_sub_fetch(started, 1, __ATOMIC_SEQ_CST);
}

static void processes(int use_clone3)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	while (take())
		if ((use_clone3 ? syscall(SYS_clone3, &args, sizeof args) : fork()) < 0)
			give_back();
}

/* A child never returns into the frame that it shares with its parent. */
static void __attribute__((noinline)) vforks(void)
{
	while (take()) {
		pid_t pid = vfork();

		if (pid == 0) {
			vforks();
			for (;;)
				pause();
		}
		if (pid < 0)
			give_back();
	}
}

static void *thread_main(void *unused);

static void threads(void)
{
	pthread_t thread;

	while (take())
		if (pthread_create(&thread, NULL, thread_main, NULL))
			give_back();
}

static void *thread_main(void *unused)
{
	threads();
	for (;;)
		pause();
	return unused;
}

int main(int argc, char **argv)
{
	pid_t first = getpid();

	max = number(argc, argv, 2, 0);
	started = mmap(NULL, sizeof *started, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (started == MAP_FAILED)
		die("mmap");
	if (mode(argc, argv, "fork") || mode(argc, argv, "clone3"))
		processes(mode(argc, argv, "clone3"));
	else if (mode(argc, argv, "vfork"))
		vforks();
	else if (mode(argc, argv, "thread"))
		threads();
	else
		usage("process_bomb fork|clone3|vfork|thread [MAX]");
	if (getpid() == first) {
		printf("started=%ld\n", *started);
		fflush(stdout);
	}
	for (;;)
		pause();
}
