/*
 * signal_fault MODE: crashes. The modes are those of the table below.
 *
 * runtime_error with the signal that stands beside the mode, and crash evidence: the
 * address, the access and the code.
 */
#include "common.h"
#include <stdint.h>

/* volatile, or the compiler sees what is coming. */
static volatile int zero;
static char *volatile null;
static const char constant[] = "constant";

static void null_read(void)
{
	*(volatile char *)null;
}

static void null_write(void)
{
	*(volatile char *)null = 1;
}

static void null_call(void)
{
	((void (*)(void))(uintptr_t)null)();
}

static void wild_read(void)
{
	/* On amd64 no canonical address: the kernel isn't told which one it was. */
	*(volatile char *)(null + 0x6b6b6b6b6b6b6b6b);
}

static void readonly_write(void)
{
	*(volatile char *)constant = 1;
}

static void freed_write(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(page, 4096);
	*(volatile char *)page = 1;
}

static void data_exec(void)
{
	static volatile char code[16] __attribute__((aligned(16)));

	((void (*)(void))(uintptr_t)code)();
}

static int __attribute__((noinline)) descend(int depth)
{
	volatile char frame[4096];

	frame[0] = depth;
	return depth < 0 ? 0 : descend(depth + 1) + frame[0];
}

static void stack_overflow(void)
{
	zero = descend(1);
}

static void divide(void)
{
#if defined(__x86_64__)
	zero = 100 / zero;
#else
	/* Here the division gives 0 and goes on, so the signal is sent. */
	raise(SIGFPE);
#endif
}

static void illegal(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	__asm__ volatile(".inst 0");
#endif
}

static void trap(void)
{
#if defined(__x86_64__)
	__asm__ volatile("int3");
#else
	__asm__ volatile("brk #0");
#endif
}

static void bus(void)
{
	int fd = memfd_create("short", 0);
	volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	*page; /* the file is empty, so nothing is behind this page */
}

static void privileged(void)
{
#if defined(__x86_64__)
	__asm__ volatile("hlt");
#else
	__asm__ volatile("msr vbar_el1, x0");
#endif
}

static void double_free(void)
{
	void *volatile block = malloc(32), *volatile same = block;

	free(block);
	free(same);
	/* Where the library doesn't notice. */
	abort();
}

static const struct {
	const char *mode;
	void (*crash)(void);
	int signal;
} table[] = {
	{ "null_read", null_read, SIGSEGV },
	{ "null_write", null_write, SIGSEGV },
	{ "null_call", null_call, SIGSEGV },
	{ "wild_read", wild_read, SIGSEGV },
	{ "readonly_write", readonly_write, SIGSEGV },
	{ "freed_write", freed_write, SIGSEGV },
	{ "data_exec", data_exec, SIGSEGV },
	{ "stack_overflow", stack_overflow, SIGSEGV },
	{ "privileged", privileged, SIGSEGV }, /* SIGILL on arm64 */
	{ "bus", bus, SIGBUS },
	{ "divide", divide, SIGFPE },
	{ "illegal", illegal, SIGILL },
	{ "trap", trap, SIGTRAP },
	{ "double_free", double_free, SIGABRT },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < LENGTH(table); i++)
		if (mode(argc, argv, table[i].mode)) {
			table[i].crash();
			return 0;
		}
	for (size_t i = 0; i < LENGTH(table); i++)
		fprintf(stderr, "%s SIG%s\n", table[i].mode, sigabbrev_np(table[i].signal));
	usage("signal_fault MODE");
}
