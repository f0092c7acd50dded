# Reads a number and prints how many primes are below it.
{
	limit = $1
	for (i = 2; i < limit; i++) {
		if (i in factor) continue
		count++
		for (j = i * i; j < limit; j += i) factor[j] = i
	}
	print count
}
