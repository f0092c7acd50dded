/*
 * cat: copies stdin to stdout until the end of the input.
 *
 * ok; wall_limit if the input never ends; output_limit if there is more of it than allowed.
 */
#include "common.h"

int main(void)
{
	static char buffer[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("read");
		write_all(STDOUT_FILENO, buffer, n);
	}
	return 0;
}
