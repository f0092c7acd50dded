low=1 high=1000
while echo $((guess = (low + high) / 2)) && read -r answer && [ "$answer" != correct ]; do
	if [ "$answer" = higher ]; then low=$((guess + 1)); else high=$((guess - 1)); fi
done
exit 0
