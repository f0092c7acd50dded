#include "bestrun.h"

int main(void) { return 0; }
