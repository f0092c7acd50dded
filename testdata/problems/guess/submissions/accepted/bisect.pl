$| = 1;
my ($low, $high) = (1, 1000);
while (1) {
	my $guess = int(($low + $high) / 2);
	print "$guess\n";
	my $answer = <STDIN>;
	last if $answer =~ /^c/;
	if ($answer =~ /^h/) { $low = $guess + 1 } else { $high = $guess - 1 }
}
