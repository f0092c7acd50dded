package checker_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge/checker"
)

func parse(t testing.TB, name string) checker.Comparer {
	t.Helper()
	c, err := checker.Parse(name)
	require.NoError(t, err)
	return c
}

// compare compares twice: as the texts come, and byte by byte, which must make
// no difference.
func compare(t testing.TB, c checker.Comparer, output, answer string) checker.Result {
	t.Helper()
	whole, err := c.Compare(strings.NewReader(output), strings.NewReader(answer))
	require.NoError(t, err)
	pieces, err := c.Compare(iotest.OneByteReader(strings.NewReader(output)), iotest.DataErrReader(strings.NewReader(answer)))
	require.NoError(t, err)
	require.Equal(t, whole, pieces)
	return whole
}

func TestCompare(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for _, test := range []struct {
		checker, output, answer string
		accepted                bool
	}{
		{"exact", "a b\n", "a b\n", true},
		{"exact", "", "", true},
		{"exact", "a b", "a b\n", false},
		{"exact", "a b\r\n", "a b\n", false},
		{"exact", "a b\n", "a b", false},
		{"exact", "a\x00b", "a\x00b", true},
		{"exact", "a\x00b", "a\x00c", false},
		{"exact", long + "a", long + "b", false},

		{"lines", "a b\n", "a b", true},
		{"lines", "a b  \t\n\n\n", "a b", true},
		{"lines", "a b\r\nc\r\n", "a b\nc\n", true},
		{"lines", "a  b\n", "a b\n", false},
		{"lines", " a\n", "a\n", false},
		{"lines", "a\n\nb\n", "a\nb\n", false},
		{"lines", "\n\n", "", true},
		{"lines", "", "a", false},
		{"lines", "a", "", false},
		{"lines", "a   \nb", "a \nb  ", true},
		{"lines", "a  b", "a ", false},
		{"lines", "a \n \n", "a", true},
		{"lines", "a\n b", "a", false},
		{"lines", "YES", "yes", false},
		{"lines:ignore-case", "YES \n", "yes\n\n", true},
		{"lines:ignore-case", "É", "é", false},
		{"lines", long + strings.Repeat(" ", 70_000), long, true},

		{"tokens", "1 2 3", "1\n2\n3\n", true},
		{"tokens", "  1\t2\v3\f\r\n", "1 2 3", true},
		{"tokens", "12 3", "1 23", false},
		{"tokens", "1 2", "1 2 3", false},
		{"tokens", "1 2 3", "1 2", false},
		{"tokens", "", " \n", true},
		{"tokens", "a\x00 b", "a b", false},
		{"tokens", "Yes", "YES", false},
		{"tokens:ignore-case", "Yes", "YES", true},
		{"tokens", "1.0", "1", false},
		{"tokens", long, long, true},
		{"tokens", long + "y", long + "z", false},
		{"tokens", long, long + "z", false},
		{"tokens", "\xff\xfe", "\xff\xfe", true},
		{"tokens:exact-space", "1 2\n", "1 2\n", true},
		{"tokens:exact-space", "1  2\n", "1 2\n", false},
		{"tokens:exact-space", "1 2", "1 2\n", false},
		{"tokens:exact-space", "1\t2\n", "1 2\n", false},
		{"tokens:exact-space,ignore-case", "A b\n", "a B\n", true},
		{"tokens:exact-space", " 1", "1", false},

		{"floats:1e-6", "3.1415930", "3.1415926", true},
		{"floats:1e-6", "3.15", "3.14", false},
		{"floats:1e-6", "1000001", "1000000", true},
		{"floats:1e-6", "1.000001", "1.000000", true}, // the border
		{"floats:1e-6", "1.00000101", "1.000000", false},
		{"floats:abs=1e-6", "1000001", "1000000", false},
		{"floats:rel=1e-6", "0.0000005", "0", false},
		{"floats:1e-6", "abc 1", "abc 1.0000001", true},
		{"floats:1e-6", "abd 1", "abc 1", false},
		{"floats:1e-6", "x", "1", false},
		{"floats:1e-6", "", "1", false},
		{"floats:1e-6", "1 2", "1", false},
		{"floats:1e-6", "-0", "0", true},
		{"floats:1e-6", "-0.0", "0.0", true},
		{"floats:1e-6", "+1", "1", true},
		{"floats:1e-6", "1e0", "1", true},
		{"floats:1e-6", ".5", "0.5", true},
		{"floats:1e-6", "5.", "5", true},
		{"floats:1e-6", ".", "0", false},
		{"floats:1e-6", "1e", "1", false},
		{"floats:1e-6", "--1", "1", false},
		{"floats:1e-6", "+-1", "-1", false},
		{"floats:1e-6", "1_000", "1000", false},
		{"floats:1e-6", "0x10", "16", false},
		{"floats:1e-6", "0x1p4", "0x10p0", false},
		{"floats:1e-6", "nan", "1", false},
		{"floats:1e-6", "1", "nan", false},
		{"floats:1e-6", "NaN", "nan", true},
		{"floats:1e-6", "-nan", "nan", true},
		{"floats:1e-6", "inf", "1e308", false},
		{"floats:1e-6", "inf", "Infinity", true},
		{"floats:1e-6", "-inf", "inf", false},
		{"floats:1e-6", "1e400", "inf", true},
		{"floats:1e-6", "1e-400", "0", true},
		{"floats:1e-6", "0e999999999999", "0", true},
		{"floats:1e-6", "1e999999999", "1e-999999999", false},
		{"floats:1e-6", "1e-999999999", "0", true},
		{"floats:abs=1e-9", "9007199254740993", "9007199254740992", false},
		{"floats:abs=1e-9", "9007199254740993.0", "9007199254740993", true},
		{"floats:abs=0,rel=0", "1.0", "1", true},
		{"floats:abs=0,rel=0", "1.0000000000000000000001", "1", false},
		{"floats:1e-6", strings.Repeat("1", 5000), strings.Repeat("1", 4999) + "2", false}, // a word
	} {
		t.Run(test.checker, func(t *testing.T) {
			result := compare(t, parse(t, test.checker), test.output, test.answer)
			assert.Equal(t, test.accepted, result.Outcome == checker.Accepted, "%.50q for %.50q: %s", test.output, test.answer, result.Message)
			if test.accepted {
				assert.Nil(t, result.Mismatch)
			} else {
				assert.Equal(t, checker.WrongAnswer, result.Outcome)
				assert.NotEmpty(t, result.Message)
			}
		})
	}
}

