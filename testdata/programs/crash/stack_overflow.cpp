// expect: segmentation fault: write to address * (stack overflow*) in depth(int) at stack_overflow.cpp:HERE
__attribute__((noinline)) int depth(int n) // HERE
{ // HERE
	volatile int frame[64];
	frame[n & 63] = n; // HERE
	return n < 0 ? 0 : depth(n + 1) + frame[n & 7]; // HERE
}

int main()
{
	return depth(1);
}
