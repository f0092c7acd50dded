/*
 * escape_exe: wants to change programs: its own file, through its path and /proc/self/exe,
 * and those of its parent and of pid 1, as in CVE-2019-5736, where what entered a container
 * was overwritten from inside. Reports each attempt as NAME=ok or NAME=ETXTBSY and the
 * like. Writes nothing.
 *
 * None may be ok. ETXTBSY, which is the answer while the file is being executed, isn't
 * enough: it could be changed a moment later. ok, or violation under a policy that kills.
 */
#include "common.h"
#include <sys/auxv.h>
#include <sys/stat.h>

/* Opens the file without access first, and by that descriptor for writing. */
static long by_descriptor(const char *path)
{
	char again[64];
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -1;
	snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
	return open(again, O_WRONLY);
}

/* A new link to the file is a name to change it by later. */
static long link_it(const char *path)
{
	long returned = link(path, "/tmp/escape-link");

	unlink("/tmp/escape-link");
	return returned;
}

static long rename_it(const char *path)
{
	char moved[4096];

	snprintf(moved, sizeof moved, "%.4000s.moved", path);
	if (rename(path, moved))
		return -1;
	return rename(moved, path);
}

static long mode_it(const char *path)
{
	struct stat status;

	return stat(path, &status) ? -1 : chmod(path, status.st_mode & 07777);
}

int main(void)
{
	const char *self = (const char *)getauxval(AT_EXECFN);
	char parent[64];

	snprintf(parent, sizeof parent, "/proc/%d/exe", getppid());
	ATTEMPT("path_write", open(self, O_WRONLY));
	ATTEMPT("path_rename", rename_it(self));
	ATTEMPT("path_chmod", mode_it(self));
	ATTEMPT("path_link", link_it(self));
	ATTEMPT("self_write", open("/proc/self/exe", O_WRONLY));
	ATTEMPT("self_descriptor", by_descriptor("/proc/self/exe"));
	ATTEMPT("parent_write", open(parent, O_WRONLY));
	ATTEMPT("parent_descriptor", by_descriptor(parent));
	ATTEMPT("init_write", open("/proc/1/exe", O_WRONLY));
	ATTEMPT("init_descriptor", by_descriptor("/proc/1/exe"));
	return 0;
}
