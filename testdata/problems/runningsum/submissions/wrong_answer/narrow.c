#include <stdio.h>

/* The sum does not fit. */
int main(void)
{
	int n, x;
	unsigned sum = 0;

	for (scanf("%d", &n); n > 0 && scanf("%d", &x) == 1; n--)
		printf("%d\n", (int)(sum += x));
	return 0;
}
