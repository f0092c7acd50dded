/*
 * process_daemon hold|close|ignore|stop|chatter|hop [SECONDS]: the first process exits 0 at
 * once and leaves a daemon behind: a grandchild in a session of its own, for that long (60).
 * It holds stdout and stderr open ("hold"), closes all descriptors ("close"), blocks and
 * ignores every signal there is ("ignore"), stops itself ("stop"), prints without end
 * ("chatter"), or forks and exits over and over, so that it has another pid whenever one
 * looks ("hop").
 *
 * ok, without waiting for the daemon, which is dead when the run is. "chatter" may be an
 * output_limit.
 */
#include "common.h"

static void ignore_all(void)
{
	sigset_t all;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void hop(long ms)
{
	long long end = read_clock(CLOCK_MONOTONIC) + ms * 1000000LL;

	signal(SIGCHLD, SIG_IGN);
	while (read_clock(CLOCK_MONOTONIC) < end)
		if (fork() > 0)
			_exit(0);
}

static void chatter(long ms)
{
	long long end = read_clock(CLOCK_MONOTONIC) + ms * 1000000LL;

	while (read_clock(CLOCK_MONOTONIC) < end)
		write_all(STDOUT_FILENO, "still here\n", 11);
}

int main(int argc, char **argv)
{
	static const char *const modes[] = { "hold", "close", "ignore", "stop", "chatter", "hop" };
	long ms = 1000 * number(argc, argv, 2, 60);
	int ready[2], known = 0;
	char byte;

	for (size_t i = 0; i < LENGTH(modes); i++)
		known |= mode(argc, argv, modes[i]);
	if (!known || ms == 0)
		usage("process_daemon hold|close|ignore|stop|chatter|hop [SECONDS]");
	if (pipe(ready))
		die("pipe");
	if (fork_or_die() == 0) {
		setsid();
		if (fork_or_die() != 0)
			_exit(0);
		if (mode(argc, argv, "ignore"))
			ignore_all();
		write_all(ready[1], "r", 1);
		if (mode(argc, argv, "close"))
			for (int fd = 0; fd < 1024; fd++)
				close(fd);
		close(ready[1]);
		if (mode(argc, argv, "stop"))
			raise(SIGSTOP);
		if (mode(argc, argv, "chatter"))
			chatter(ms);
		if (mode(argc, argv, "hop"))
			hop(ms);
		sleep_ms(ms);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) < 0)
		die("read");
	return 0;
}
