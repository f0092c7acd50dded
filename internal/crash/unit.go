package crash

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
