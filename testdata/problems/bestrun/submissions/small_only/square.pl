my ($n, $x, $c, $d, $m) = split ' ', <STDIN>;
my ($best, @v) = -$m;
for (1 .. $n) { push @v, $x - int($m / 2); $x = ($c * $x + $d) % $m }
for my $i (0 .. $#v) {
	my $sum = 0;
	for my $j ($i .. $#v) { $sum += $v[$j]; $best = $sum if $sum > $best }
}
print "$best\n";
