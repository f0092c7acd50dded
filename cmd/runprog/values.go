package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/internal/nearest"
	"github.com/bailiff-judge/bailiff/runner"
)

// The types of flags. Each is a pflag.Value: Set parses and says how to mend,
// String prints what Set takes, Type stands for the value in the help.

const unlimited = "unlimited"

var (
	errZero     = errors.New("a limit of zero lets nothing run: leave the flag out for the default, or write unlimited")
	errTooLarge = errors.New("too large: write unlimited for no limit")
)

// timeLimit is a Go duration or a number of seconds.
type timeLimit struct{ value *time.Duration }

func (l timeLimit) Set(text string) error {
	if text == unlimited {
		*l.value = runner.Unlimited
		return nil
	}
	d, err := parseDuration(text)
	switch {
	case err != nil:
		return err
	case d <= 0:
		return errZero
	}
	*l.value = d
	return nil
}

func parseDuration(text string) (time.Duration, error) {
	// ParseFloat takes "inf", "0x1p3" and "1e3", too, which nobody means here.
	if text != "" && strings.Trim(text, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange):
			return 0, errors.New("no duration: write 1.5s, 500ms, a number of seconds, or unlimited")
		case err != nil || seconds >= math.MaxInt64/1e9:
			return 0, errTooLarge
		}
		return time.Duration(seconds * 1e9), nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err == nil && d < 0:
		return 0, errors.New("a limit can't be negative: write unlimited for no limit")
	case err != nil:
		return 0, errors.New("no duration: write 1.5s, 500ms, a number of seconds, or unlimited")
	}
	return d, nil
}

func (l timeLimit) String() string {
	switch {
	case l.value == nil || *l.value == 0:
		return ""
	case *l.value == runner.Unlimited:
		return unlimited
	}
	return l.value.String()
}

func (timeLimit) Type() string { return "TIME" }

// sizeLimit is a number of bytes, with K, M, G or T for powers of 1024.
type sizeLimit struct{ value *int64 }

func (l sizeLimit) Set(text string) (err error) {
	*l.value, err = parseCount(text, "KMGT", "no size: write a number of bytes, or one with K, M, G or T as in 64M, or unlimited")
	return err
}

func (l sizeLimit) String() string {
	if l.value == nil {
		return ""
	}
	return countText(*l.value, "KMGT")
}

func (sizeLimit) Type() string { return "SIZE" }

// countLimit is a number of things.
type countLimit struct{ value *int }

func (l countLimit) Set(text string) error {
	n, err := parseCount(text, "", "no count: write a whole number, or unlimited")
	*l.value = int(n)
	return err
}

func (l countLimit) String() string {
	if l.value == nil {
		return ""
	}
	return countText(int64(*l.value), "")
}

func (countLimit) Type() string { return "N" }

// parseCount reads a number that may have one of the suffixes, of which each
// is worth 1024 times the one before.
func parseCount(text, suffixes, mend string) (int64, error) {
	if text == unlimited {
		return runner.Unlimited, nil
	}
	digits, shift := text, 0
	if n := len(text); n > 0 {
		if i := strings.IndexByte(suffixes, text[n-1]); i >= 0 {
			digits, shift = text[:n-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > math.MaxInt64>>shift:
		return 0, errTooLarge
	case err != nil:
		return 0, errors.New(mend)
	case n == 0:
		return 0, errZero
	}
	return int64(n) << shift, nil
}

// countText undoes parseCount, with the largest suffix that keeps it whole.
func countText(n int64, suffixes string) string {
	switch n {
	case 0:
		return ""
	case runner.Unlimited:
		return unlimited
	}
	i := 0
	for i < len(suffixes) && n%1024 == 0 {
		n, i = n/1024, i+1
	}
	text := strconv.FormatInt(n, 10)
	if i > 0 {
		text += suffixes[i-1 : i]
	}
	return text
}

// choice is one of a few words.
type choice struct {
	value *string
	kind  string
	words []string
}

func (c choice) Set(text string) error {
	for _, word := range c.words {
		if word == text {
			*c.value = text
			return nil
		}
	}
	if like := nearest.Name(text, c.words); like != "" {
		return fmt.Errorf("did you mean %s? There are %s", like, strings.Join(c.words, ", "))
	}
	return fmt.Errorf("there are %s", strings.Join(c.words, ", "))
}

func (c choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

func (c choice) Type() string { return c.kind }
