#include "words.h"

int main()
{
	std::string word((std::istreambuf_iterator<char>(std::cin)), {});
	if (word.size() < 2 || word.size() > 100001 || word.back() != '\n')
		return quit(failed, "no word of 1 to 100000 letters");
	word.pop_back();
	if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") != word.npos)
		return quit(failed, "not only small letters");
	return ok;
}
