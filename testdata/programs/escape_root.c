/*
 * escape_root MARKER: looks for a file that exists outside the sandbox's root alone, along
 * every way out of a root: the plain path, ".." without end, each directory left open on a
 * descriptor, /proc/PID/root and cwd, the classic chroot in a chroot, and a handle of a
 * file system's root. Reports WAY=ok if the marker was reached, else WAY=ENOENT and the like.
 *
 * Nothing may be ok. ok, or violation under a policy that kills.
 */
#include "common.h"
#include <sys/stat.h>
#include <sys/syscall.h>

static const char *marker; /* without the leading slash */

/* Whether the marker is somewhere above this directory; leaves the working directory there. */
static long above(int dir)
{
	struct stat status;

	if (fchdir(dir))
		return -1;
	for (int level = 0; level < 64; level++) {
		if (!stat(marker, &status))
			return 0;
		if (chdir(".."))
			return -1;
	}
	errno = ENOENT;
	return -1;
}

static long above_path(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -1 : above(dir);
}

static long plain(void)
{
	struct stat status;

	return fchdir(open("/", O_RDONLY)) || stat(marker, &status) ? -1 : 0;
}

static long chroot_twice(void)
{
	int before = open("/", O_RDONLY | O_CLOEXEC);

	mkdir("/tmp/jail", 0700);
	if (chroot("/tmp/jail"))
		return -1;
	return above(before);
}

static long handle(void)
{
	/* Inode 2 is the root of ext4. */
	struct {
		struct file_handle head;
		unsigned int inode[2];
	} root = { { .handle_bytes = 8, .handle_type = 1 }, { 2, 0 } };
	int mount = open("/", O_RDONLY | O_CLOEXEC);
	int dir = open_by_handle_at(mount, &root.head, O_RDONLY);

	return dir < 0 ? -1 : above(dir);
}

static long descriptors(void)
{
	long returned = -1;

	errno = EBADF;
	for (int fd = 0; fd < 65536 && returned == -1; fd++) {
		struct stat status;

		if (!fstat(fd, &status) && S_ISDIR(status.st_mode))
			returned = above(fd);
	}
	return returned;
}

int main(int argc, char **argv)
{
	char path[64];

	if (argc != 2 || argv[1][0] != '/')
		usage("escape_root /MARKER");
	marker = argv[1] + 1;
	ATTEMPT("plain", plain());
	ATTEMPT("cwd", above_path("."));
	ATTEMPT("descriptors", descriptors());
	ATTEMPT("init_root", above_path("/proc/1/root/"));
	ATTEMPT("init_cwd", above_path("/proc/1/cwd/"));
	snprintf(path, sizeof path, "/proc/%d/root/", getppid());
	ATTEMPT("parent_root", above_path(path));
	snprintf(path, sizeof path, "/proc/%d/cwd/", getppid());
	ATTEMPT("parent_cwd", above_path(path));
	ATTEMPT("chroot", chroot_twice());
	ATTEMPT("handle", handle());
	return 0;
}
