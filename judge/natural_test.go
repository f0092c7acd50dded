package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzNatural holds that names have an order at all, or sorting them would not
// end the same way each time.
func FuzzNatural(f *testing.F) {
	f.Add("1", "02", "10")
	f.Add("a1b", "a01b", "a1")
	f.Add("", "0", "00")
	f.Add("1.2", "1-2", "12")
	f.Add("99999999999999999999999", "100000000000000000000000", "x")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		assert.Equal(t, compareNatural(a, b), -compareNatural(b, a))
		assert.Equal(t, a == b, compareNatural(a, b) == 0)
		if compareNatural(a, b) <= 0 && compareNatural(b, c) <= 0 {
			assert.LessOrEqual(t, compareNatural(a, c), 0, "%q %q %q", a, b, c)
		}
	})
}

// FuzzRole holds that a file is of one test, whatever it is called.
func FuzzRole(f *testing.F) {
	for _, name := range []string{"1.in", "1.ans", "input1.txt", "output.txt", "01", ".in", "in", "a.b.in.txt", "\xff.in", "in.txt.txt"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		key, r := roleOf(name, []string{name})
		assert.Contains(t, []role{input, answer, other}, r)
		if r == other {
			assert.Empty(t, key)
		}
		if name != "" && name[0] != '.' && r == input {
			assert.NotEqual(t, name, key)
		}
	})
}