func TestMismatchIsShown(t *testing.T) {
	for _, test := range []struct{ checker, output, answer, message string }{
		{"tokens", "1 2\n3 x y\n", "1 2\n3 4 y\n", `line 2, column 3: the tokens differ: "x", expected "4"`},
		{"tokens", "1 2\n", "1 2 3\n", `line 2, column 1: the output ends early: the end, expected "3"`},
		{"tokens", "1 2 3\n", "1 2\n", `line 1, column 5: the output goes on after its end: "3", expected the end`},
		{"tokens", "a\x00\x1b[2J\xff", "b", `line 1, column 1: the tokens differ: "a\x00\x1b[2J\xff", expected "b"`},
		{"tokens:exact-space", "1  2", "1 2", `line 1, column 3: white space differs: white space, expected "2"`},
		{"floats:1e-6", "1\n2.5", "1\n2.25", `line 2, column 1: the numbers differ by 0.25: "2.5", expected "2.25"`},
		{"floats:1e-6", "two", "2", `line 1, column 1: a number is expected: "two", expected "2"`},
		{"lines", "one two\nthree\n", "one two\nthirty\n", `line 2, column 3: the lines differ: "ree", expected "irty"`},
		{"exact", "a\r\n", "a\n", `line 1, column 2: the bytes differ: "\r", expected white space`},
		{"exact", "é=1", "é=2", `line 1, column 4: the bytes differ: "1", expected "2"`},
	} {
		assert.Equal(t, test.message, compare(t, parse(t, test.checker), test.output, test.answer).Message)
	}
}

