/* @EXPECTED_RESULTS@: CORRECT */
#include <stdio.h>

int main(void)
{
	for (int y; scanf("%d", &y) == 1;)
		puts(y % 400 == 0 || (y % 4 == 0 && y % 100) ? "YES" : "NO"); /* case is ignored */
	return 0;
}
