package checker

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Tolerance is by how much a number may differ: it is right if it is within
// one of the two.
type Tolerance struct {
	// Absolute is the difference itself, Relative the difference as part of
	// the answer. Zero allows none.
	Absolute, Relative float64
}

// equal says whether an output's token is right, if the answer's is a number.
func (t *Tolerance) equal(output, answer []byte) (equal bool, reason string) {
	want, ok := number(answer)
	if !ok {
		return false, "the tokens differ"
	}
	got, ok := number(output)
	switch {
	case !ok:
		return false, "a number is expected"
	case t.within(got, want, string(output), string(answer)):
		return true, ""
	case math.IsNaN(got) || math.IsNaN(want) || math.IsInf(got, 0) || math.IsInf(want, 0):
		return false, "the numbers differ"
	}
	return false, fmt.Sprintf("the numbers differ by %.3g", math.Abs(got-want))
}

// border makes the border belong to what is right: neither 1e-6 nor 1.000001
// is a binary fraction.
const border = 1 + 1e-9

func (t *Tolerance) within(got, want float64, output, answer string) bool {
	switch {
	case math.IsNaN(want) || math.IsNaN(got):
		return math.IsNaN(want) && math.IsNaN(got)
	case math.IsInf(want, 0) || math.IsInf(got, 0):
		return want == got
	}
	allowed := max(t.Absolute, t.Relative*math.Abs(want)) * border
	// What the two may have lost when they became float64.
	const epsilon = 0x1p-52
	if lost := (math.Abs(got) + math.Abs(want)) * epsilon; lost*1e6 < allowed {
		return math.Abs(got-want) <= allowed
	}
	x, okX := exact(output)
	y, okY := exact(answer)
	if !okX || !okY {
		return math.Abs(got-want) <= allowed
	}
	difference := new(big.Float).Sub(x, y)
	return difference.Abs(difference).Cmp(big.NewFloat(allowed)) <= 0
}

// exact reads a number with more digits than a float64 has. Exponents beyond
// those of a float64 would cost more than any judge has time for.
func exact(text string) (*big.Float, bool) {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if exponent, err := strconv.Atoi(text[i+1:]); err != nil || exponent < -400 || exponent > 400 {
			return nil, false
		}
	}
	const precision = 1024
	f, _, err := big.ParseFloat(text, 10, precision, big.ToNearestEven)
	return f, err == nil
}

// number reads a decimal number, inf or nan.
func number(token []byte) (float64, bool) {
	text := string(token)
	body := strings.TrimLeft(text, "+-")
	if len(text)-len(body) > 1 {
		return 0, false
	}
	switch strings.ToLower(body) {
	case "inf", "infinity":
		if text[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	case "nan":
		return math.NaN(), true
	}
	if !decimal(body) {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	// Out of range is infinite.
	return f, err == nil || math.IsInf(f, 0)
}

// decimal says whether a text is a decimal number without its sign.
func decimal(text string) bool {
	mantissa, exponent, scientific := text, "", false
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent, scientific = text[:i], text[i+1:], true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !digits(whole) || !digits(fraction) {
		return false
	}
	if !scientific {
		return true
	}
	if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	return exponent != "" && digits(exponent)
}

func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }
