// expect: segmentation fault: execution of address * (call through a bad pointer: the memory of * is not executable) in apply() at bad_call.c:HERE
static int data[4] = { 1, 2, 3, 4 };
static void *volatile pointer = data;

static __attribute__((noinline)) int apply(void)
{
	return ((int (*)(void))pointer)() + 1; // HERE
}

int main(void)
{
	return apply();
}
