// expect: segmentation fault: write to address 0x0 (null pointer) in solve() at null_write.cpp:HERE
static int *volatile answer;

__attribute__((noinline)) void solve()
{
	*answer = 42; // HERE
}

int main()
{
	solve();
	return 0;
}
