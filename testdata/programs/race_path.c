/*
 * race_path KIND ALLOWED SECRET MILLISECONDS: tries for so long to have a file opened that
 * may not be, by changing what a call means between its check and its use. In ALLOWED and
 * SECRET the same number of bytes can be read; what the secret's are shows in the report.
 *
 *	threads   four threads: two open a path that two others keep rewriting
 *	shared    the same, with two processes and a shared mapping
 *	symlink   one process swaps where a symlink in the working directory leads
 *	rename    one process swaps a directory on the way
 *	cwd       one thread changes the directory, between those of the two files
 *	cwdtask   the same with a task that shares the directory alone (CLONE_FS)
 *	dirfd     one thread swaps the descriptor of the directory
 *	dirtask   the same with a task that shares descriptors alone (CLONE_FILES)
 *	exec      a thread executes a path that others keep rewriting
 *	fault     the path is in memory whose pages come from another thread (userfaultfd)
 *	steal     a thread reads from descriptors that others are about to open
 *
 * Reports opened=COUNT, refused=COUNT and leaked=COUNT: ok with leaked=0, or violation.
 */
#include "common.h"
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static const char *kind, *allowed, *secret;
static char secret_dir[4096], allowed_dir[4096];
static const char *name;
static char here[4096];

static struct shared {
	char path[4096];
	atomic_long opened, refused, leaked;
	atomic_int over;
	int directory;
} *shared;

static int is(const char *what) { return !strcmp(kind, what); }

/* The file is the secret if it says so. */
static void look(int fd)
{
	char data[6] = "";

	if (fd < 0) {
		atomic_fetch_add(&shared->refused, 1);
		return;
	}
	if (pread(fd, data, sizeof data, 0) == sizeof data && !memcmp(data, "SECRET", 6))
		atomic_fetch_add(&shared->leaked, 1);
	else
		atomic_fetch_add(&shared->opened, 1);
	close(fd);
}

static void open_one(void)
{
	if (is("threads") || is("shared") || is("fault") || is("steal"))
		look(open(shared->path, O_RDONLY));
	else if (is("symlink"))
		look(open("link", O_RDONLY));
	else if (is("rename"))
		look(open("dir/data", O_RDONLY));
	else if (is("cwd") || is("cwdtask"))
		look(open(name, O_RDONLY));
	else
		look(openat(shared->directory, name, O_RDONLY));
}

static void *open_many(void *unused)
{
	(void)unused;
	while (!shared->over)
		open_one();
	return NULL;
}

static void swap_one(unsigned turn)
{
	const char *target = turn % 2 ? secret : allowed;
	const char *directory = turn % 2 ? secret_dir : allowed_dir;
	char temporary[64];

	if (is("threads") || is("shared") || is("fault") || is("steal") || is("exec")) {
		/* In place, so that what is read halfway is a path of neither, or of one. */
		memcpy(shared->path, target, strlen(target) + 1);
	} else if (is("symlink")) {
		snprintf(temporary, sizeof temporary, "link.%d", (int)getpid());
		unlink(temporary);
		if (symlink(target, temporary) == 0)
			rename(temporary, "link");
	} else if (is("rename")) {
		syscall(SYS_renameat2, AT_FDCWD, "dir", AT_FDCWD, "other", 2 /* RENAME_EXCHANGE */);
	} else if (is("cwd") || is("cwdtask")) {
		if (chdir(directory))
			die(directory);
	} else {
		int fd = open(directory, O_PATH | O_DIRECTORY);

		if (fd >= 0) {
			dup2(fd, shared->directory);
			close(fd);
		}
	}
}

static void *swap_many(void *unused)
{
	(void)unused;
	for (unsigned turn = 0; !shared->over; turn++)
		swap_one(turn);
	return NULL;
}

static void *steal_many(void *unused)
{
	char data[6];

	(void)unused;
	while (!shared->over)
		for (int fd = 3; fd < 12; fd++)
			if (pread(fd, data, sizeof data, 0) == sizeof data && !memcmp(data, "SECRET", 6))
				atomic_fetch_add(&shared->leaked, 1);
	return NULL;
}

static int task(void *what)
{
	((void *(*)(void *))what)(NULL);
	_exit(0);
}

/* A process that shares no memory with us, but what flags say. */
static void start_task(int flags, void *(*what)(void *))
{
	char *stack = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED || clone(task, stack + MIB, flags | SIGCHLD, (void *)what) < 0)
		die("clone");
}

