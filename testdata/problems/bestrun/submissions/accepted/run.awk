{
	x = $2; best = -$5
	for (i = 0; i < $1; i++) {
		run = (run > 0 ? run : 0) + x - int($5 / 2)
		if (run > best) best = run
		x = ($3 * x + $4) % $5
	}
	print best
}
