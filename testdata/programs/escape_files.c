/*
 * escape_files [PATH...]: opens what a contestant would like to read, and what nobody may
 * write, and more of both as given. Reports read[PATH] and write[PATH] as ok (for reading:
 * a byte, or the end of the file, was really read), ENOENT and the like. Writes nothing.
 *
 * None of the writes may be ok but on files put there for it. ok, or violation under a
 * policy that kills.
 */
#include "common.h"

static long readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char byte;

	return fd < 0 || read(fd, &byte, 1) < 0 ? -1 : 0;
}

static long writable(const char *path)
{
	return open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
}

static void try(const char *path)
{
	char name[4352];

	snprintf(name, sizeof name, "read[%s]", path);
	ATTEMPT(name, readable(path));
	snprintf(name, sizeof name, "write[%s]", path);
	ATTEMPT(name, writable(path));
}

int main(int argc, char **argv)
{
	static const char *const paths[] = {
		"/etc/passwd", "/etc/shadow", "/etc/ssh/ssh_host_ed25519_key", "/root/.ssh/id_ed25519",
		"/root/.bash_history", "/var/log/syslog", "/var/run/docker.sock",
		"/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/cmdline", "/proc/1/root/etc/passwd",
		"/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/proc/keys", "/proc/timer_list",
		"/proc/sched_debug", "/proc/sysrq-trigger", "/proc/latency_stats", "/proc/acpi/alarm",
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname",
		"/proc/sys/vm/overcommit_memory", "/proc/self/oom_score_adj", "/proc/self/uid_map",
		"/proc/self/mem", "/proc/self/attr/current", "/proc/self/loginuid",
		"/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled",
		"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
		"/sys/power/state", "/sys/kernel/debug", "/sys/firmware/dmi/tables/DMI",
		"/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/kvm", "/dev/fuse", "/dev/tty", "/dev/ptmx",
		"/dev/null", "/dev/zero", "/dev/urandom",
	};

	for (size_t i = 0; i < LENGTH(paths); i++)
		try(paths[i]);
	for (int i = 1; i < argc; i++)
		try(argv[i]);
	return 0;
}