func TestMismatchHasContext(t *testing.T) {
	output := strings.Repeat("abc ", 100) + "X" + strings.Repeat("Y", 200) + " def\nnext line"
	answer := strings.Repeat("abc ", 100) + "Z def ghi\n"
	m := compare(t, checker.Tokens{}, output, answer).Mismatch
	require.NotNil(t, m)
	assert.Equal(t, checker.Place{
		Line: 1, Column: 401, Found: "X" + strings.Repeat("Y", 63) + "…",
		Before: strings.Repeat("abc ", 6), After: " def",
	}, m.Output)
	assert.Equal(t, checker.Place{Line: 1, Column: 401, Found: "Z", Before: strings.Repeat("abc ", 6), After: " def ghi"}, m.Answer)
}

// A text of any size is compared in a window.
func TestCompareStreams(t *testing.T) {
	const size = 16 << 20
	for _, name := range []string{"exact", "lines", "tokens", "floats:1e-6"} {
		text := func() io.Reader { return &noise{rand.New(rand.NewPCG(1, 0)), size} }
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		result, err := parse(t, name).Compare(text(), text())
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		assert.Equal(t, checker.Accepted, result.Outcome)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), name)
	}
}

// noise is words of digits, one in eight bytes white space.
type noise struct {
	random *rand.Rand
	left   int
}

func (n *noise) Read(p []byte) (int, error) {
	if n.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), n.left, 4096)]
	for i := range p {
		p[i] = "0123456789012345678901234567 \n\n "[n.random.UintN(32)]
	}
	n.left -= len(p)
	return len(p), nil
}

func TestReadersErrorIsNoVerdict(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, name := range []string{"exact", "lines", "tokens", "tokens:exact-space", "floats:1e-6"} {
		for _, text := range []string{"", "1 2", "9 "} {
			_, err := parse(t, name).Compare(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), strings.NewReader("1 2 3"))
			assert.ErrorIs(t, err, broken)
			assert.ErrorContains(t, err, "the output")
			_, err = parse(t, name).Compare(strings.NewReader("1 2 3"), io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
			assert.ErrorIs(t, err, broken)
			assert.ErrorContains(t, err, "the answer")
		}
	}
}

func TestParse(t *testing.T) {
	for _, text := range []string{
		"exact", "lines", "lines:ignore-case", "tokens", "tokens:ignore-case,exact-space",
		"floats:abs=1e-09,rel=1e-06", "floats:abs=0,rel=0.5,ignore-case",
	} {
		assert.Equal(t, text, parse(t, text).String())
	}
	assert.Equal(t, "floats:abs=1e-06,rel=1e-06", parse(t, "floats:1e-6").String())
	for text, message := range map[string]string{
		"":                     `no checker ""`,
		"token":                `did you mean "tokens"?`,
		"floats":               "floats needs a tolerance",
		"floats:x":             `floats has no option "x"`,
		"floats:1e":            `"1e" is no tolerance`,
		"floats:abs=-1":        `"-1" is no tolerance`,
		"floats:abs=nan":       `"nan" is no tolerance`,
		"floats:rel":           `floats has no option "rel"`,
		"exact:":               `exact has no option "": it has none`,
		"lines:abs=1":          `lines has no option "abs=1": there are ignore-case`,
		"tokens:ignore-case=1": "no option",
	} {
		_, err := checker.Parse(text)
		assert.ErrorContains(t, err, message, text)
	}
}

func TestFlags(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "tokens:ignore-case",
		"case_sensitive":                        "tokens",
		"case_sensitive space_change_sensitive": "tokens:exact-space",
		"float_tolerance 1e-6":                  "floats:abs=1e-06,rel=1e-06,ignore-case",
		"float_absolute_tolerance 1e-9 float_relative_tolerance 0.1": "floats:abs=1e-09,rel=0.1,ignore-case",
	} {
		got, err := checker.Flags(strings.Fields(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, got.String())
	}
	for text, message := range map[string]string{
		"float_tolerance":      "float_tolerance needs a number",
		"float_tolerance many": `"many" is no tolerance`,
		"case-sensitive":       `no flag "case-sensitive": there are case_sensitive`,
	} {
		_, err := checker.Flags(strings.Fields(text))
		assert.ErrorContains(t, err, message)
	}
}
