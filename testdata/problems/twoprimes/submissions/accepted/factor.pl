my $n = <STDIN>;
sub prime { my $x = shift; for (my $d = 2; $d * $d <= $x; $d++) { return 0 unless $x % $d } return $x > 1 }
my $p = 2;
$p++ until prime($p) && prime($n - $p);
print "$p ", $n - $p, "\n";
