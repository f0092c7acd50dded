<?php
// Reads a number and prints how many primes are below it.
$limit = (int) fgets(STDIN);
$factor = array_fill(0, $limit, 0); // 0 for a prime
$count = 0;
for ($i = 2; $i < $limit; $i++) {
    if ($factor[$i]) {
        continue;
    }
    $count++;
    for ($j = $i * $i; $j < $limit; $j += $i) {
        $factor[$j] = $i;
    }
}
echo $count, "\n";
