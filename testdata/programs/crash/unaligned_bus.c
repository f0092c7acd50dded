// arch: amd64
// expect: bus error: read from address * (unaligned access) in load() at unaligned_bus.c:HERE
static int numbers[4] = { 1, 2, 3, 4 };
static char *volatile from;

static __attribute__((noinline)) int load(void)
{
	int loaded;

	/* The processor checks alignment if it is asked to (EFLAGS.AC). */
	__asm__ volatile("pushf\n\torl $0x40000, (%%rsp)\n\tpopf\n\tmovl (%1), %0" : "=r"(loaded) : "r"(from) : "cc", "memory"); // HERE
	return loaded;
}

int main(void)
{
	from = (char *)numbers + 1;
	return load();
}
