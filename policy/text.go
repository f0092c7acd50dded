package policy

import (
	"fmt"
	"slices"
	"strings"
)

// vocabularies says which constants an argument is written in.
var vocabularies = map[string]struct {
	arg    int
	prefix []string
	flags  bool // any number of them, joined
}{
	"clone":   {0, []string{"CLONE_"}, true},
	"unshare": {0, []string{"CLONE_"}, true},
	"ioctl":   {1, []string{"TC", "TIOC", "FIO", "FICLONE"}, false},
	"prctl":   {0, []string{"PR_"}, false},
	"socket":  {0, []string{"AF_"}, false},
}

// text is a value as that argument's man page writes it.
func (v Value) text(call string, arg int) string {
	words, known := vocabularies[call]
	if !known || words.arg != arg || v == 0 {
		return v.number()
	}
	var names []string
	rest := v
	for _, name := range constantNames() {
		number := constants[name]
		if !slices.ContainsFunc(words.prefix, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		if !words.flags && number == v {
			return name
		}
		if words.flags && number&rest == number {
			names = append(names, name)
			rest &^= number
		}
	}
	if rest != 0 {
		names = append(names, rest.number())
	}
	return strings.Join(names, "|")
}

func (v Value) number() string {
	if v < 10 {
		return fmt.Sprint(uint64(v))
	}
	return fmt.Sprintf("%#x", uint64(v))
}

// whenText is the conditions of a rule about that call.
func whenText(call string, list []Condition) string { return joinText(call, list, " and ") }

func joinText(call string, list []Condition, word string) string {
	var parts []string
	for _, c := range list {
		part := c.text(call)
		if c.Arg == nil && len(list) > 1 {
			part = "(" + part + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, word)
}

func (c Condition) text(call string) string {
	if c.Arg == nil {
		if c.All != nil {
			return joinText(call, c.All, " and ")
		}
		return joinText(call, c.Any, " or ")
	}
	value := func(v Value) string { return v.text(call, *c.Arg) }
	left := fmt.Sprintf("arg%d", *c.Arg)
	switch {
	case c.Is != nil && c.Mask != nil && *c.Is == *c.Mask:
		return left + " has " + value(*c.Is)
	case c.Is != nil && c.Mask != nil:
		return fmt.Sprintf("%s & (%s) == %s", left, value(*c.Mask), value(*c.Is))
	case c.Is != nil:
		return left + " == " + value(*c.Is)
	case c.Not != nil:
		return left + " != " + value(*c.Not)
	case c.AnyBit != nil:
		return left + " has any of " + value(*c.AnyBit)
	case c.From != nil:
		return fmt.Sprintf("%s in %d..%d", left, int64(*c.From), int64(*c.To))
	}
	var values []string
	for _, v := range c.In {
		values = append(values, value(v))
	}
	return left + " in {" + strings.Join(values, ", ") + "}"
}
