package policy

import (
	"fmt"
	"strings"

	"github.com/bailiff-judge/bailiff/internal/constant"
)

// vocabularies says which constants an argument is written in.
var vocabularies = map[string]struct {
	arg   int
	words *constant.Set
}{
	"clone":   {0, constant.Clone},
	"unshare": {0, constant.Clone},
	"ioctl":   {1, constant.Ioctl},
	"prctl":   {0, constant.Prctl},
	"socket":  {0, constant.Family},
}

// text is a value as that argument's man page writes it.
func (v Value) text(call string, arg int) string {
	vocabulary, known := vocabularies[call]
	if !known || vocabulary.arg != arg || v == 0 {
		return v.number()
	}
	return vocabulary.words.Text(uint64(v))
}

func (v Value) number() string { return constant.Number(uint64(v)) }

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
