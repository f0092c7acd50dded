/*
 * memory_reserve MIB: maps that much memory, as runtimes of languages do, and touches one
 * page of it.
 *
 * ok under any limit on memory in use, however small: address space is no memory. Where
 * the limit is an rlimit on address space, mmap fails: reports mmap=ENOMEM, exits 1.
 */
#include "common.h"

int main(int argc, char **argv)
{
	long mib = number(argc, argv, 1, 0);
	char *memory;

	if (mib == 0)
		usage("memory_reserve MIB");
	memory = mmap(NULL, (size_t)mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	report("mmap", memory == MAP_FAILED ? -1 : 0);
	if (memory == MAP_FAILED)
		return 1;
	*memory = 1;
	return 0;
}
