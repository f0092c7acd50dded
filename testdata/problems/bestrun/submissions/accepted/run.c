#include <stdio.h>

int main(void)
{
	long long n, x, a, b, m, run = 0, best = -1000000;

	if (scanf("%lld%lld%lld%lld%lld", &n, &x, &a, &b, &m) != 5)
		return 1;
	for (; n > 0; n--, x = (a * x + b) % m) {
		run = (run > 0 ? run : 0) + x - m / 2;
		if (run > best)
			best = run;
	}
	printf("%lld\n", best);
	return 0;
}
