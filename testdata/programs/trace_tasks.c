/*
 * trace_tasks KIND N: makes many processes or threads, which all open a file.
 *
 *	tree      N processes, each the parent of at most three others
 *	threads   N threads at once
 *	short     N threads, one after the other, eight at a time
 *	spawn     posix_spawn of this program, N times
 *	vfork     the same by vfork, two at a time
 *	leader    the first thread ends, N others go on
 *	exec      a thread that isn't the first executes this program, while N others open files
 *
 * Reports done=N. ok.
 */
#include "common.h"
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/auxv.h>

extern char **environ;
static atomic_long done;
static long total;

static void touch(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("/dev/null");
	close(fd);
}

static void *worker(void *unused)
{
	touch();
	done++;
	return unused;
}

static pthread_t start(void *(*what)(void *), void *argument)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, what, argument);
	if (errno)
		die("pthread_create");
	return thread;
}

static const char *self(void) { return (const char *)getauxval(AT_EXECFN); }

/* The exit code is how many there were below, and oneself. */
static long tree(long n)
{
	long count = 1, left = n - 1;

	touch();
	for (int i = 0; i < 3 && left > 0; i++) {
		long part = (left + 2 - i) / (3 - i);
		int pipes[2];
		long below = 0;

		if (pipe(pipes))
			die("pipe");
		if (fork_or_die() == 0) {
			below = tree(part);
			write_all(pipes[1], (char *)&below, sizeof below);
			_exit(0);
		}
		close(pipes[1]);
		if (read(pipes[0], &below, sizeof below) != sizeof below)
			die("read");
		close(pipes[0]);
		wait(NULL);
		count += below;
		left -= part;
	}
	return count;
}

/* A child that lives in our memory, and in which another does. */
static __attribute__((noinline)) void nested(char **args)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		touch();
		if (vfork() == 0) {
			execve(self(), args, environ);
			_exit(1);
		}
		_exit(wait(&status) > 0 ? status : 1);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("vfork");
}

static void *outlive(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	while (done < total)
		sleep_ms(1);
	printf("done=%ld\n", (long)done);
	fflush(stdout);
	_exit(0);
}

static void *open_on(void *unused)
{
	for (;;)
		touch();
	return unused;
}

static void *execute(void *unused)
{
	char *args[] = { "trace_tasks", "done", "1", NULL };

	sleep_ms(20);
	execve(self(), args, environ);
	die("execve");
	return unused;
}

int main(int argc, char **argv)
{
	static pthread_t threads[8], leader;
	long n = total = number(argc, argv, 2, 0);
	char *args[] = { "trace_tasks", "touch", "1", NULL };

	if (argc != 3)
		usage("trace_tasks KIND N");
	if (mode(argc, argv, "touch")) {
		touch();
		return 0;
	} else if (mode(argc, argv, "done")) {
		done = n;
	} else if (mode(argc, argv, "tree")) {
		done = tree(n);
	} else if (mode(argc, argv, "threads")) {
		pthread_t *all = calloc(n, sizeof *all);

		for (long i = 0; i < n; i++)
			all[i] = start(worker, NULL);
		for (long i = 0; i < n; i++)
			pthread_join(all[i], NULL);
	} else if (mode(argc, argv, "short")) {
		for (long i = 0; i < n; i++) {
			if (i >= 8)
				pthread_join(threads[i % 8], NULL);
			threads[i % 8] = start(worker, NULL);
		}
		for (long i = 0; i < 8 && i < n; i++)
			pthread_join(threads[i], NULL);
	} else if (mode(argc, argv, "spawn")) {
		for (long i = 0; i < n; i++) {
			pid_t pid;
			int status;

			if ((errno = posix_spawn(&pid, self(), NULL, NULL, args, environ)))
				die("posix_spawn");
			if (waitpid(pid, &status, 0) != pid || status)
				die("child");
			done++;
		}
	} else if (mode(argc, argv, "vfork")) {
		for (long i = 0; i < n; i += 2) {
			nested(args);
			done += 2;
		}
	} else if (mode(argc, argv, "leader")) {
		leader = pthread_self();
		for (long i = 0; i < n; i++)
			start(worker, NULL);
		start(outlive, &leader);
		pthread_exit(NULL);
	} else if (mode(argc, argv, "exec")) {
		for (long i = 0; i < n; i++)
			start(open_on, NULL);
		start(execute, NULL);
		pause();
	} else {
		usage("trace_tasks KIND N");
	}
	while (wait(NULL) > 0)
		;
	printf("done=%ld\n", (long)done);
	return 0;
}
