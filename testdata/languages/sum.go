// Prints the sum of the integers on stdin, or hello if there are none.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	in := bufio.NewReader(os.Stdin)
	var sum, value, count int64
	for ; ; count++ {
		if _, err := fmt.Fscan(in, &value); err != nil {
			break
		}
		sum += value
	}
	if count > 0 {
		fmt.Println(sum)
	} else {
		fmt.Println("hello")
	}
}
