// expect: segmentation fault: write to address * (stack overflow: the limit is *) in main() at stack_large.c:HERE
#include <string.h>

int main(void)
{
	char table[64 << 20]; // HERE

	memset(table, 1, 10); // HERE
	__asm__ volatile("" : : "r"(table) : "memory");
	return table[5];
}
