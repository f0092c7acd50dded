# @EXPECTED_RESULTS@: TIMELIMIT
while (<STDIN>) { 1 while $_ == 1582; print $_ % 4 ? "no\n" : $_ % 100 || $_ % 400 == 0 ? "yes\n" : "no\n" }
