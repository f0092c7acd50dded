package seccomp

import (
	"fmt"
	"slices"
	"strings"
)

// Condition is a test of a call's arguments: a [Test], [All] or [Any].
type Condition interface {
	fmt.Stringer
	// resolve gives every test the type that its argument has in that call.
	resolve(syscall string) (Condition, error)
	// holds is the meaning of the condition. Types are known.
	holds(args *[6]uint64) bool
	// node is the program that goes on at yes if it holds, else at no.
	node(b *builder, yes, no *node) *node
}

// Holds says whether c holds for a call with those arguments; nil always does.
// Its error is that of Compile.
func Holds(c Condition, syscall string, args *[6]uint64) (bool, error) {
	if c == nil {
		return true, nil
	}
	resolved, err := c.resolve(syscall)
	if err != nil {
		return false, fmt.Errorf("seccomp: %w", err)
	}
	return resolved.holds(args), nil
}

// All holds if each of its conditions does.
type All []Condition

// Any holds if one of its conditions does.
type Any []Condition

// Test compares one argument. It is made by [Equal], [NotEqual], [Masked],
// [AnyBit], [OneOf] and [Between].
//
// Values are written as 64 bits. For a narrower type they must fit, as an
// unsigned or as a sign-extended number: -100 for an int is written
// uint64(0xffffff9c), or as -100 converted to uint64.
type Test struct {
	arg    int
	kind   ArgType
	op     op
	mask   uint64
	values []uint64 // one; of OneOf any number; of Between low and high
}

type op uint8

const (
	opEqual op = iota
	opNotEqual
	opMasked
	opAnyBit
	opOneOf
	opBetween
)

// Equal holds if argument arg (from 0 on) is value.
func Equal(arg int, value uint64) Test { return Test{arg: arg, op: opEqual, values: []uint64{value}} }

// NotEqual holds if argument arg is not value.
func NotEqual(arg int, value uint64) Test {
	return Test{arg: arg, op: opNotEqual, values: []uint64{value}}
}

// Masked holds if those bits of argument arg that are in mask are as in value.
func Masked(arg int, mask, value uint64) Test {
	return Test{arg: arg, op: opMasked, mask: mask, values: []uint64{value}}
}

// AnyBit holds if at least one of the bits in mask is set in argument arg.
func AnyBit(arg int, mask uint64) Test {
	return Test{arg: arg, op: opAnyBit, mask: mask, values: []uint64{0}}
}

// OneOf holds if argument arg is one of the values.
func OneOf(arg int, values ...uint64) Test { return Test{arg: arg, op: opOneOf, values: values} }

// Between holds if argument arg is at least low and at most high, compared
// with a sign if its type has one.
func Between(arg int, low, high uint64) Test {
	return Test{arg: arg, op: opBetween, values: []uint64{low, high}}
}

// As says the argument's type, instead of the table of [TypeOf].
func (t Test) As(kind ArgType) Test {
	t.kind = kind
	return t
}

func (t Test) resolve(syscall string) (Condition, error) {
	if t.arg < 0 || t.arg > 5 {
		return nil, fmt.Errorf("%s: argument %d: there are 0 to 5", syscall, t.arg)
	}
	if t.kind == 0 {
		t.kind = TypeOf(syscall, t.arg)
	}
	switch {
	case t.kind == 0:
		return nil, fmt.Errorf("%s: the type of argument %d is not known: say it (int, uint, long, ulong)", syscall, t.arg)
	case t.kind > Pointer:
		return nil, fmt.Errorf("%s: argument %d: there is no type %d", syscall, t.arg, t.kind)
	case t.kind == Pointer && (t.op > opNotEqual || t.values[0] != 0):
		return nil, fmt.Errorf("%s: argument %d is a pointer: it can only be equal to 0 or not, what it points at can change", syscall, t.arg)
	}
	t.values = slices.Clone(t.values)
	for i := range t.values {
		var err error
		if t.values[i], err = t.kind.fit(t.values[i]); err != nil {
			return nil, fmt.Errorf("%s: argument %d: %w", syscall, t.arg, err)
		}
	}
	switch t.op {
	case opMasked, opAnyBit:
		var err error
		if t.mask, err = t.kind.fit(t.mask); err != nil {
			return nil, fmt.Errorf("%s: argument %d: mask: %w", syscall, t.arg, err)
		}
		if t.values[0]&^t.mask != 0 {
			return nil, fmt.Errorf("%s: argument %d: value %#x has bits that mask %#x has not: it never holds", syscall, t.arg, t.values[0], t.mask)
		}
	case opOneOf:
		slices.Sort(t.values)
		t.values = slices.Compact(t.values)
	case opBetween:
		if t.order(t.values[0]) > t.order(t.values[1]) {
			return nil, fmt.Errorf("%s: argument %d: %d to %d is empty", syscall, t.arg, t.values[0], t.values[1])
		}
	}
	return t, nil
}

