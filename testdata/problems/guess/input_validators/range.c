#include <stdio.h>

int main(void)
{
	int n;
	char end, more;

	return scanf("%d%c%c", &n, &end, &more) == 2 && end == '\n' && n >= 1 && n <= 1000 ? 42 : 43;
}
