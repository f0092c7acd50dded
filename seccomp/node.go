package seccomp

import (
	"sort"

	"golang.org/x/sys/unix"
)

// node is one instruction of a program that is not laid out yet: where it goes
// on is a pointer. Nodes are made by a builder, which makes equal ones once:
// so what two decisions have in common at their end is shared, and two
// decisions are the same if their nodes are.
type node struct {
	code uint16
	k    uint32
	// next of a load or mask; yes and no of a jump; none of a return.
	yes, no *node
}

// The instructions that a filter is made of.
const (
	codeLoad   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS  // A = data[k]
	codeMask   = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K // A &= k
	codeEqual  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K // A == k?
	codeAtMin  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K // A >= k?
	codeBits   = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	codeJump   = unix.BPF_JMP | unix.BPF_JA
	codeReturn = unix.BPF_RET | unix.BPF_K
)

type builder struct {
	nodes map[node]*node
	bare  map[bareKey]*node // what loaded has answered
}

type bareKey struct {
	offset uint32
	node   *node
}

func newBuilder() *builder {
	return &builder{nodes: make(map[node]*node), bare: make(map[bareKey]*node)}
}

func (b *builder) make(n node) *node {
	if known, ok := b.nodes[n]; ok {
		return known
	}
	b.nodes[n] = &n
	return &n
}

func (b *builder) ret(a Action) *node { return b.make(node{code: codeReturn, k: uint32(a)}) }

// unless is a refusal but for calls with the key. What is allowed needs no look
// at it: the kernel remembers what it may allow by number alone.
func (b *builder) unless(key uint64, a Action) *node {
	refuse := b.ret(a)
	if key == 0 || a.Permits() {
		return refuse
	}
	const sixth = offsetArgs + 5*8
	upper := b.load(sixth+4, b.jump(codeEqual, uint32(key>>32), b.ret(Allow), refuse))
	return b.load(sixth, b.jump(codeEqual, uint32(key), upper, refuse))
}

// jump needs no test if both ways are the same.
func (b *builder) jump(code uint16, k uint32, yes, no *node) *node {
	if yes == no {
		return yes
	}
	return b.make(node{code: code, k: k, yes: yes, no: no})
}

// load goes on at next with a word of the data. Decisions begin with a load of
// their own or need none, so that they can follow any other; where one would
// load the same word again, it doesn't.
func (b *builder) load(offset uint32, next *node) *node {
	next = b.loaded(offset, next)
	if next.code == codeReturn || next.code == codeLoad {
		return next
	}
	return b.make(node{code: codeLoad, k: offset, yes: next})
}

// loaded is n where the word at offset is in the accumulator already.
func (b *builder) loaded(offset uint32, n *node) *node {
	if n.code == codeLoad && n.k == offset {
		return n.yes
	}
	if n.no == nil { // not a jump
		return n
	}
	key := bareKey{offset, n}
	if known, ok := b.bare[key]; ok {
		return known
	}
	b.bare[key] = b.jump(n.code, n.k, b.loaded(offset, n.yes), b.loaded(offset, n.no))
	return b.bare[key]
}

// masked goes on at next with the bits of mask alone.
func (b *builder) masked(mask uint32, next *node) *node {
	if mask == ^uint32(0) || next.code == codeReturn || next.code == codeLoad {
		return next
	}
	return b.make(node{code: codeMask, k: mask, yes: next})
}

// span says where a decision begins to hold; it ends where the next begins.
type span struct {
	from uint32
	node *node
}

// search is a balanced tree over spans, the first of which begins at 0.
func (b *builder) search(spans []span) *node {
	spans = merge(spans)
	return b.tree(spans)
}

// merge drops the spans that decide as the one before them does.
func merge(spans []span) []span {
	merged := spans[:0:0]
	for _, s := range spans {
		if len(merged) == 0 || merged[len(merged)-1].node != s.node {
			merged = append(merged, s)
		}
	}
	return merged
}

func (b *builder) tree(spans []span) *node {
	switch {
	case len(spans) == 1:
		return spans[0].node
	// One number among others that agree is one comparison, not two.
	case len(spans) == 3 && spans[0].node == spans[2].node && spans[1].from+1 == spans[2].from:
		return b.jump(codeEqual, spans[1].from, spans[1].node, spans[0].node)
	}
	middle := len(spans) / 2
	return b.jump(codeAtMin, spans[middle].from, b.tree(spans[middle:]), b.tree(spans[:middle]))
}

// choose is a tree that goes to yes for the values, sorted, and else to no.
func (b *builder) choose(values []uint32, yes, no *node) *node {
	spans := []span{{0, no}}
	for _, v := range values {
		if last := &spans[len(spans)-1]; last.from == v {
			last.node = yes
		} else {
			spans = append(spans, span{v, yes})
		}
		if v != ^uint32(0) {
			spans = append(spans, span{v + 1, no})
		}
	}
	return b.search(spans)
}

// between is a tree that goes to yes from low to high.
func (b *builder) between(low, high uint32, yes, no *node) *node {
	next := yes
	if high != ^uint32(0) {
		next = b.jump(codeAtMin, high+1, no, yes)
	}
	if low == 0 {
		return next
	}
	return b.jump(codeAtMin, low, next, no)
}

