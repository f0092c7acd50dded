# Prints the sum of the integers on stdin, or hello if there are none.
sum=0 count=0
while read -r -a values; do
	for value in "${values[@]}"; do
		((sum += value, count += 1))
	done
done
if ((count > 0)); then echo "$sum"; else echo hello; fi
