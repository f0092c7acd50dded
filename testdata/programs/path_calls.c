/*
 * path_calls: makes every call that takes a path, in the working directory, which must be
 * empty, with arguments that are right, odd and wrong, and reports for each what it
 * returned and, where a file came of it, what that is.
 *
 * ok. The report is the same wherever it runs.
 */
#include "common.h"
#include <dirent.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

static char end_of_page[8192] __attribute__((aligned(4096)));
static int directory;

/* A descriptor is reported by what it is open for, and closed. */
static void opened(const char *name, int fd)
{
	struct stat st;

	if (fd < 0) {
		report(name, fd);
		return;
	}
	if (fstat(fd, &st))
		die("fstat");
	printf("%s=mode %o uid %d gid %d size %lld links %d flags %o cloexec %d\n", name, st.st_mode, st.st_uid, st.st_gid,
	       S_ISREG(st.st_mode) ? (long long)st.st_size : 0, (int)st.st_nlink,
	       fcntl(fd, F_GETFL) & ~O_NOFOLLOW, fcntl(fd, F_GETFD));
	fflush(stdout);
	close(fd);
}

static void looked(const char *name, long returned, struct stat *st)
{
	if (returned)
		report(name, returned);
	else
		printf("%s=mode %o uid %d gid %d size %lld links %d\n", name, st->st_mode, st->st_uid, st->st_gid,
		       S_ISDIR(st->st_mode) ? 0 : (long long)st->st_size, (int)st->st_nlink);
	fflush(stdout);
	memset(st, 0x5a, sizeof *st);
}

#define OPEN(...) opened("open " #__VA_ARGS__, open(__VA_ARGS__))
#define OPENAT(...) opened("openat " #__VA_ARGS__, syscall(SYS_openat, __VA_ARGS__))
#define CALL(call, ...) report(#call " " #__VA_ARGS__, syscall(SYS_##call, __VA_ARGS__))
#define DO(expression) report(#expression, expression)

