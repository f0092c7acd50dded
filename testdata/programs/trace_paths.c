/*
 * trace_paths [threads|fork]: the calls with paths that libc and programs make, with all
 * that can be said in their arguments, in a working directory of its own in which it may
 * write. Reports each, by name. With "threads" or "fork" another thread or process lives
 * beside, so that whoever supervises can't assume to be alone.
 *
 * ok, and the same report whoever looks on.
 */
#include "common.h"
#include <linux/openat2.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static long opened(long fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static void *nap(void *unused)
{
	sleep_ms(100000);
	return unused;
}

static void *other_end(void *unused)
{
	sleep_ms(20);
	report("fifo_write", opened(open("fifo", O_WRONLY)));
	return unused;
}

/* A path of that length, without the NUL: ././.../file */
static char *long_path(char *buffer, size_t length, const char *file)
{
	size_t i = 0;

	while (i + 2 + strlen(file) <= length) {
		memcpy(buffer + i, "./", 2);
		i += 2;
	}
	while (i + strlen(file) < length)
		buffer[i++] = '/';
	strcpy(buffer + i, file);
	return buffer;
}

static long open2(int dir, const char *path, unsigned long long flags, unsigned long long resolve, size_t size)
{
	struct open_how how[4] = { { .flags = flags, .resolve = resolve } };

	return opened(syscall(SYS_openat2, dir, path, how, size));
}

