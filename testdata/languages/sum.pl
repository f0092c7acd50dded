# Prints the sum of the integers on stdin, or hello if there are none.
use strict;
use warnings;
use List::Util qw(sum);

my @values = map { split } <STDIN>;
print @values ? sum(@values) : "hello", "\n";
