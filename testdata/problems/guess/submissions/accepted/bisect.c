#include <stdio.h>

int main(void)
{
	int low = 1, high = 1000;
	char word[16];

	for (;;) {
		int guess = (low + high) / 2;

		printf("%d\n", guess);
		fflush(stdout);
		if (scanf("%15s", word) != 1 || *word == 'c')
			return 0;
		if (*word == 'h')
			low = guess + 1;
		else
			high = guess - 1;
	}
}
