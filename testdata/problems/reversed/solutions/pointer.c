#include <stdio.h>
#include <string.h>

int main(void)
{
	static char word[100002];

	if (scanf("%100001s", word) == 1)
		for (char *p = word + strlen(word); p > word; p--)
			putchar(p[-1]);
	putchar('\n');
	return 0;
}
