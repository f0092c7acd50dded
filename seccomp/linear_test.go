package seccomp

import (
	"golang.org/x/sys/unix"
)

// linear is a filter as one would write it by hand: rule after rule, each
// comparing everything it needs. It is nothing like the search tree, so that a
// mistake of one is none of the other's. It has no more than 255 instructions
// in a rule: nil if that isn't enough.
func linear(r *Rules) []unix.SockFilter {
	l := &lines{}
	l.load(offsetArch)
	l.test(codeEqual, NativeArch, 1, 0)
	l.ret(r.Foreign)
	l.load(offsetNumber)
	l.test(codeAtMin, foreignNumbers, 0, 1)
	l.ret(r.Foreign)
	for _, rule := range r.Rules {
		for _, name := range rule.Syscalls {
			nr, ok := Number(name)
			if !ok {
				continue
			}
			body := &lines{}
			if rule.When != nil {
				when, err := rule.When.resolve(name)
				if err != nil {
					panic(err)
				}
				body = condition(when)
				// The condition falls out at its end with 1 or 0.
				body.test(codeEqual, 1, 0, 1)
			}
			body.ret(rule.Action)
			if len(body.row) > 255 {
				return nil
			}
			l.load(offsetNumber)
			l.test(codeEqual, uint32(nr), 0, uint8(len(body.row)))
			l.row = append(l.row, body.row...)
		}
	}
	l.ret(r.Default)
	return l.row
}

type lines struct{ row []unix.SockFilter }

func (l *lines) add(code uint16, k uint32) { l.row = append(l.row, unix.SockFilter{Code: code, K: k}) }
func (l *lines) load(offset uint32)        { l.add(codeLoad, offset) }
func (l *lines) ret(a Action)              { l.add(codeReturn, uint32(a)) }
func (l *lines) test(code uint16, k uint32, jt, jf uint8) {
	l.row = append(l.row, unix.SockFilter{Code: code, Jt: jt, Jf: jf, K: k})
}

// truth leaves 1 in the accumulator where the program jumps over two
// instructions from here, and 0 where it falls through.
func (l *lines) truth() {
	l.add(ld|immediate, 0)
	l.add(codeJump, 1)
	l.add(ld|immediate, 1)
}

// condition leaves 1 or 0 in the accumulator. Every part of a list is
// evaluated, and their answers are joined through scratch words by and, or.
func condition(c Condition) *lines {
	switch c := c.(type) {
	case All:
		return joined(c, 1, alu|unix.BPF_AND|operandX)
	case Any:
		return joined(c, 0, alu|unix.BPF_OR|operandX)
	}
	t := c.(Test)
	l := &lines{}
	// Any of several is the or of each; a range is two comparisons by
	// subtraction of the halves; all the rest is equality under a mask.
	switch t.op {
	case opOneOf:
		var each []Condition
		for _, v := range t.values {
			one := t
			one.op, one.values = opEqual, []uint64{v}
			each = append(each, one)
		}
		return joined(each, 0, alu|unix.BPF_OR|operandX)
	case opBetween:
		l.within(t)
		return l
	}
	mask := t.kind.mask()
	if t.op == opMasked || t.op == opAnyBit {
		mask = t.mask
	}
	l.load(t.low())
	l.add(alu|unix.BPF_AND|unix.BPF_K, uint32(mask))
	l.add(alu|unix.BPF_XOR|unix.BPF_K, uint32(t.values[0]))
	l.add(misc|toX, 0)
	l.load(t.low() + 4)
	l.add(alu|unix.BPF_AND|unix.BPF_K, uint32(mask>>32))
	l.add(alu|unix.BPF_XOR|unix.BPF_K, uint32(t.values[0]>>32))
	l.add(alu|unix.BPF_OR|operandX, 0) // zero if equal
	if t.op == opNotEqual || t.op == opAnyBit {
		l.test(codeEqual, 0, 0, 2)
	} else {
		l.test(codeEqual, 0, 2, 0)
	}
	l.truth()
	return l
}

// within compares both halves, the upper with its sign bit turned where the
// type has a sign.
func (l *lines) within(t Test) {
	low, high := t.order(t.values[0]), t.order(t.values[1])
	var turn uint64
	if t.kind.signed() {
		turn = 1 << (t.kind.bits() - 1)
	}
	mask := t.kind.mask()
	word := func(offset uint32, shift uint) {
		l.load(offset)
		l.add(alu|unix.BPF_AND|unix.BPF_K, uint32(mask>>shift))
		l.add(alu|unix.BPF_XOR|unix.BPF_K, uint32(turn>>shift))
	}
	const greater = jmp | unix.BPF_JGT | unix.BPF_K
	word(t.low()+4, 32)
	l.test(greater, uint32(low>>32), 7, 0)
	l.test(codeEqual, uint32(low>>32), 0, 4)
	word(t.low(), 0)
	l.test(codeAtMin, uint32(low), 2, 0)
	l.truth()
	l.add(st, 0)
	word(t.low()+4, 32)
	l.test(greater, uint32(high>>32), 5, 0)
	l.test(codeEqual, uint32(high>>32), 0, 6)
	word(t.low(), 0)
	l.test(greater, uint32(high), 0, 2)
	l.truth()
	l.add(misc|toX, 0)
	l.add(ld|scratch, 0)
	l.add(alu|unix.BPF_AND|operandX, 0)
}

// joined keeps its answer in a scratch word of its own: its depth.
func joined(list []Condition, start uint32, how uint16) *lines {
	l := &lines{}
	word := uint32(1)
	for _, c := range list {
		word = max(word, depth(c)+1)
	}
	l.add(ld|immediate, start)
	l.add(st, word)
	for _, c := range list {
		l.row = append(l.row, condition(c).row...)
		l.add(misc|toX, 0)
		l.add(ld|scratch, word)
		l.add(how, 0)
		l.add(st, word)
	}
	l.add(ld|scratch, word)
	return l
}

// depth is how many scratch words a condition uses, but for the one of ranges.
func depth(c Condition) (deepest uint32) {
	switch c := c.(type) {
	case All:
		for _, inner := range c {
			deepest = max(deepest, depth(inner))
		}
	case Any:
		for _, inner := range c {
			deepest = max(deepest, depth(inner))
		}
	case Test:
		if c.op == opOneOf {
			return 1
		}
		return 0
	}
	return deepest + 1
}
