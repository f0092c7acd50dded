package judge

import (
	"cmp"
	"strings"
)

// compareNatural orders names as people do: 2 before 10. Names that differ in
// leading zeros alone are ordered by these.
func compareNatural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		i, j := digitsBefore(x), digitsBefore(y)
		if i == 0 || j == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		m, n := strings.TrimLeft(x[:i], "0"), strings.TrimLeft(y[:j], "0")
		if c := cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n)); c != 0 {
			return c
		}
		x, y = x[i:], y[j:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// digitsBefore is how many digits a text begins with.
func digitsBefore(text string) int {
	return len(text) - len(strings.TrimLeft(text, "0123456789"))
}
