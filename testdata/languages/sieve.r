# Reads a number and prints how many primes are below it.
input <- file("stdin")
limit <- as.integer(readLines(input, n = 1))
close(input)
prime <- rep(TRUE, limit) # at i + 1
prime[1:2] <- FALSE
i <- 2
while (i * i < limit) {
  if (prime[i + 1]) prime[seq(i * i, limit - 1, i) + 1] <- FALSE
  i <- i + 1
}
cat(sum(prime), "\n", sep = "")
