#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *message;

static void wrong(const char *why)
{
	fprintf(message, "%s\n", why);
	exit(43);
}

/* answer INPUT ANSWER FEEDBACK_DIR [GUESSES] */
int main(int argc, char **argv)
{
	char path[4096], word[32];
	FILE *input = fopen(argv[1], "r");
	int number, guess;
	char end;

	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof(path), "%sjudgemessage.txt", argv[3]);
	message = fopen(path, "w");
	if (!input || !message || fscanf(input, "%d", &number) != 1)
		return 1;
	for (int left = argc > 4 ? atoi(argv[4]) : 10; left > 0; left--) {
		if (scanf("%31s%c", word, &end) < 1)
			wrong("it ended without a right guess");
		if (sscanf(word, "%d%c", &guess, &end) != 1 || guess < 1 || guess > 1000)
			wrong("a guess is no number from 1 to 1000");
		puts(guess < number ? "higher" : guess > number ? "lower" : "correct");
		fflush(stdout);
		if (guess == number)
			return scanf("%31s", word) == 1 ? (wrong("it goes on after the right guess"), 43) : 42;
	}
	wrong("too many guesses");
}
