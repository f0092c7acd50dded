/* @EXPECTED_RESULTS@: OUTPUT-LIMIT */
#include <stdio.h>

int main(void)
{
	for (;;)
		puts("yes");
}
