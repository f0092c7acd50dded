#include <cstdio>

int main()
{
	double a, b, c = 0;
	if (scanf("%lf %lf", &a, &b) != 2)
		return 1;
	while (c * c < a * a + b * b)
		c += 1e-10;
	printf("%.9f\n", c);
}