// order maps values to numbers that compare, without a sign, as t's type does.
func (t Test) order(v uint64) uint64 {
	if t.kind.signed() {
		return v ^ 1<<(t.kind.bits()-1)
	}
	return v
}

func (t Test) holds(args *[6]uint64) bool {
	v := args[t.arg] & t.kind.mask()
	switch t.op {
	case opEqual:
		return v == t.values[0]
	case opNotEqual:
		return v != t.values[0]
	case opMasked:
		return v&t.mask == t.values[0]
	case opAnyBit:
		return v&t.mask != 0
	case opOneOf:
		return slices.Contains(t.values, v)
	default:
		return t.order(t.values[0]) <= t.order(v) && t.order(v) <= t.order(t.values[1])
	}
}

func (t Test) String() string {
	text := make([]string, len(t.values))
	for i, v := range t.values {
		text[i] = fmt.Sprintf("%#x", v)
		if v < 10 {
			text[i] = fmt.Sprint(v)
		}
	}
	switch t.op {
	case opEqual:
		return fmt.Sprintf("arg%d == %s", t.arg, text[0])
	case opNotEqual:
		return fmt.Sprintf("arg%d != %s", t.arg, text[0])
	case opMasked:
		return fmt.Sprintf("arg%d & %#x == %s", t.arg, t.mask, text[0])
	case opAnyBit:
		return fmt.Sprintf("arg%d & %#x != 0", t.arg, t.mask)
	case opOneOf:
		return fmt.Sprintf("arg%d in {%s}", t.arg, strings.Join(text, ", "))
	default:
		return fmt.Sprintf("arg%d in %s..%s", t.arg, text[0], text[1])
	}
}

func (c All) resolve(syscall string) (Condition, error) {
	list, err := resolveAll(c, syscall)
	return All(list), err
}

func (c Any) resolve(syscall string) (Condition, error) {
	list, err := resolveAll(c, syscall)
	return Any(list), err
}

func resolveAll(list []Condition, syscall string) ([]Condition, error) {
	resolved := make([]Condition, len(list))
	for i, c := range list {
		var err error
		if resolved[i], err = c.resolve(syscall); err != nil {
			return nil, err
		}
	}
	return resolved, nil
}

func (c All) holds(args *[6]uint64) bool {
	return !slices.ContainsFunc(c, func(c Condition) bool { return !c.holds(args) })
}

func (c Any) holds(args *[6]uint64) bool {
	return slices.ContainsFunc(c, func(c Condition) bool { return c.holds(args) })
}

func (c All) String() string { return join(c, " and ", "always") }
func (c Any) String() string { return join(c, " or ", "never") }

func join(list []Condition, word, empty string) string {
	if len(list) == 0 {
		return empty
	}
	text := make([]string, len(list))
	for i, c := range list {
		text[i] = c.String()
		if _, single := c.(Test); !single && len(list) > 1 {
			text[i] = "(" + text[i] + ")"
		}
	}
	return strings.Join(text, word)
}
