/*
 * race_change KIND ALLOWED SECRET MILLISECONDS: tries for so long to have a file changed
 * that may not be, by swapping what a path in memory and a symlink mean while calls use
 * them. ALLOWED and SECRET are files in directories of their own.
 *
 *	memory    one thread rewrites the path
 *	symlink   one process swaps where a symlink in the working directory leads
 *
 * Reports done=COUNT and refused=COUNT: ok with the secret as it was, or violation.
 */
#include "common.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>

static const char *allowed, *secret;
static struct shared {
	char path[4096];
	atomic_long done, refused;
	atomic_int over;
} *shared;

static void count(long returned)
{
	if (returned >= 0)
		atomic_fetch_add(&shared->done, 1);
	else if (errno == EACCES)
		atomic_fetch_add(&shared->refused, 1);
}

static void *swap_memory(void *unused)
{
	for (unsigned turn = 0; !shared->over; turn++)
		strcpy(shared->path, turn % 2 ? secret : allowed);
	return unused;
}

static void swap_symlink(void)
{
	for (unsigned turn = 0; !shared->over; turn++) {
		unlink("temporary");
		if (symlink(turn % 2 ? secret : allowed, "temporary") == 0)
			rename("temporary", "link");
	}
}

static void change(const char *path)
{
	struct timeval times[2] = { { 1, 0 }, { 1, 0 } };
	int fd;

	count(truncate(path, 3));
	count(chmod(path, 0640));
	count(chown(path, getuid(), getgid()));
	count(utimes(path, times));
	count(setxattr(path, "user.changed", "x", 1, 0));
	fd = open(path, O_RDWR | O_CREAT, 0600);
	count(fd);
	if (fd >= 0) {
		count(write(fd, "changed", 7));
		close(fd);
	}
	fd = open(path, O_WRONLY | O_TRUNC);
	count(fd);
	if (fd >= 0)
		close(fd);
	count(link(path, "hard"));
	unlink("hard");
	if (!strcmp(path, "link")) /* what follows is about names, and that one is ours */
		return;
	count(rename(path, "moved"));
	rename("moved", allowed);
	count(unlink(path));
	close(open(allowed, O_WRONLY | O_CREAT, 0644));
}

int main(int argc, char **argv)
{
	long ms = number(argc, argv, 4, -1);
	long long end = read_clock(CLOCK_MONOTONIC) + ms * 1000000LL;
	int links = mode(argc, argv, "symlink");
	pthread_t thread;

	if (argc != 5 || (!links && !mode(argc, argv, "memory")))
		usage("race_change KIND ALLOWED SECRET MILLISECONDS");
	allowed = argv[2];
	secret = argv[3];
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	strcpy(shared->path, allowed);
	if (links && fork_or_die() == 0) {
		swap_symlink();
		_exit(0);
	}
	if (!links && (errno = pthread_create(&thread, NULL, swap_memory, NULL)))
		die("pthread_create");
	/* On a busy machine a few tries take long. */
	for (int i = 0; read_clock(CLOCK_MONOTONIC) < end || (i < 100000 && (shared->refused < 10 || shared->done < 10)); i++)
		change(links ? "link" : shared->path);
	shared->over = 1;
	while (wait(NULL) > 0)
		;
	printf("done=%ld\nrefused=%ld\n", shared->done, shared->refused);
	return 0;
}
