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

// unit is one of .debug_info (DWARF 5, 7.5.1).
type unit struct {
	object  *object
	start   uint64 // in the section
	entries buffer // all of the unit, at its first entry
	version uint16
	offset  int
	abbrevs map[uint64]abbrev
	root    entry
}

// abbrev says which attributes entries have.
type abbrev struct {
	tag        uint64
	children   bool
	attributes buffer
}

// Tags and attributes that are looked at (DWARF 5, 7.5).
const (
	tagInlined    = 0x1d
	tagSubprogram = 0x2e

	attrName           = 0x03
	attrStmtList       = 0x10
	attrLowPC          = 0x11
	attrHighPC         = 0x12
	attrAbstractOrigin = 0x31
	attrSpecification  = 0x47
	attrRanges         = 0x55
	attrCallFile       = 0x58
	attrCallLine       = 0x59
	attrLinkageName    = 0x6e
	attrStrOffsetsBase = 0x72
	attrAddrBase       = 0x73
	attrRnglistsBase   = 0x74
	attrMIPSLinkage    = 0x2007
)

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

// unitList is those units that can be read.
func (o *object) unitList() []*unit {
	if o.units != nil {
		return o.units
	}
	o.units = []*unit{}
	section := buffer{data: o.data(".debug_info")}
	for section.more() && o.cost.step(1) {
		u := &unit{object: o, start: uint64(section.pos)}
		length, offset := section.length()
		u.entries, u.offset = section.cut(length), offset
		if u.entries.bad {
			break
		}
		const size, abbrevSize = 512, 96 // about
		if u.readHeader() && u.readRoot() && o.cost.take(size+abbrevSize*uint64(len(u.abbrevs))) {
			o.units = append(o.units, u)
		}
	}
	return o.units
}

func (u *unit) readHeader() bool {
	b := &u.entries
	u.version = b.u16()
	var abbrevs uint64
	switch {
	case u.version >= 2 && u.version <= 4:
		abbrevs = b.fixed(u.offset)
		if b.u8() != 8 {
			return false
		}
	case u.version == 5:
		const compile, partial = 1, 3 // DW_UT_compile, DW_UT_partial
		kind, size := b.u8(), b.u8()
		abbrevs = b.fixed(u.offset)
		if size != 8 || kind != compile && kind != partial {
			return false
		}
	default:
		return false
	}
	return !b.bad && u.readAbbrevs(abbrevs)
}

func (u *unit) readAbbrevs(at uint64) bool {
	const most = 1 << 14
	u.abbrevs = make(map[uint64]abbrev)
	b := buffer{data: u.object.data(".debug_abbrev")}.at(at)
	for b.more() && len(u.abbrevs) < most {
		code := b.unsigned()
		if code == 0 {
			return true
		}
		a := abbrev{tag: b.unsigned(), children: b.u8() != 0}
		a.attributes = b
		for b.more() && u.object.cost.step(1) {
			name, form := b.unsigned(), b.unsigned()
			if form == formImplicitConst {
				b.signed()
			}
			if name == 0 && form == 0 {
				break
			}
		}
		u.object.cost.step(8)
		u.abbrevs[code] = a
	}
	return false
}

// entry is one with those of its attributes that are looked at.
type entry struct {
	tag      uint64
	children bool
	name     string // linkage name, or else the name
	// The entry with its name, in the section: an origin or a specification.
	origin         uint64
	low, high      uint64
	hasLow         bool
	ranges         uint64
	hasRanges      bool
	rangesIndexed  bool
	callFile       uint64
	callLine       int
	lines          uint64
	hasLines       bool
	strOffsetsBase uint64
	addrBase       uint64
	rnglistsBase   uint64
}

// readRoot reads the unit's own entry.
func (u *unit) readRoot() bool {
	// What it says of tables holds for itself, so it is read twice.
	for range 2 {
		b := u.entries
		root, ok := u.read(&b, false)
		if !ok {
			return false
		}
		u.root = root
	}
	return true
}

