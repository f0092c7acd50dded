// build: -fno-builtin
// expect: segmentation fault: read from address 0x0 (null pointer) in *, called by count() at null_library.c:HERE
#include <string.h>

static const char *volatile line;

static __attribute__((noinline)) unsigned long count(void)
{
	return strlen(line) + 1; // HERE
}

int main(void)
{
	return count() == 7;
}
