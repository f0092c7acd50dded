// arch: amd64
// expect: trap: breakpoint in stop() at breakpoint.c:HERE
static __attribute__((noinline)) void stop(void)
{
	__asm__ volatile("int3"); // HERE
}

int main(void)
{
	stop();
	return 0;
}