int main(int argc, char **argv)
{
	static char buffer[3 * 4096];
	struct stat st;
	struct statx stx;
	pthread_t thread;
	char *args[] = { "true", NULL };
	char *edge = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t beside = 0;
	int fd, dir, status;

	if (edge == MAP_FAILED || mprotect(edge + 4096, 4096, PROT_NONE))
		die("mmap");
	if (mode(argc, argv, "threads") && (errno = pthread_create(&thread, NULL, nap, NULL)))
		die("pthread_create");
	if (mode(argc, argv, "fork") && (beside = fork_or_die()) == 0)
		nap(NULL);

	report("mkdir", mkdir("d", 0755));
	report("create", opened(open("d/file", O_CREAT | O_WRONLY | O_TRUNC, 0644)));
	report("exclusive", opened(open("d/file", O_CREAT | O_EXCL | O_WRONLY, 0644)));
	report("symlink", symlink("d/file", "link"));
	report("loop", symlink("loop", "loop"));
	report("dangling", symlink("d/new", "dangling"));
	report("mkfifo", mkfifo("fifo", 0644));
	dir = open("d", O_RDONLY | O_DIRECTORY);
	fd = open("d/file", O_RDONLY);

	/* An int is 32 bits, whatever else is in the register. */
	report("upper_half", opened(syscall(SYS_openat, 0x7fffffff00000000L | (unsigned)AT_FDCWD, "d/file", O_RDONLY, 0)));
	report("zero_half", opened(syscall(SYS_openat, (unsigned long)(unsigned)AT_FDCWD, "d/file", O_RDONLY, 0)));
	report("flags_half", opened(syscall(SYS_openat, AT_FDCWD, "d/file", 0x5555555500000000L, 0)));
	report("dirfd", opened(openat(dir, "file", O_RDONLY)));
	report("dirfd_up", opened(openat(dir, "../d/file", O_RDONLY)));
	report("dirfd_file", opened(openat(fd, "file", O_RDONLY)));
	report("dirfd_bad", opened(openat(12345, "file", O_RDONLY)));
	report("dirfd_absolute", opened(openat(12345, "/dev/null", O_RDONLY)));
	report("through_link", opened(open("link", O_RDONLY)));
	report("no_follow", opened(open("link", O_RDONLY | O_NOFOLLOW)));
	report("path_only", opened(open("link", O_PATH | O_NOFOLLOW)));
	report("through_loop", opened(open("loop", O_RDONLY)));
	report("through_dangling", opened(open("dangling", O_RDONLY)));
	report("make_dangling", opened(open("dangling", O_RDWR | O_CREAT, 0600)));
	report("slash", opened(open("d/file/", O_RDONLY)));
	report("slash_directory", opened(open("d/", O_RDONLY)));
	report("not_directory", opened(open("d/file/x", O_RDONLY)));
	report("missing", opened(open("d/missing", O_RDONLY)));
	report("missing_directory", opened(open("no/missing", O_RDONLY)));
	report("write_directory", opened(open("d", O_WRONLY)));
	report("empty", opened(open("", O_RDONLY)));
	report("null", opened(syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY)));
	report("bad_pointer", opened(syscall(SYS_openat, AT_FDCWD, 1L, O_RDONLY)));
	report("kernel_pointer", opened(syscall(SYS_openat, AT_FDCWD, 0xffffffffff600000L, O_RDONLY)));
	report("tmpfile", opened(open("d", O_TMPFILE | O_RDWR, 0600)));
	report("bad_flags", opened(open("d/file", O_RDONLY | O_TMPFILE)));
	report("own_exe", opened(open("/proc/self/exe", O_RDONLY)));
	report("own_fd", opened((snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", fd), open(buffer, O_RDONLY))));
	report("own_status", opened((snprintf(buffer, sizeof buffer, "/proc/%d/status", (int)getpid()), open(buffer, O_RDONLY))));
	report("thread_self", opened(open("/proc/thread-self/stat", O_RDONLY)));

	report("4095", opened(open(long_path(buffer, 4095, "d/file"), O_RDONLY)));
	report("4096", opened(open(long_path(buffer, 4096, "d/file"), O_RDONLY)));
	report("8000", opened(open(long_path(buffer, 8000, "d/file"), O_RDONLY)));
	memset(edge, '/', 4096);
	report("no_end", opened(open(edge, O_RDONLY)));
	report("no_end_soon", opened(open(edge + 4090, O_RDONLY)));
	memcpy(edge + 4096 - 7, "d/file", 7);
	report("at_the_edge", opened(open(edge + 4096 - 7, O_RDONLY)));
	memset(buffer, 'a', 256);
	buffer[256] = 0;
	report("long_name", opened(open(buffer, O_RDONLY)));

	report("fstatat", fstatat(AT_FDCWD, "link", &st, 0));
	report("fstatat_link", fstatat(AT_FDCWD, "link", &st, AT_SYMLINK_NOFOLLOW));
	report("fstatat_empty", fstatat(fd, "", &st, AT_EMPTY_PATH));
	report("fstatat_empty_cwd", fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	report("fstatat_empty_bad", fstatat(12345, "", &st, AT_EMPTY_PATH));
	report("fstatat_without", fstatat(fd, "", &st, 0));
	report("fstatat_null", syscall(SYS_newfstatat, fd, NULL, &st, AT_EMPTY_PATH));
	report("fstatat_flags", fstatat(AT_FDCWD, "link", &st, 0x10000000));
	report("statx", statx(AT_FDCWD, "d/file", 0, STATX_ALL, &stx));
	report("statx_empty", statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &stx));
	report("statx_null", syscall(SYS_statx, fd, NULL, AT_EMPTY_PATH, STATX_ALL, &stx));
	report("access", access("d/file", R_OK));
	report("access_missing", access("d/missing", F_OK));
	report("faccessat2", syscall(SYS_faccessat2, AT_FDCWD, "link", R_OK, AT_SYMLINK_NOFOLLOW));
	report("faccessat2_empty", syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH));
	report("readlink", readlink("link", buffer, 100) < 0 ? -1 : 0);
	report("readlink_file", readlink("d/file", buffer, 100) < 0 ? -1 : 0);
	report("readlink_exe", readlink("/proc/self/exe", buffer, 4096) < 0 ? -1 : 0);
	report("openat2", open2(AT_FDCWD, "d/file", O_RDONLY, 0, 24));
	report("openat2_beneath", open2(dir, "../link", O_RDONLY, RESOLVE_BENEATH, 24));
	report("openat2_root", open2(dir, "/file", O_RDONLY, RESOLVE_IN_ROOT, 24));
	report("openat2_links", open2(AT_FDCWD, "link", O_RDONLY, RESOLVE_NO_SYMLINKS, 24));
	report("openat2_larger", open2(AT_FDCWD, "d/file", O_RDONLY, 0, 48));
	report("openat2_smaller", open2(AT_FDCWD, "d/file", O_RDONLY, 0, 16));
	report("openat2_huge", open2(AT_FDCWD, "d/file", O_RDONLY, 0, 1 << 20));
	report("openat2_null", opened(syscall(SYS_openat2, AT_FDCWD, "d/file", NULL, 24)));

	report("chdir", chdir("d"));
	report("after_chdir", opened(open("file", O_RDONLY)));
	report("fchdir", fchdir(dir));
	report("up", chdir(".."));
	report("unlink", unlink("d/new"));
	report("unlink_link", unlink("link"));
	report("rmdir_full", unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
	report("exec_missing", execv("missing", args));
	report("exec_data", execv("d/file", args));

	if ((errno = pthread_create(&thread, NULL, other_end, NULL)))
		die("pthread_create");
	report("fifo_read", opened(open("fifo", O_RDONLY)));
	pthread_join(thread, NULL);
	if (beside) {
		kill(beside, SIGKILL);
		waitpid(beside, &status, 0);
	}
	return 0;
}
