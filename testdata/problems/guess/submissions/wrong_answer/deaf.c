#include <stdio.h>
#include <unistd.h>

int main(void)
{
	close(0);
	puts("500");
	fflush(stdout);
	usleep(100000);
	return 0;
}
