// expect: segmentation fault: write to address * (write to read-only memory of *) in rename_it() at readonly_write.c:HERE
static const char name[] = "constant";
static char *volatile text = (char *)name;

static __attribute__((noinline)) void rename_it(void)
{
	text[0] = 'C'; // HERE
}

int main(void)
{
	rename_it();
	return 0;
}