// Offsets in struct seccomp_data. Both architectures are little-endian.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
	dataSize     = 64
)

func (c All) node(b *builder, yes, no *node) *node {
	for i := len(c) - 1; i >= 0; i-- {
		yes = c[i].node(b, yes, no)
	}
	return yes
}

func (c Any) node(b *builder, yes, no *node) *node {
	for i := len(c) - 1; i >= 0; i-- {
		no = c[i].node(b, yes, no)
	}
	return no
}

func (t Test) node(b *builder, yes, no *node) *node {
	switch t.op {
	case opNotEqual:
		t.op, yes, no = opEqual, no, yes
	case opAnyBit:
		t.op, yes, no = opMasked, no, yes
	}
	if len(t.values) == 0 { // one of none
		return no
	}
	if t.kind.bits() < 64 {
		return b.load(t.low(), b.masked(uint32(t.kind.mask()), t.narrow(b, yes, no)))
	}
	return t.wide(b, yes, no)
}

// low is the offset of the argument's lower half; the upper lies behind it.
func (t Test) low() uint32 { return uint32(offsetArgs + 8*t.arg) }

// narrow is the test of a value of up to 32 bits in the accumulator.
func (t Test) narrow(b *builder, yes, no *node) *node {
	v := uint32(t.values[0])
	switch t.op {
	case opEqual:
		return b.jump(codeEqual, v, yes, no)
	case opMasked:
		return b.maskedEqual(uint32(t.mask), v, yes, no)
	case opOneOf:
		values := make([]uint32, len(t.values))
		for i, v := range t.values {
			values[i] = uint32(v)
		}
		return b.choose(values, yes, no)
	}
	high := uint32(t.values[1])
	switch {
	case high+1 == v || v == 0 && high == ^uint32(0): // all there are
		return yes
	case v > high: // from a negative number up: all but what lies between
		return b.between(high+1, v-1, no, yes)
	}
	return b.between(v, high, yes, no)
}

// maskedEqual needs no mask where the question is whether any bit is set.
func (b *builder) maskedEqual(mask, value uint32, yes, no *node) *node {
	switch {
	case mask == 0:
		return yes
	case value == 0:
		return b.jump(codeBits, mask, no, yes)
	case value == mask && value&(value-1) == 0:
		return b.jump(codeBits, mask, yes, no)
	}
	return b.masked(mask, b.jump(codeEqual, value, yes, no))
}

// wide compares the upper half first.
func (t Test) wide(b *builder, yes, no *node) *node {
	lower := func(n *node) *node { return b.load(t.low(), n) }
	upper := func(n *node) *node { return b.load(t.low()+4, n) }
	v := t.values[0]
	switch t.op {
	case opEqual:
		return upper(b.jump(codeEqual, uint32(v>>32), lower(b.jump(codeEqual, uint32(v), yes, no)), no))
	case opMasked:
		return upper(b.maskedEqual(uint32(t.mask>>32), uint32(v>>32),
			lower(b.maskedEqual(uint32(t.mask), uint32(v), yes, no)), no))
	case opOneOf:
		return upper(t.upperHalves(b, yes, no))
	}
	high := t.values[1]
	switch { // as in narrow
	case high+1 == v:
		return yes
	case v > high:
		v, high, yes, no = high+1, v-1, no, yes
	}
	return t.wideBetween(b, v, high, yes, no)
}

// upperHalves is a tree over the upper halves of the values, with one over the
// lower halves for each.
func (t Test) upperHalves(b *builder, yes, no *node) *node {
	spans := []span{{0, no}}
	for rest := t.values; len(rest) > 0; {
		upper := rest[0] >> 32
		n := sort.Search(len(rest), func(i int) bool { return rest[i]>>32 > upper })
		values := make([]uint32, n)
		for i := range values {
			values[i] = uint32(rest[i])
		}
		found := b.load(t.low(), b.choose(values, yes, no))
		if last := &spans[len(spans)-1]; last.from == uint32(upper) {
			last.node = found
		} else {
			spans = append(spans, span{uint32(upper), found})
		}
		if uint32(upper) != ^uint32(0) {
			spans = append(spans, span{uint32(upper) + 1, no})
		}
		rest = rest[n:]
	}
	return b.search(spans)
}

// wideBetween is yes from low to high, low not above high.
func (t Test) wideBetween(b *builder, low, high uint64, yes, no *node) *node {
	lower := func(from, to uint32) *node { return b.load(t.low(), b.between(from, to, yes, no)) }
	lowUpper, highUpper := uint32(low>>32), uint32(high>>32)
	spans := []span{{0, no}}
	add := func(from uint32, n *node) {
		if last := &spans[len(spans)-1]; last.from == from {
			last.node = n
		} else {
			spans = append(spans, span{from, n})
		}
	}
	if lowUpper == highUpper {
		add(lowUpper, lower(uint32(low), uint32(high)))
	} else {
		add(lowUpper, lower(uint32(low), ^uint32(0)))
		add(lowUpper+1, yes)
		add(highUpper, lower(0, uint32(high)))
	}
	if highUpper != ^uint32(0) {
		add(highUpper+1, no)
	}
	return b.load(t.low()+4, b.search(spans))
}