// read reads the entry that b is at; of the names only if they are wanted. A
// null entry, which ends a list of children, has tag 0.
func (u *unit) read(b *buffer, names bool) (e entry, ok bool) {
	code := b.unsigned()
	if code == 0 {
		return entry{}, !b.bad
	}
	a, known := u.abbrevs[code]
	if !known {
		return entry{}, false
	}
	e = entry{tag: a.tag, children: a.children}
	highOffset := false
	for list := a.attributes; u.object.cost.step(1); {
		name, form := list.unsigned(), list.unsigned()
		if form == formImplicitConst {
			list.signed()
		}
		if name == 0 && form == 0 || list.bad {
			break
		}
		switch name {
		case attrName, attrLinkageName, attrMIPSLinkage:
			at := *b
			b.skipForm(form, u.offset, 8)
			if names && (name != attrName || e.name == "") {
				e.name = u.string(at, form)
			}
		case attrLowPC:
			e.low, e.hasLow = u.address(b, form), true
		case attrHighPC:
			highOffset = form != formAddr && (form < formAddrx1 || form > formAddrx4) && form != formAddrx
			e.high = u.address(b, form)
		case attrRanges:
			e.ranges, e.hasRanges, e.rangesIndexed = b.number(form, u.offset), true, form == formRnglistx
		case attrAbstractOrigin, attrSpecification:
			e.origin = b.number(form, u.offset)
			if form != formRefAddr {
				e.origin += u.start
			}
		case attrCallFile:
			e.callFile = b.number(form, u.offset)
		case attrCallLine:
			e.callLine = int(b.number(form, u.offset))
		case attrStmtList:
			e.lines, e.hasLines = b.number(form, u.offset), true
		case attrStrOffsetsBase:
			e.strOffsetsBase = b.number(form, u.offset)
		case attrAddrBase:
			e.addrBase = b.number(form, u.offset)
		case attrRnglistsBase:
			e.rnglistsBase = b.number(form, u.offset)
		default:
			b.skipForm(form, u.offset, 8)
		}
	}
	if highOffset {
		e.high += e.low
	}
	return e, !b.bad
}

// address is a value of a form, which may be an index of .debug_addr.
func (u *unit) address(b *buffer, form uint64) uint64 {
	v := b.number(form, u.offset)
	if form == formAddrx || form >= formAddrx1 && form <= formAddrx4 {
		return u.indexed(v)
	}
	return v
}

func (u *unit) indexed(i uint64) uint64 {
	table := buffer{data: u.object.data(".debug_addr")}.at(u.root.addrBase + 8*i)
	return table.u64()
}

func (u *unit) string(b buffer, form uint64) string {
	if form == formStrx || form >= formStrx1 && form <= formStrx4 {
		i := b.number(form, u.offset)
		table := buffer{data: u.object.data(".debug_str_offsets")}.at(u.root.strOffsetsBase + i*uint64(u.offset))
		text := buffer{data: u.object.data(".debug_str")}.at(table.fixed(u.offset))
		return text.text()
	}
	return u.object.string(b, form, u.offset)
}

// covers says whether an entry's code includes a virtual address.
func (u *unit) covers(e *entry, address uint64) bool {
	switch {
	case e.hasRanges && u.version >= 5:
		return u.inRangeList(e, address)
	case e.hasRanges:
		return u.inRanges(e.ranges, address)
	}
	return e.hasLow && address >= e.low && address < e.high
}

// inRanges looks through a list of .debug_ranges (DWARF 4, 2.17.3).
func (u *unit) inRanges(at, address uint64) bool {
	b := buffer{data: u.object.data(".debug_ranges")}.at(at)
	base := u.root.low
	for b.more() && u.object.cost.step(1) {
		low, high := b.u64(), b.u64()
		switch {
		case low == 0 && high == 0:
			return false
		case low == ^uint64(0):
			base = high
		case address >= base+low && address < base+high:
			return true
		}
	}
	return false
}

// inRangeList looks through a list of .debug_rnglists (DWARF 5, 2.17.3).
func (u *unit) inRangeList(e *entry, address uint64) bool {
	section := buffer{data: u.object.data(".debug_rnglists")}
	at := e.ranges
	if e.rangesIndexed {
		table := section.at(u.root.rnglistsBase + at*uint64(u.offset))
		at = u.root.rnglistsBase + table.fixed(u.offset)
	}
	b := section.at(at)
	base := u.root.low
	for b.more() && u.object.cost.step(1) {
		var low, high uint64
		switch b.u8() { // DW_RLE_*
		case 1:
			base = u.indexed(b.unsigned())
			continue
		case 2:
			low, high = u.indexed(b.unsigned()), u.indexed(b.unsigned())
		case 3:
			low = u.indexed(b.unsigned())
			high = low + b.unsigned()
		case 4:
			low, high = base+b.unsigned(), base+b.unsigned()
		case 5:
			base = b.u64()
			continue
		case 6:
			low, high = b.u64(), b.u64()
		case 7:
			low = b.u64()
			high = low + b.unsigned()
		default: // also the end of the list
			return false
		}
		if address >= low && address < high {
			return true
		}
	}
	return false
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
