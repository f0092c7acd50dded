/*
 * sum: reads integers until the end of the input and prints their sum: "a+b", the first
 * problem of every judge.
 *
 * ok; runtime_error (exit code 1) if the input isn't numbers.
 */
#include "common.h"

int main(void)
{
	long long sum = 0, value;
	int got;

	while ((got = scanf("%lld", &value)) == 1)
		sum += value;
	if (got != EOF)
		return 1;
	printf("%lld\n", sum);
	return 0;
}
