# Prints the sum of the integers on stdin, or hello if there are none.
{
	for (i = 1; i <= NF; i++) {
		sum += $i
		count++
	}
}
END { print (count > 0 ? sum : "hello") }
