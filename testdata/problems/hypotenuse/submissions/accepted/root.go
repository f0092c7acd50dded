package main

import (
	"fmt"
	"math"
)

func main() {
	var a, b float64
	fmt.Scan(&a, &b)
	fmt.Printf("%.7f\n", math.Hypot(a, b))
}
