NR == 2 { for (i = 1; i <= NF; i++) printf "%d\n", sum += $i }
