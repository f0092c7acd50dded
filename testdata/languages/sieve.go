// Reads a number and prints how many primes are below it.
package main

import "fmt"

func main() {
	var limit, count int
	fmt.Scan(&limit)
	factor := make([]int32, limit) // 0 for a prime
	for i := 2; i < limit; i++ {
		if factor[i] != 0 {
			continue
		}
		count++
		for j := i * i; j < limit; j += i {
			factor[j] = int32(i)
		}
	}
	fmt.Println(count)
}
