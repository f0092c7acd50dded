/*
 * escape_write [ROOT]: walks the tree below ROOT (/), and everywhere tries to create a file,
 * a directory, a link and a socket, and to open each file there for writing. Reports each
 * success, as created[DIRECTORY]=ok and opened[FILE]=ok, and at last directories=N, the
 * number of those it saw. What it creates it removes; to what it opens it writes nothing.
 *
 * Only what was meant to be writable may be reported. ok, or violation under a policy that
 * kills. Doesn't walk /proc/PID, which is about the processes themselves.
 */
#include "common.h"
#include <ctype.h>
#include <ftw.h>
#include <sys/stat.h>

static long directories;

static int creates(const char *dir)
{
	char path[8192];
	int fd, any = 0;

	snprintf(path, sizeof path, "%s/.escape-%d", dir, getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		any = 1;
		unlink(path);
	}
	if (!mkdir(path, 0700)) {
		any = 1;
		rmdir(path);
	}
	if (!symlink("/", path)) {
		any = 1;
		unlink(path);
	}
	if (!mknod(path, S_IFSOCK | 0600, 0)) {
		any = 1;
		unlink(path);
	}
	return any;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	int fd;

	(void)where;
	if (!strncmp(path, "/proc/", 6) && (isdigit(path[6]) || !strncmp(path + 6, "self", 4) || !strncmp(path + 6, "thread-self", 11)))
		return FTW_SKIP_SUBTREE;
	if (kind == FTW_D || kind == FTW_DNR) {
		directories++;
		if (creates(path))
			printf("created[%s]=ok\n", path);
	} else if (kind == FTW_F && (S_ISREG(status->st_mode) || S_ISBLK(status->st_mode))) {
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0) {
			printf("opened[%s]=ok\n", path);
			close(fd);
		}
	}
	return FTW_CONTINUE;
}

int main(int argc, char **argv)
{
	if (nftw(text(argc, argv, 1, "/"), visit, 64, FTW_PHYS | FTW_ACTIONRETVAL))
		die("nftw");
	printf("directories=%ld\n", directories);
	return 0;
}
