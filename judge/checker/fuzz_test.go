package checker_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bailiff-judge/bailiff/judge/checker"
)

// spaces are what C's isspace takes for white space.
const spaces = " \t\n\v\f\r"

func isSpace(r rune) bool { return strings.ContainsRune(spaces, r) }

// naive is what each checker means, said with whole texts.
var naive = map[string]func(output, answer string) bool{
	"exact": func(a, b string) bool { return a == b },
	"lines": func(a, b string) bool { return slices.Equal(trimmedLines(a), trimmedLines(b)) },
	"tokens": func(a, b string) bool {
		return slices.Equal(strings.FieldsFunc(a, isSpace), strings.FieldsFunc(b, isSpace))
	},
	"tokens:exact-space": func(a, b string) bool { return a == b },
}

func trimmedLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, spaces)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func FuzzCompare(f *testing.F) {
	for _, seed := range [][2]string{
		{"1 2\n", "1 2"}, {"a \r\n\n", "a"}, {"", "\n \n"}, {"a\x00b", "a"}, {" x", "x"}, {"a  b", "a b"}, {"a \nb", "a\n b"},
		{"\xff", "\xfe"}, {strings.Repeat("a", 5000), strings.Repeat("a", 4097)},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, output, answer string) {
		for name, equal := range naive {
			result := compare(t, parse(t, name), output, answer)
			assert.Equal(t, equal(output, answer), result.Outcome == checker.Accepted, "%s: %q for %q: %s", name, output, answer, result.Message)
		}
		// Whatever is compared, it is itself.
		for _, name := range []string{"lines:ignore-case", "tokens:ignore-case", "floats:1e-6"} {
			assert.Equal(t, checker.Accepted, compare(t, parse(t, name), output, output).Outcome)
			compare(t, parse(t, name), output, answer)
		}
	})
}

// FuzzNumber holds the comparison of numbers against rational arithmetic, away
// from the border.
func FuzzNumber(f *testing.F) {
	for _, seed := range [][2]string{
		{"1.000001", "1"}, {"1e400", "inf"}, {"nan", "nan"}, {"-0", "0"}, {"0x1p3", "8"}, {"1e-5000", "0"}, {"9007199254740993", "9007199254740992"},
		{"123456789012345678901234567890", "123456789012345678901234567891"}, {"1_0", "10"}, {"+.5e+1", "5"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, output, answer string) {
		if strings.ContainsFunc(output+answer, isSpace) || output == "" || answer == "" || len(output)+len(answer) > 100 {
			return
		}
		accepted := compare(t, parse(t, "floats:abs=1e-6"), output, answer).Outcome == checker.Accepted
		x, y := rational(output), rational(answer)
		switch {
		case output == answer:
			assert.True(t, accepted)
		case x == nil || y == nil:
			return // words, or beyond all measure
		default:
			difference := new(big.Rat).Sub(x, y)
			difference.Abs(difference)
			if difference.Cmp(big.NewRat(999_999, 1e12)) <= 0 {
				assert.True(t, accepted, "%s for %s", output, answer)
			}
			if difference.Cmp(big.NewRat(1_000_001, 1e12)) >= 0 {
				assert.False(t, accepted, "%s for %s", output, answer)
			}
		}
	})
}

// rational reads a plain decimal number of a sane size.
func rational(text string) *big.Rat {
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return nil
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 && len(text)-i > 4 {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || strings.Contains(text, "/") {
		return nil
	}
	return r
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"exact", "lines:ignore-case", "tokens:exact-space", "floats:1e-6", "floats:abs=1,rel=2", "floats:,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := checker.Parse(text)
		if err != nil {
			return
		}
		again, err := checker.Parse(c.String())
		assert.NoError(t, err)
		assert.Equal(t, c, again)
	})
}
