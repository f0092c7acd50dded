/*
 * escape_namespace: makes and joins namespaces, mounts and changes roots. A new user
 * namespace is what gives an ordinary user the capabilities for the rest. Reports each
 * attempt as NAME=ok or NAME=EPERM and the like.
 *
 * None should be ok in a sandbox without capabilities and without user namespaces. ok, or
 * violation under a policy that kills. Outside a sandbox root would see its mounts change:
 * run it in a mount namespace of its own.
 */
#include "common.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

static long join(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/1/ns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : setns(fd, 0);
}

/* A user namespace, and in it what only capabilities give. */
static long user_then_mount(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	return mount("none", "/", "tmpfs", 0, NULL);
}

static long clone_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long clone3_user(void)
{
	struct {
		unsigned long long flags, rest[10];
	} args = { CLONE_NEWUSER, { 0 } };
	long pid;

	args.rest[3] = SIGCHLD; /* exit_signal, the fifth member */
	pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		_exit(0);
	return pid;
}

int main(void)
{
	static const struct {
		const char *name, *file;
		int flag;
	} namespaces[] = {
		{ "user", "user", CLONE_NEWUSER },       { "mount", "mnt", CLONE_NEWNS },
		{ "pid", "pid", CLONE_NEWPID },          { "net", "net", CLONE_NEWNET },
		{ "ipc", "ipc", CLONE_NEWIPC },          { "uts", "uts", CLONE_NEWUTS },
		{ "cgroup", "cgroup", CLONE_NEWCGROUP }, { "time", "time", 0x80 },
	};
	char name[64];

	for (size_t i = 0; i < LENGTH(namespaces); i++) {
		snprintf(name, sizeof name, "unshare_%s", namespaces[i].name);
		ATTEMPT(name, unshare(namespaces[i].flag));
		snprintf(name, sizeof name, "join_%s", namespaces[i].name);
		ATTEMPT(name, join(namespaces[i].file));
	}
	ATTEMPT("clone_user", clone_user());
	ATTEMPT("clone3_user", clone3_user());
	ATTEMPT("user_then_mount", user_then_mount());
	ATTEMPT("chroot", chroot("/"));
	ATTEMPT("pivot_root", syscall(SYS_pivot_root, ".", "."));
	ATTEMPT("mount_tmpfs", mount("none", "/tmp", "tmpfs", 0, NULL));
	ATTEMPT("mount_proc", mount("none", "/proc", "proc", 0, NULL));
	ATTEMPT("mount_bind", mount("/", "/tmp", NULL, MS_BIND | MS_REC, NULL));
	ATTEMPT("remount_writable", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	ATTEMPT("make_shared", mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL));
	ATTEMPT("unmount_root", umount2("/", MNT_DETACH));
	ATTEMPT("unmount_proc", umount2("/proc", MNT_DETACH));
	ATTEMPT("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1 | AT_RECURSIVE));
	ATTEMPT("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	ATTEMPT("fspick", syscall(SYS_fspick, AT_FDCWD, "/", 0));
	ATTEMPT("sethostname", sethostname("escaped", 7));
	ATTEMPT("setdomainname", setdomainname("escaped", 7));
	return 0;
}
