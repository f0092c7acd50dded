# Reads a number and prints how many primes are below it.
use strict;
use warnings;

my $limit = <STDIN>;
my @factor = (0) x $limit;
my $count = 0;
for my $i (2 .. $limit - 1) {
    next if $factor[$i];
    $count++;
    for (my $j = $i * $i; $j < $limit; $j += $i) { $factor[$j] = $i }
}
print "$count\n";
