#include <stdio.h>

static int prime(int n)
{
	for (int d = 2; d * d <= n; d++)
		if (n % d == 0)
			return 0;
	return n > 1;
}

int main(void)
{
	int n;

	if (scanf("%d", &n) != 1)
		return 1;
	for (int p = 2; p <= n / 2; p++)
		if (prime(p) && prime(n - p)) {
			printf("%d %d\n", p, n - p);
			break;
		}
	return 0;
}
