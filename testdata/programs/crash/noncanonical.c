// arch: amd64
// expect: segmentation fault: read from address 0x6b6b6b6b6b6b6b6b (not an address at all (non-canonical): a wild or overwritten pointer) in follow() at noncanonical.c:HERE
static const int *volatile next = (const int *)0x6b6b6b6b6b6b6b6b;

static __attribute__((noinline)) int follow(void)
{
	return *next; // HERE
}

int main(void)
{
	return follow();
}