static void start_thread(void *(*what)(void *))
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, what, NULL);
	if (errno)
		die("pthread_create");
}

/*
 * A page that is missing: whoever reads it waits until we say what is in it, once for who
 * checks and once for who uses.
 */
static void *answer_faults(void *argument)
{
	int fd = (int)(long)argument;
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffd_msg message;

	for (unsigned turn = 0; read(fd, &message, sizeof message) == sizeof message; turn++) {
		struct uffdio_copy copy = { .dst = message.arg.pagefault.address & ~4095UL, .src = (unsigned long)page, .len = 4096 };

		strcpy(page, turn % 2 ? secret : allowed);
		ioctl(fd, UFFDIO_COPY, &copy);
	}
	return NULL;
}

static void *drop_pages(void *path)
{
	while (!shared->over)
		madvise(path, 4096, MADV_DONTNEED);
	return NULL;
}

static void fault(void)
{
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .range = { (unsigned long)path, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	pthread_t thread;

	if (fd < 0) /* then for faults in user mode only, which is no attack */
		fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &area))
		die("userfaultfd");
	pthread_create(&thread, NULL, answer_faults, (void *)(long)fd);
	pthread_create(&thread, NULL, drop_pages, path);
	while (!shared->over)
		look(open(path, O_RDONLY));
}

/* Executes the path in children, which print what they are. */
static void *exec_many(void *unused)
{
	(void)unused;
	while (!shared->over) {
		char *args[] = { "race_path", "child", NULL };
		int status;
		pid_t pid = vfork();

		if (pid == 0) {
			execv(shared->path, args);
			_exit(1);
		}
		if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
			int code = WEXITSTATUS(status);

			atomic_fetch_add(code == 0 ? &shared->opened : code == 1 ? &shared->refused : &shared->leaked, 1);
		}
	}
	return NULL;
}

static void *time_out(void *ms)
{
	sleep_ms((long)ms);
	/* On a busy machine a few tries take long. */
	for (int i = 0; i < 1000 && (shared->opened < 10 || (shared->refused < 10 && shared->leaked == 0)); i++)
		sleep_ms(10);
	shared->over = 1;
	return NULL;
}

static void split(const char *path, char *directory)
{
	strcpy(directory, path);
	*strrchr(directory, '/') = 0;
	name = strrchr(path, '/') + 1;
}

int main(int argc, char **argv)
{
	long ms = number(argc, argv, 4, -1);
	pthread_t clock;

	if (argc != 5 || strlen(argv[2]) > 4000 || strlen(argv[3]) > 4000 || !strchr(argv[2], '/') || !strchr(argv[3], '/'))
		usage("race_path KIND ALLOWED SECRET MILLISECONDS");
	kind = argv[1];
	allowed = argv[2];
	secret = argv[3];
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || !getcwd(here, sizeof here))
		die("start");
	split(secret, secret_dir);
	split(allowed, allowed_dir);
	strcpy(shared->path, allowed);
	errno = pthread_create(&clock, NULL, time_out, (void *)ms);
	if (errno)
		die("pthread_create");
	if (is("threads")) {
		start_thread(swap_many);
		start_thread(swap_many);
		start_thread(open_many);
	} else if (is("steal")) {
		start_thread(swap_many);
		start_thread(steal_many);
		start_thread(open_many);
	} else if (is("shared") || is("symlink") || is("rename")) {
		start_task(0, swap_many);
	} else if (is("cwd")) {
		start_thread(swap_many);
	} else if (is("cwdtask")) {
		start_task(CLONE_FS, swap_many);
	} else if (is("dirfd") || is("dirtask")) {
		shared->directory = open(allowed_dir, O_PATH | O_DIRECTORY);
		if (shared->directory < 0)
			die(allowed_dir);
		if (is("dirfd"))
			start_thread(swap_many);
		else
			start_task(CLONE_FILES, swap_many);
	} else if (is("exec")) {
		start_thread(swap_many);
	} else if (!is("fault")) {
		usage("race_path KIND ALLOWED SECRET MILLISECONDS");
	}
	if (is("fault"))
		fault();
	else if (is("exec"))
		exec_many(NULL);
	else
		open_many(NULL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	printf("opened=%ld\nrefused=%ld\nleaked=%ld\n", shared->opened, shared->refused, shared->leaked);
	return 0;
}
