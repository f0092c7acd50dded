local $/;
my $number = qr/(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/;
exit 43 unless <STDIN> =~ /^($number) ($number)\n\z/;
for ($1, $2) {
	exit 43 if $_ < 0.001 || $_ > 1000000;
}
exit 42;
