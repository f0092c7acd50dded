my $seconds = 60; # of wall time, none of CPU time
sleep $seconds;
