/*
 * repeat [where|clocks|rdtsc|cpu]...: says what differs from run to run, one "name=value" a
 * line; nothing named is where and clocks. where: the addresses of stack, heap, a mapping
 * and the vDSO. clocks: CLOCK_MONOTONIC and CLOCK_BOOTTIME in ns, and the uptime in
 * seconds (sysinfo(2)), each also as a child sees it. rdtsc: reads the processor's
 * time-stamp counter (supported=no on other architectures than amd64). cpu: its processor.
 *
 * ok; a runtime_error with SIGSEGV for rdtsc where the counter is refused.
 */
#include "common.h"
#include <sched.h>
#include <sys/auxv.h>
#include <sys/sysinfo.h>

static void where(void)
{
	int here;
	void *mapping = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *heap = sbrk(0);

	printf("stack=%p\nheap=%p\nmapping=%p\nvdso=%#lx\n", (void *)&here, heap, mapping,
	       getauxval(AT_SYSINFO_EHDR));
}

static long long now(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		die("clock_gettime");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void clocks_of(const char *whose)
{
	struct sysinfo info;

	if (sysinfo(&info))
		die("sysinfo");
	printf("%suptime=%ld\n", whose, (long)info.uptime);
	printf("%smonotonic=%lld\n%sboottime=%lld\n", whose, now(CLOCK_MONOTONIC), whose, now(CLOCK_BOOTTIME));
	fflush(stdout);
}

static void clocks(void)
{
	pid_t pid;

	clocks_of("");
	pid = fork();
	if (pid < 0)
		return; /* one process is all that is allowed */
	if (pid == 0) {
		clocks_of("child_");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void rdtsc(void)
{
#ifdef __x86_64__
	unsigned low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	printf("tsc=%llu\n", (unsigned long long)high << 32 | low);
#else
	printf("supported=no\n");
#endif
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 1) {
		where();
		clocks();
	}
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "where"))
			where();
		else if (!strcmp(argv[i], "clocks"))
			clocks();
		else if (!strcmp(argv[i], "rdtsc"))
			rdtsc();
		else if (!strcmp(argv[i], "cpu"))
			printf("cpu=%d\n", sched_getcpu());
		else
			usage("repeat [where|clocks|rdtsc|cpu]...");
	}
	return 0;
}
