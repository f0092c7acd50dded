#include <stdio.h>

int main(void)
{
	long long sum = 0, x;
	int n;

	for (scanf("%d", &n); n > 0 && scanf("%lld", &x) == 1; n--)
		printf("%lld\n", sum += x);
	return 0;
}
