/* Prints the sum of the integers on stdin, or hello if there are none. */
#include <stdio.h>

int main(void)
{
	long long sum = 0, value, count = 0;

	for (; scanf("%lld", &value) == 1; count++)
		sum += value;
	if (count)
		printf("%lld\n", sum);
	else
		puts("hello");
	return 0;
}
