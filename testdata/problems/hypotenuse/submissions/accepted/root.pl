my ($x, $y) = split ' ', <STDIN>;
printf "+%.8f\n", sqrt($x * $x + $y * $y);
