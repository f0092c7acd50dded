// arch: amd64
// expect: arithmetic exception: division by zero in average() at divide_zero.c:HERE
static volatile int count;

static __attribute__((noinline)) int average(int sum)
{
	return sum / count; // HERE
}

int main(void)
{
	return average(10);
}
