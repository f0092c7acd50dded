read -r n
read -r -a numbers
sum=0
for x in "${numbers[@]}"; do
	((sum += x))
	echo "$sum"
done
exit 0
