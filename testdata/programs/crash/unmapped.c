// expect: segmentation fault: write to address * (unmapped memory*) in use() at unmapped.c:HERE
#include <stddef.h>
#include <sys/mman.h>

static __attribute__((noinline)) void use(volatile char *page)
{
	page[8] = 1; // HERE
}

int main(void)
{
	size_t large = 64 << 20;
	char *page = mmap(NULL, large, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page[0] = 1;
	munmap(page, large);
	use(page);
	return 0;
}
