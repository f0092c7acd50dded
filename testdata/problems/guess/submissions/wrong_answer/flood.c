#include <stdio.h>

/* Does not wait for an answer, and dies of it. */
int main(void)
{
	for (;;)
		puts("500");
}