static void opens(void)
{
	static char longest[PATH_MAX + 10];
	char *path;
	struct { struct open_how how; char more[8]; } how = { .how = { .flags = O_RDONLY } };
	long upper = (long)0xabcdef0100000000;

	umask(027);
	OPEN("file", O_RDONLY);
	OPEN("file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	umask(0);
	OPEN("wide", O_RDWR | O_CREAT, 06777);
	umask(022);
	OPEN("file", O_WRONLY | O_CREAT | O_EXCL, 0666);
	OPEN("file", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
	opened("creat", creat("created", 0640));
	DO(mkdir("dir", 0777));
	DO(mkdir("dir/sub/", 0700));
	DO(mkdir("dir", 0700));
	DO(mkdir("none/dir", 0700));
	DO(mkdir("/", 0700));
	DO(mkdir(".", 0700));
	DO(symlink("file", "link"));
	DO(symlink("dir", "todir"));
	DO(symlink("nowhere", "dangling"));
	DO(symlink("loop", "loop"));
	DO(symlink("", "empty"));
	DO(symlink("x", "link"));
	DO(mkfifo("fifo", 0666));
	DO(mknod("plain", S_IFREG | 0600, 0));
	DO(mknod("null", S_IFCHR | 0600, makedev(1, 3)));
	directory = open("dir", O_PATH | O_DIRECTORY);
	OPEN("file", O_RDONLY | O_NONBLOCK);
	OPEN("file", O_RDONLY | O_DIRECTORY);
	OPEN("file/", O_RDONLY);
	OPEN("link", O_RDONLY);
	OPEN("link", O_RDONLY | O_NOFOLLOW);
	OPEN("link", O_PATH | O_NOFOLLOW);
	OPEN("link", O_RDONLY | O_CREAT | O_EXCL, 0600);
	OPEN("link", O_WRONLY | O_CREAT, 0600);
	OPEN("loop", O_RDONLY);
	OPEN("dangling", O_RDONLY);
	OPEN("dangling", O_WRONLY | O_CREAT, 0604);
	OPEN("nowhere", O_RDONLY);
	OPEN("todir/sub", O_RDONLY);
	OPEN("todir/", O_RDONLY | O_DIRECTORY);
	OPEN("todir", O_RDONLY | O_NOFOLLOW);
	OPEN("dir", O_WRONLY);
	OPEN("dir", O_RDONLY | O_CREAT, 0600);
	OPEN("new/", O_RDONLY | O_CREAT, 0600);
	OPEN("dir/", O_PATH | O_CLOEXEC);
	OPEN("dir/../file", O_RDONLY);
	OPEN("none/../file", O_RDONLY);
	OPEN("file/..", O_RDONLY);
	OPEN("", O_RDONLY);
	OPEN("fifo", O_RDONLY | O_NONBLOCK);
	OPEN("fifo", O_WRONLY | O_NONBLOCK);
	OPEN("fifo", O_RDWR);
	OPEN(".", O_TMPFILE | O_RDWR, 0640);
	OPEN("file", O_TMPFILE | O_RDWR, 0640);
	OPEN(".", O_TMPFILE | O_RDONLY, 0640);
	OPEN("file", O_NOATIME);
	OPEN("/dev/null", O_RDWR);
	OPEN("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);
	OPEN("/etc", O_RDONLY | O_DIRECTORY);
	OPEN("/", O_RDONLY);
	OPEN("/proc/self/status", O_RDONLY);
	OPEN("/proc/thread-self/status", O_RDONLY);
	OPEN("/proc/self/mem", O_RDWR);
	OPEN("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	OPEN("/proc/self/fd/987", O_RDONLY);
	OPEN("/dev/fd/1", O_PATH);
	OPEN("/proc/self/exe", O_PATH);
	OPEN("/proc/self/cwd/file", O_RDONLY);
	OPEN("/proc/self/root/etc", O_PATH);
	OPEN("/proc/mounts", O_RDONLY);
	OPENAT(upper | (unsigned)AT_FDCWD, "file", O_RDONLY);
	OPENAT(upper | directory, "sub", upper | O_RDONLY);
	OPENAT(directory, "../file", O_RDONLY);
	OPENAT(-1, "file", O_RDONLY);
	OPENAT(9999, "file", O_RDONLY);
	OPENAT(-1, "/dev/null", O_RDONLY);
	OPENAT(AT_FDCWD, NULL, O_RDONLY);
	OPENAT(AT_FDCWD, 1, O_RDONLY);
	OPENAT(AT_FDCWD, -1L, O_RDONLY);
	OPENAT(AT_FDCWD, "file", -1);
	OPENAT(AT_FDCWD, "file", O_RDONLY | O_CREAT | O_DIRECTORY, 0600);

	memset(longest, '/', sizeof longest);
	memcpy(longest + PATH_MAX - 5, "file", 5);
	opened("4095 bytes", open(longest, O_RDONLY));
	memset(longest, '/', sizeof longest);
	memcpy(longest + PATH_MAX - 4, "file", 5);
	opened("4096 bytes", open(longest, O_RDONLY));
	memset(longest, 'x', sizeof longest);
	opened("no end", open(longest, O_RDONLY));
	longest[256] = 0;
	opened("256 bytes", open(longest, O_RDONLY));
	longest[255] = 0;
	opened("255 bytes", open(longest, O_RDONLY));
	path = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(path + 4096, 4096, PROT_NONE);
	memset(path, 'x', 4096);
	opened("into nothing", open(path + 4000, O_RDONLY));
	memcpy(path + 4096 - 5, "file", 5);
	opened("up to nothing", open(path + 4096 - 5, O_RDONLY));
	memcpy(end_of_page + 4094, "file", 5);
	opened("over a page", open(end_of_page + 4094, O_RDONLY));

#define OPEN2(name, size, ...) (how.how = (struct open_how){ __VA_ARGS__ }, \
	opened("openat2 " name " " #__VA_ARGS__, syscall(SYS_openat2, AT_FDCWD, name, &how, (long)(size))))
	OPEN2("file", sizeof how.how, .flags = O_RDONLY | O_CLOEXEC);
	OPEN2("file", sizeof how.how, .flags = O_RDONLY, .mode = 0600);
	OPEN2("file", sizeof how.how, .flags = 1L << 40);
	OPEN2("file", sizeof how.how, .resolve = 1L << 40);
	OPEN2("file", 0, .flags = 0);
	OPEN2("file", 23, .flags = 0);
	OPEN2("file", 32, .flags = 0);
	OPEN2("file", 1 << 20, .flags = 0);
	OPEN2("file", -1, .flags = 0);
	how.more[3] = 1;
	OPEN2("file", 32, .flags = 0);
	OPEN2("link", sizeof how.how, .resolve = RESOLVE_NO_SYMLINKS);
	OPEN2("link", sizeof how.how, .resolve = RESOLVE_BENEATH);
	OPEN2("../x", sizeof how.how, .resolve = RESOLVE_BENEATH);
	OPEN2("/file", sizeof how.how, .resolve = RESOLVE_BENEATH);
	OPEN2("/../file", sizeof how.how, .resolve = RESOLVE_IN_ROOT);
	OPEN2("/dir/in", sizeof how.how, .flags = O_CREAT | O_WRONLY, .mode = 0600, .resolve = RESOLVE_IN_ROOT);
	OPEN2("dir/in", sizeof how.how, .flags = O_RDONLY, .resolve = RESOLVE_BENEATH | RESOLVE_IN_ROOT);
	OPEN2("/proc/self/exe", sizeof how.how, .flags = O_PATH, .resolve = RESOLVE_NO_MAGICLINKS);
	OPEN2("file", sizeof how.how, .resolve = RESOLVE_NO_XDEV);
	CALL(openat2, AT_FDCWD, "file", NULL, sizeof how.how);
	CALL(openat2, AT_FDCWD, "file", -8L, sizeof how.how);
}

static void looks(void)
{
	struct stat st;
	struct statx stx;
	struct statfs sf;
	char text[64] = "", name[64];
	int fd = open("file", O_RDWR), link = open("link", O_PATH | O_NOFOLLOW), pipes[2];
	ssize_t n;

#define LOOK(...) looked(#__VA_ARGS__, __VA_ARGS__, &st)
#define AT(...) looked("newfstatat " #__VA_ARGS__, syscall(SYS_newfstatat, __VA_ARGS__), &st)
	LOOK(stat("link", &st));
	LOOK(lstat("link", &st));
	LOOK(lstat("link/", &st));
	LOOK(lstat("todir/", &st));
	LOOK(stat("none", &st));
	LOOK(stat("", &st));
	LOOK(stat("/dev/null", &st));
	LOOK(stat("/proc/self/exe", &st));
	LOOK(lstat("/proc/self/fd/0", &st));
	AT(AT_FDCWD, "file", &st, 0);
	AT(fd, "", &st, AT_EMPTY_PATH);
	AT(AT_FDCWD, "", &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	AT(link, "", &st, AT_EMPTY_PATH);
	AT(directory, "in", &st, 0x80000);
	AT(fd, "in", &st, 0);
	AT(AT_FDCWD, "file", NULL, 0);
	AT(AT_FDCWD, "file", 8, 0);
	AT(AT_FDCWD, NULL, &st, 0);
	if (pipe(pipes))
		die("pipe");
	AT(pipes[0], "", &st, AT_EMPTY_PATH);
	CALL(statx, AT_FDCWD, "file", 0, STATX_BASIC_STATS, &stx);
	printf("statx=%o %d %lld\n", stx.stx_mode, stx.stx_uid, (long long)stx.stx_size);
	CALL(statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx);
	CALL(statx, AT_FDCWD, "file", 0, 1u << 31, &stx);
	CALL(statx, AT_FDCWD, "file", 0x6000, STATX_BASIC_STATS, &stx);
	CALL(statx, AT_FDCWD, "file", 1, STATX_BASIC_STATS, &stx);
	CALL(statx, AT_FDCWD, "file", 0, STATX_BASIC_STATS, 8);
	DO(statfs(".", &sf));
	printf("statfs=%lx\n", (long)sf.f_type);
	DO(statfs("none", &sf));
#define READLINK(path, size) do { n = readlink(path, text, size); if (n < 0) report("readlink " path, n); \
		else printf("readlink %s=%.*s\n", path, (int)n, text); } while (0)
	READLINK("link", sizeof text);
	READLINK("link", 2);
	READLINK("link", 0);
	READLINK("file", sizeof text);
	READLINK("none", sizeof text);
	READLINK("link/", sizeof text);
	READLINK("todir/", sizeof text);
	CALL(readlinkat, link, "", text, 64);
	CALL(readlinkat, fd, "", text, 64);
	CALL(readlinkat, AT_FDCWD, "link", 8, 64);
	n = readlink("/proc/self", text, sizeof text);
	printf("proc/self is %s\n", n > 0 && (pid_t)atoi(text) == getpid() ? "mine" : "another's");
	n = readlink("/proc/thread-self", text, sizeof text);
	snprintf(name, sizeof name, "%d/task/%ld", getpid(), syscall(SYS_gettid));
	printf("proc/thread-self is %s\n", n > 0 && !strncmp(name, text, n) ? "mine" : "another's");
	snprintf(name, sizeof name, "/proc/self/fd/%d", pipes[0]);
	n = readlink(name, text, sizeof text);
	printf("a pipe is called %.5s\n", n > 0 ? text : "nothing");
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	printf("a file has a name of %s\n", readlink(name, text, sizeof text) > 0 ? "its own" : "none");
	opened("open it again", open(name, O_RDONLY));
	snprintf(name, sizeof name, "/proc/%d/fd/%d", getpid(), fd);
	opened("open it again by pid", open(name, O_RDONLY));
	DO(access("file", F_OK));
	DO(access("file", R_OK | W_OK));
	DO(access("file", X_OK));
	DO(access("wide", R_OK | W_OK | X_OK));
	DO(access("none", F_OK));
	DO(access("/etc/passwd", W_OK));
	DO(access("file", 9));
	CALL(faccessat2, AT_FDCWD, "link", R_OK, AT_SYMLINK_NOFOLLOW);
	CALL(faccessat2, fd, "", R_OK, AT_EMPTY_PATH | AT_EACCESS);
	CALL(faccessat2, AT_FDCWD, "file", R_OK, 1);
	DO(chdir("dir"));
	DO(chdir("none"));
	OPEN("in", O_RDONLY);
	DO(chdir(".."));
	n = inotify_init1(IN_NONBLOCK);
	DO(inotify_add_watch(n, "dir", IN_CREATE));
	DO(inotify_add_watch(n, "none", IN_CREATE));
	DO(inotify_add_watch(fd, "dir", IN_CREATE));
	close(open("dir/seen", O_CREAT | O_WRONLY, 0600));
	printf("watched=%d\n", read(n, end_of_page, sizeof end_of_page) > 0);
	close(n);
	close(fd);
	close(link);
}

static void changes(void)
{
	struct timespec times[2] = { { 1000, 5 }, { 2000, 7 } };
	struct timeval old[2] = { { 3000, 6 }, { 4000, 8 } };
	struct utimbuf older = { 5000, 6000 };
	struct stat st;
	int fd = open("file", O_RDWR);
	char value[16];

#define TIMES() (stat("file", &st), printf("times=%ld.%09ld %ld.%09ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, \
	(long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec))
	DO(utimensat(AT_FDCWD, "file", times, 0));
	TIMES();
	CALL(utimensat, fd, NULL, times, 0);
	CALL(utimensat, AT_FDCWD, NULL, times, 0);
	CALL(utimensat, fd, NULL, times, AT_SYMLINK_NOFOLLOW);
	CALL(utimensat, AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW);
	CALL(utimensat, AT_FDCWD, "file", 8, 0);
	CALL(utimensat, AT_FDCWD, "file", NULL, 0);
	DO(utimes("file", old));
	TIMES();
	old[0].tv_usec = 1000000;
	DO(utimes("file", old));
	DO(utime("file", &older));
	TIMES();
	DO(utime("none", &older));
	DO(chmod("file", 0604));
	DO(chmod("link", 0624));
	DO(chmod("none", 0604));
	if (geteuid() != 0) /* root could */
		DO(chmod("/etc/passwd", 0666));
	LOOK(stat("file", &st));
	DO(chown("file", -1, -1));
	DO(chown("file", getuid(), getgid()));
	DO(lchown("link", getuid(), -1));
	DO(chown("file", 1, 1));
	CALL(fchownat, fd, "", getuid(), getgid(), AT_EMPTY_PATH);
	DO(truncate("file", 100));
	DO(truncate("file", -1));
	DO(truncate("dir", 1));
	DO(truncate("none", 1));
	if (geteuid() != 0)
		DO(truncate("/etc/passwd", 1));
	LOOK(stat("link", &st));
	DO(setxattr("file", "user.x", "value", 5, 0));
	DO(setxattr("file", "user.x", "value", 5, XATTR_CREATE));
	DO(setxattr("file", "trusted.x", "value", 5, 0));
	DO(setxattr("file", "", "value", 5, 0));
	DO(getxattr("link", "user.x", value, sizeof value) == 5 ? 0 : -1);
	DO(getxattr("file", "user.x", value, 2));
	DO(getxattr("file", "user.y", value, 2));
	DO(getxattr("file", "user.x", NULL, 0) == 5 ? 0 : -1);
	DO(lgetxattr("link", "user.x", value, sizeof value));
	DO(listxattr("file", value, sizeof value) >= 0 ? 0 : -1);
	DO(removexattr("file", "user.x"));
	DO(link("file", "hard"));
	DO(link("link", "hardlink"));
	DO(link("dir", "harddir"));
	DO(link("file", "hard"));
	DO(linkat(AT_FDCWD, "link", directory, "followed", AT_SYMLINK_FOLLOW));
	LOOK(lstat("hardlink", &st));
	LOOK(lstat("dir/followed", &st));
	DO(rename("hard", "dir/hard"));
	DO(rename("dir/hard", "wide"));
	DO(rename("none", "wide"));
	DO(rename("dir", "dir/sub/dir"));
	DO(rename("file", "dir"));
	DO(rename("dir/", "dir2/"));
	DO(rename("file/", "file2"));
	DO(rename(".", "file2"));
	CALL(renameat2, AT_FDCWD, "file", AT_FDCWD, "wide", 1);
	CALL(renameat2, AT_FDCWD, "file", AT_FDCWD, "created", 2);
	CALL(renameat2, AT_FDCWD, "file", AT_FDCWD, "created", 99);
	OPENAT(directory, "followed", O_RDONLY);
	DO(unlink("none"));
	DO(unlink("dir2"));
	DO(unlink("file/"));
	DO(unlink("todir/"));
	DO(unlink("/"));
	DO(rmdir("dir2"));
	DO(rmdir("dir2/sub/."));
	DO(rmdir("dir2/sub/"));
	DO(rmdir("file"));
	DO(rmdir("/"));
	DO(unlinkat(directory, "followed", 0));
	DO(unlinkat(directory, "in", 9));
	DO(unlink("fifo"));
	DO(unlink("link"));
	close(fd);
}

int main(void)
{
	DIR *list;
	int count = 0;

	opens();
	looks();
	changes();
	list = opendir(".");
	while (list && readdir(list))
		count++;
	printf("entries=%d\n", count);
	return 0;
}
