<STDIN>;
print $sum += $_, "\n" for split ' ', <STDIN>;
