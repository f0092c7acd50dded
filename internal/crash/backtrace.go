package crash

import (
	"slices"

	"golang.org/x/sys/unix"
)

// What a backtrace has at most: of a recursion, the innermost part says enough.
const (
	mostFrames  = 48
	mostObjects = 16
)

// code is where a frame is, before it has names.
type code struct {
	address uint64
	mapping *mapping // nil if there is none
	module  *module  // nil if its file can't be read
	virtual uint64   // address as the module counts
	lookup  uint64   // the same, or for a caller a byte of the call before it
	at      registers
}

func (t *thread) backtrace(e *Evidence, cost *budget) {
	l := &modules{files: t.files, cost: cost, known: make(map[string]*module)}
	defer l.close()
	// A mistake in reading what a hostile program wrote must not be the judge's end.
	defer func() {
		if recover() != nil {
			e.Truncated = true
		}
	}()
	frames, more := t.unwind(l)
	e.Backtrace = symbolize(frames, t.executable)
	e.Truncated = more || cost.spent
	if e.Signal == unix.SIGABRT && len(frames) > 0 {
		e.Hint = t.explainAbort(e, frames)
	}
}

func (t *thread) executable(address uint64) *mapping {
	if m := t.maps.at(address); m != nil && m.execute {
		return m
	}
	return nil
}

// unwind finds the frames, and says whether there are more.
func (t *thread) unwind(l *modules) (frames []code, more bool) {
	r := dwarfRegisters(t.regs)
	// Whether the program is at pc, rather than in a call, a system call or a
	// breakpoint before it.
	exact := fault(t.info.signal(), t.info.code()) || t.info.code() == siKernel
	if t.info.signal() == unix.SIGTRAP && trapsBehind {
		exact = false
	}
	if t.executable(r.pc) == nil {
		frames = append(frames, code{address: r.pc, mapping: t.maps.at(r.pc)})
		back := calledFrom(t.regs, t.memory)
		if back == 0 {
			return frames, false
		}
		popCall(&r, back)
		exact = false
	}
	// The stack grows down, so the callers' frames are above; but for a handler
	// that has a stack of its own.
	switches := 0
	for len(frames) < mostFrames {
		c := code{address: r.pc, mapping: t.executable(r.pc), at: r}
		if c.mapping == nil {
			return frames, false
		}
		if c.module = l.of(c.mapping); c.module != nil {
			c.locate(exact)
		}
		frames = append(frames, c)
		up, signal, ok := t.caller(&r, &c)
		if up.values[regSP] < r.values[regSP] {
			switches++
		}
		if !ok || up.pc == 0 || switches > 2 || up.pc == r.pc && up.values[regSP] == r.values[regSP] {
			return frames, false
		}
		r, exact = up, signal
	}
	return frames, true
}

// locate finds the address as the module counts.
func (c *code) locate(exact bool) {
	virtual, ok := c.module.address(c.address - c.mapping.start + c.mapping.offset)
	if !ok {
		c.module = nil
		return
	}
	c.virtual, c.lookup = virtual, virtual
	if !exact {
		c.lookup--
	}
}

// caller is the frame above, by the module's tables or else by frame pointers.
// Signal says that this frame is one that a signal's handler returns to.
func (t *thread) caller(r *registers, c *code) (up registers, signal, ok bool) {
	if c.module != nil {
		if f := c.module.callFramesAt(c.lookup); f != nil {
			rules, ok := f.rulesAt(c.lookup)
			if !ok {
				return registers{}, false, false
			}
			up, ok = f.caller(r, &rules, t.memory)
			return up, f.signal, ok
		}
	}
	up, ok = t.framePointer(r)
	return up, false, ok
}

// framePointer is the frame that the frame pointer leads to: an address right
// behind a call.
func (t *thread) framePointer(r *registers) (up registers, ok bool) {
	fp := r.values[regFP]
	if fp%8 != 0 {
		return registers{}, false
	}
	next, readable := word(t.memory, fp)
	back, alsoReadable := word(t.memory, fp+8)
	back = stripped(back)
	if !readable || !alsoReadable || t.executable(back) == nil || !afterCall(back, t.memory) {
		return registers{}, false
	}
	up = *r
	up.pc = back
	up.values[regFP], up.values[regSP] = next, fp+16
	return up, true
}

// tables are what a module says of the frames in it.
type tables struct {
	places  map[uint64]place
	callers map[uint64]callers
}

// symbolize gives names to frames, one module after the other.
func symbolize(frames []code, executable func(uint64) *mapping) []Frame {
	said := make(map[*module]*tables)
	for _, c := range frames {
		if c.module == nil || said[c.module] != nil {
			continue
		}
		var addresses []uint64
		for _, other := range frames {
			if other.module == c.module && !slices.Contains(addresses, other.lookup) {
				addresses = append(addresses, other.lookup)
			}
		}
		said[c.module] = &tables{c.module.lines(addresses), c.module.activations(addresses)}
	}
	var list []Frame
	for _, c := range frames {
		f := Frame{Address: c.address}
		if c.mapping != nil && executable(c.address) != nil {
			f.Module, f.Offset = c.mapping.module(), c.address-c.mapping.start+c.mapping.offset
		}
		if c.module == nil {
			list = append(list, f)
			continue
		}
		f.Offset = c.virtual
		list = append(list, c.named(f, said[c.module])...)
	}
	return list
}

// named is the frame with its names, and before it those that are inlined in it.
func (c *code) named(f Frame, said *tables) []Frame {
	symbol, at := function(c.module.symbol(c.lookup)), said.places[c.lookup]
	active := said.callers[c.lookup]
	if len(active.list) == 0 {
		f.Function, f.File, f.Line = symbol, clean(at.file, longestPath), at.line
		return []Frame{f}
	}
	table := (*lineTable)(nil)
	if root := &active.unit.root; root.hasLines {
		table = c.module.lineTableAt(root.lines)
	}
	var list []Frame
	for _, a := range active.list {
		f.Function, f.Inlined = function(a.name), a.inlined
		if !a.inlined && symbol != "" {
			f.Function = symbol
		}
		f.File, f.Line = clean(at.file, longestPath), at.line
		list = append(list, f)
		at = place{line: a.callLine}
		if table != nil && a.inlined {
			at.file = table.file(a.callFile)
		}
	}
	return list
}

// longestPath is that of a source's path.
const longestPath = 1024
