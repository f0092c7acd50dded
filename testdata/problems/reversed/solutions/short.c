#include <stdio.h>
#include <string.h>

/* Writes beyond its array on long words, and so may crash. */
int main(void)
{
	char word[100];

	scanf("%s", word);
	for (int i = strlen(word); i > 0; i--)
		putchar(word[i - 1]);
	return 0;
}
