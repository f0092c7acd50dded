package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// kinds are the names that Parse knows, with the options of each.
var kinds = []struct{ name, options string }{
	{"exact", ""},
	{"lines", "ignore-case"},
	{"tokens", "ignore-case exact-space"},
	{"floats", "abs rel ignore-case exact-space"},
}

// Kinds lists the names of built-in checkers, for help texts.
func Kinds() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Parse reads a built-in checker: a name, and after a colon its options:
//
//	exact
//	lines lines:ignore-case
//	tokens tokens:ignore-case,exact-space
//	floats:1e-6 floats:abs=1e-9,rel=1e-6,ignore-case
//
// The number alone is both tolerances.
func Parse(text string) (Comparer, error) {
	name, rest, colon := strings.Cut(text, ":")
	i := slices.Index(Kinds(), name)
	if i < 0 {
		like := "."
		if n := nearest.Name(name, Kinds()); n != "" {
			like = fmt.Sprintf(": did you mean %q?", n)
		}
		return nil, fmt.Errorf("checker: no checker %q%s There are %s", name, like, strings.Join(Kinds(), ", "))
	}
	words, tolerance := map[string]bool{}, (*Tolerance)(nil)
	for option := range strings.SplitSeq(rest, ",") {
		if option == "" && !colon {
			continue
		}
		key, value, set := strings.Cut(option, "=")
		if kinds[i].name == "floats" && option != "" && strings.Contains("0123456789.", option[:1]) {
			key, value, set = "", option, true
		}
		if !slices.Contains(strings.Fields(kinds[i].options), cmp.Or(key, "abs")) || set != numeric[cmp.Or(key, "abs")] {
			return nil, fmt.Errorf("checker: %s has no option %q: %s", name, option, optionsText(kinds[i].options))
		}
		words[key] = true
		if !set {
			continue
		}
		if tolerance == nil {
			tolerance = new(Tolerance)
		}
		for k := range numeric {
			if key == k || key == "" {
				if err := tolerance.set(k, value); err != nil {
					return nil, err
				}
			}
		}
	}
	tokens := Tokens{IgnoreCase: words["ignore-case"], ExactSpace: words["exact-space"], Tolerance: tolerance}
	switch kinds[i].name {
	case "exact":
		return Exact{}, nil
	case "lines":
		return Lines{IgnoreCase: tokens.IgnoreCase}, nil
	case "floats":
		if tolerance == nil {
			return nil, fmt.Errorf("checker: floats needs a tolerance: write floats:1e-6, or floats:abs=1e-9,rel=1e-6")
		}
	}
	return tokens, nil
}

// numeric are the options that have a number.
var numeric = map[string]bool{"abs": true, "rel": true}

func optionsText(options string) string {
	if options == "" {
		return "it has none"
	}
	return "there are " + strings.Join(strings.Fields(options), ", ")
}

// set sets one of the two by its short or its Kattis name.
func (t *Tolerance) set(key, value string) error {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f >= 0) || math.IsInf(f, 0) {
		return fmt.Errorf("checker: %q is no tolerance: write a number such as 1e-6", value)
	}
	if key == "abs" {
		t.Absolute = f
	} else {
		t.Relative = f
	}
	return nil
}

// String implements [Comparer].
func (Exact) String() string { return "exact" }

// String implements [Comparer].
func (l Lines) String() string { return withOptions("lines", flag(l.IgnoreCase, "ignore-case")) }

// String implements [Comparer].
func (t Tokens) String() string {
	name, options := "tokens", []string{}
	if t.Tolerance != nil {
		name = "floats"
		format := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
		options = append(options, "abs="+format(t.Tolerance.Absolute), "rel="+format(t.Tolerance.Relative))
	}
	return withOptions(name, append(options, flag(t.IgnoreCase, "ignore-case"), flag(t.ExactSpace, "exact-space"))...)
}

func flag(set bool, name string) string {
	if set {
		return name
	}
	return ""
}

func withOptions(name string, options ...string) string {
	var there []string
	for _, o := range options {
		if o != "" {
			there = append(there, o)
		}
	}
	if len(there) == 0 {
		return name
	}
	return name + ":" + strings.Join(there, ",")
}

// Flags reads the arguments of Kattis's default output validator:
// case_sensitive, space_change_sensitive, and float_tolerance,
// float_absolute_tolerance and float_relative_tolerance, each with a number.
// Without case_sensitive, case is ignored.
func Flags(args []string) (Tokens, error) {
	t := Tokens{IgnoreCase: true}
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; arg {
		case "case_sensitive":
			t.IgnoreCase = false
		case "space_change_sensitive":
			t.ExactSpace = true
		case "float_tolerance", "float_absolute_tolerance", "float_relative_tolerance":
			i++
			if i == len(args) {
				return t, fmt.Errorf("checker: %s needs a number, as in %s 1e-6", arg, arg)
			}
			if t.Tolerance == nil {
				t.Tolerance = new(Tolerance)
			}
			for _, key := range []string{"abs", "rel"} {
				if arg != "float_tolerance" && !strings.HasPrefix(arg, "float_"+key) {
					continue
				}
				if err := t.Tolerance.set(key, args[i]); err != nil {
					return t, fmt.Errorf("%w (%s)", err, arg)
				}
			}
		default:
			names := []string{"case_sensitive", "space_change_sensitive", "float_tolerance", "float_absolute_tolerance", "float_relative_tolerance"}
			return t, fmt.Errorf("checker: the default validator has no flag %q: there are %s", arg, strings.Join(names, ", "))
		}
	}
	return t, nil
}
