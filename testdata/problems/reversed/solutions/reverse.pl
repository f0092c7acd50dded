chomp(my $word = <STDIN>);
print scalar reverse($word), "\n";
