// expect: segmentation fault: write to address * (unmapped memory, * bytes past the end of *) in fill(int) at out_of_range.cpp:HERE
static int table[100];

__attribute__((noinline)) void fill(int n)
{
	for (int i = 0; i < n; i++)
		((volatile int *)table)[i] = i; // HERE
}

int main()
{
	fill(1 << 28);
	return table[1];
}
