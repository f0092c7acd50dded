package main

import (
	"fmt"
	"sort"
)

func main() {
	found := false
	sort.Search(1000, func(i int) bool {
		var word string
		if found {
			return true
		}
		fmt.Println(i + 1)
		fmt.Scan(&word)
		found = word == "correct"
		return word != "higher"
	})
}
