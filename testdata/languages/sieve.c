/* Reads a number and prints how many primes are below it. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	int limit, count = 0;

	if (scanf("%d", &limit) != 1)
		return 1;
	/* The smallest factor of each number, 0 if it is a prime. */
	int *factor = calloc(limit, sizeof *factor);
	if (!factor)
		return 1;
	for (int i = 2; i < limit; i++) {
		if (factor[i])
			continue;
		count++;
		for (long long j = (long long)i * i; j < limit; j += i)
			factor[j] = i;
	}
	printf("%d\n", count);
	return 0;
}
