print $_ % ($_ % 100 ? 4 : 400) ? "no\n" : "yes\n" while <STDIN>;
