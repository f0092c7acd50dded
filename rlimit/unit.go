package rlimit

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// unit is how numbers are written: the suffixes with their factors, largest
// first. The last one is what a number has that is divisible by no other; a
// number without a suffix is in that unit too.
type unit struct {
	name     string
	suffixes []suffix
}

type suffix struct {
	text   string
	factor uint64
}

var (
	bytes        = unit{"bytes", []suffix{{"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}}}
	seconds      = unit{"seconds", []suffix{{"h", 3600}, {"m", 60}, {"s", 1}}}
	microseconds = unit{"microseconds", []suffix{{"s", 1e6}, {"ms", 1e3}, {"us", 1}}}
	count        = unit{"count", []suffix{{"", 1}}}
)

const unlimited = "unlimited"

// format writes n with the largest suffix that keeps it whole.
func (u *unit) format(n uint64) string {
	if n == Unlimited {
		return unlimited
	}
	s := u.suffixes[len(u.suffixes)-1]
	for _, larger := range u.suffixes {
		if n != 0 && n%larger.factor == 0 {
			s = larger
			break
		}
	}
	return strconv.FormatUint(n/s.factor, 10) + s.text
}

func (u *unit) parse(text string) (uint64, error) {
	if text == unlimited {
		return Unlimited, nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil && (digits == "" || strings.Trim(digits, "0123456789") != "") {
		return 0, fmt.Errorf("%q is no value: write %s", text, u.example())
	}
	factor := u.factor(text[len(digits):])
	if factor == 0 {
		return 0, fmt.Errorf("unknown unit in %q: write %s", text, u.example())
	}
	high, product := bits.Mul64(n, factor)
	if err != nil || high != 0 || product == Unlimited {
		return 0, fmt.Errorf("%q is too large: write %q for no limit", text, unlimited)
	}
	return product, nil
}

// factor is 0 for a suffix that u doesn't have.
func (u *unit) factor(text string) uint64 {
	for _, s := range u.suffixes {
		if s.text == text {
			return s.factor
		}
	}
	if text == "" {
		return 1
	}
	return 0
}

// example says how a value of this unit is written.
func (u *unit) example() string {
	var forms []string
	for _, s := range u.suffixes {
		forms = append([]string{"64" + s.text}, forms...)
	}
	return strings.Join(forms, ", ") + " or " + unlimited
}
