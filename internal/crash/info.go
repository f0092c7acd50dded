package crash

import "slices"

// activation is one function of several that share a piece of machine code, since
// they were inlined.
type activation struct {
	name    string // a symbol, or a plain name
	inlined bool
	// Where it was called from, if inlined.
	callFile uint64
	callLine int
}

// callers is the functions whose code is at an address, the innermost first, and
// the unit they are in.
type callers struct {
	list []activation
	unit *unit
}

// activations are the functions at virtual addresses. Addresses of which nothing
// is known are not in the answer.
func (o *object) activations(addresses []uint64) map[uint64]callers {
	found := make(map[uint64]callers)
	for _, u := range o.unitList() {
		var inside []uint64
		for _, a := range addresses {
			if _, done := found[a]; !done && u.covers(&u.root, a) {
				inside = append(inside, a)
			}
		}
		if len(inside) == 0 {
			continue
		}
		for a, list := range u.search(inside) {
			found[a] = callers{list, u}
		}
	}
	return found
}

// search goes through all entries of the unit for the functions that cover
// addresses. Of those that do, each lies within the one before, so they are done
// when the children of the first one end.
func (u *unit) search(addresses []uint64) map[uint64][]activation {
	const most = 64
	type state struct {
		address uint64
		list    []activation
		depth   int
		done    bool
	}
	states := make([]state, len(addresses))
	for i, a := range addresses {
		states[i].address = a
	}
	depth, inside, left := 0, 0, len(states)
	b := u.entries
	for b.more() && left > 0 && u.object.cost.step(1) {
		start := b
		e, ok := u.read(&b, false)
		if !ok {
			break
		}
		switch e.tag {
		case tagSubprogram, tagInlined:
			for i := range states {
				s := &states[i]
				first := len(s.list) == 0
				if s.done || len(s.list) == most || first && e.tag == tagInlined || !u.covers(&e, s.address) {
					continue
				}
				if first {
					s.depth = depth
					inside++
				}
				s.list = append(s.list, activation{u.nameAt(start), e.tag == tagInlined, e.callFile, e.callLine})
			}
		case 0:
			depth--
		}
		if e.children {
			depth++
		}
		for i := 0; inside > 0 && (e.tag == 0 || !e.children) && i < len(states); i++ {
			if s := &states[i]; !s.done && len(s.list) > 0 && depth <= s.depth {
				s.done = true
				inside--
				left--
			}
		}
	}
	found := make(map[uint64][]activation)
	for _, s := range states {
		if len(s.list) > 0 {
			slices.Reverse(s.list)
			found[s.address] = s.list
		}
	}
	return found
}

// nameAt is the name of an entry, or of its origin.
func (u *unit) nameAt(b buffer) string {
	const furthest = 8
	for range furthest {
		e, ok := u.read(&b, true)
		if !ok || e.tag == 0 {
			return ""
		}
		// One of another unit is not read.
		if e.name != "" || e.origin < u.start {
			return e.name
		}
		b = u.entries.at(e.origin)
	}
	return ""
}
