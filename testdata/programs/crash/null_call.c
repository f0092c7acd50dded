// expect: segmentation fault: execution of address 0x0 (call through a null pointer) in main() at null_call.c:HERE
static int (*volatile compare)(int, int);

int main(void)
{
	return compare(1, 2) + 1; // HERE
}
