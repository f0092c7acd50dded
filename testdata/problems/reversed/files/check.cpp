#include "words.h"

// check INPUT OUTPUT ANSWER
int main(int, char **argv)
{
	std::ifstream output(argv[2]), answer(argv[3]);
	std::string got, want, more;
	if (!(answer >> want))
		return quit(failed, "the answer is empty");
	if (!(output >> got))
		return quit(presentationError, "there is no word");
	if (output >> more)
		return quit(presentationError, "there is more than a word");
	if (got != want)
		return quit(wrongAnswer, "it is another word");
	return quit(ok, "right");
}
