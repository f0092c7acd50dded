read -r n x a b m
echo $((x - m / 2))
