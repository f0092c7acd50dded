# Reads a number and prints how many primes are below it.
read -r limit
count=0
for ((i = 2; i < limit; i++)); do
	if [[ -z ${factor[i]} ]]; then
		((count += 1))
		for ((j = i * i; j < limit; j += i)); do factor[j]=$i; done
	fi
done
echo "$count"
