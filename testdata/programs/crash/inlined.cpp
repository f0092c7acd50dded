// expect: segmentation fault: write to address 0x0 (null pointer) in solve() at inlined.cpp:HERE
static int *volatile answer;

static inline __attribute__((always_inline)) void solve()
{
	*answer = 42; // HERE
}

int main()
{
	solve();
	return 0;
}
