/*
 * trace_others KIND: wants to trace, or to be traced by, whom it has no business with. What
 * concerns its own processes alone is reported beside: own_...
 *
 *	me        asks to be traced by its parent, which is the judge, and stops by a few
 *		  signals: whoever waits for its end must not take that for one
 *	init      traces pid 1, in each way there is
 *	all       traces whoever has a number up to 1000, but itself
 *	sibling   has one child trace another, and write to its memory
 *	parent    has a child trace it, its parent, and stop it
 *	threads   has one thread trace another
 *	killed    has a child traced that is killed inside a call, and its tracer after it
 *
 * ok or violation: nothing but own_... may be ok, and nobody may hang.
 */
#include "common.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static long word = 1;

static long seize(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, 0, 0);
}

static long attach(pid_t pid)
{
	if (ptrace(PTRACE_ATTACH, pid, 0, 0))
		return -1;
	waitpid(pid, NULL, __WALL);
	return 0;
}

static long vm_read(pid_t pid)
{
	char data[8];
	struct iovec local = { data, sizeof data }, remote = { &word, sizeof data };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static long vm_write(pid_t pid)
{
	long data = 2;
	struct iovec local = { &data, sizeof data }, remote = { &word, sizeof data };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0);
}

static long take_descriptor(pid_t pid)
{
	int process = syscall(SYS_pidfd_open, pid, 0);

	return process < 0 ? -1 : syscall(SYS_pidfd_getfd, process, 0, 0);
}

static const struct {
	const char *name;
	long (*what)(pid_t);
} ways[] = { { "seize", seize }, { "attach", attach }, { "vm_read", vm_read }, { "vm_write", vm_write }, { "descriptor", take_descriptor } };

static void me(void)
{
	static const int signals[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTRAP, SIGCHLD, SIGURG, SIGWINCH };
	pid_t self = getpid();

	report("own_traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
	signal(SIGTRAP, SIG_IGN);
	if (fork_or_die() == 0) { /* where nobody lets us go on, this does */
		for (int i = 0; i < 100; i++) {
			sleep_ms(1);
			kill(self, SIGCONT);
		}
		_exit(0);
	}
	for (size_t i = 0; i < LENGTH(signals); i++)
		raise(signals[i]);
	while (wait(NULL) > 0)
		;
	printf("own_end=ok\n");
}

static void init(pid_t pid)
{
	for (size_t i = 0; i < LENGTH(ways); i++)
		ATTEMPT(ways[i].name, ways[i].what(pid));
}

static void everybody(void)
{
	long traced = 0, refused = 0;

	for (pid_t pid = 0; pid <= 1000; pid++) {
		if (pid == getpid())
			continue;
		if (seize(pid) == 0)
			traced++;
		else
			refused++;
	}
	errno = EPERM;
	report("anybody", traced ? 0 : -1);
	printf("refused=%ld\n", refused);
}

static void sibling(void)
{
	pid_t victim = fork_or_die();

	if (victim == 0)
		sleep_ms(0);
	for (size_t i = 0; i < LENGTH(ways); i++) {
		char name[64];

		snprintf(name, sizeof name, "own_%s", ways[i].name);
		ATTEMPT(name, ways[i].what(victim));
	}
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
}

static void parent(void)
{
	pid_t child = fork_or_die();

	if (child == 0) {
		pid_t victim = getppid();
		long returned = attach(victim);

		report("own_attach", returned);
		if (returned == 0)
			ptrace(PTRACE_DETACH, victim, 0, 0);
		_exit(0);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	printf("own_end=ok\n");
}

static void *trace_main(void *leader)
{
	report("own_thread", attach((pid_t)(long)leader));
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	if ((errno = pthread_create(&thread, NULL, trace_main, (void *)(long)getpid())))
		die("pthread_create");
	pthread_join(thread, NULL);
}

static void killed(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t victim = fork_or_die(), tracer;

		if (victim == 0)
			for (;;)
				close(open("/dev/null", O_RDONLY));
		tracer = fork_or_die();
		if (tracer == 0) {
			if (seize(victim) == 0)
				for (;;)
					if (waitpid(victim, NULL, __WALL) > 0)
						ptrace(PTRACE_SYSCALL, victim, 0, 0);
			_exit(0);
		}
		usleep(i * 100);
		kill(victim, SIGKILL);
		usleep(100);
		kill(tracer, SIGKILL);
		waitpid(victim, NULL, 0);
		waitpid(tracer, NULL, 0);
	}
	printf("own_end=ok\n");
}

int main(int argc, char **argv)
{
	prctl(PR_SET_PTRACER, -1L, 0, 0, 0);
	if (argc == 2 && mode(argc, argv, "me"))
		me();
	else if (argc == 2 && mode(argc, argv, "init"))
		init(1);
	else if (argc == 2 && mode(argc, argv, "all"))
		everybody();
	else if (argc == 2 && mode(argc, argv, "sibling"))
		sibling();
	else if (argc == 2 && mode(argc, argv, "parent"))
		parent();
	else if (argc == 2 && mode(argc, argv, "threads"))
		threads();
	else if (argc == 2 && mode(argc, argv, "killed"))
		killed();
	else
		usage("trace_others me | init | all | sibling | parent | threads | killed");
	return 0;
}
