// arch: amd64
// expect: illegal instruction: ud2: the compiler's trap, for what must not be reached in pick() at illegal.c:HERE
static __attribute__((noinline)) int pick(int n)
{
	if (n == 1)
		return 2;
	__builtin_trap(); // HERE
}

int main(int argc, char **argv)
{
	(void)argv;
	return pick(argc + 1);
}
