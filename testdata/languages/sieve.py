"""Reads a number and prints how many primes are below it."""
limit = int(input())
prime = [True] * limit
count = 0
for i in range(2, limit):
    if prime[i]:
        count += 1
        for j in range(i * i, limit, i):
            prime[j] = False
print(count)
