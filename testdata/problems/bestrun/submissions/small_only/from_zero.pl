my ($n, $x, $c, $d, $m) = split ' ', <STDIN>;
my ($run, $best) = (0, 0); # a run of nothing is none
for (1 .. $n) {
	$run += $x - int($m / 2);
	$run = 0 if $run < 0;
	$best = $run if $run > $best;
	$x = ($c * $x + $d) % $m;
}
print "$best\n";
