package crash

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
