#include <math.h>
#include <stdio.h>

int main(void)
{
	double a, b;

	if (scanf("%lf %lf", &a, &b) == 2)
		printf("%.12e\n", hypot(a, b));
	return 0;
}
