// expect: bus error: read from address * (beyond the end of a mapped file: memfd:short) in first() at beyond_file.c:HERE
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/mman.h>

static __attribute__((noinline)) int first(const volatile char *page)
{
	return *page; // HERE
}

int main(void)
{
	return first(mmap(NULL, 4096, PROT_READ, MAP_SHARED, memfd_create("short", 0), 0));
}
