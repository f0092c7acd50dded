package crash

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
