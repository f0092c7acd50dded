package crash

// callFrames is an entry of .eh_frame with what it is based on.
type callFrames struct {
	object       *object
	codeAlign    uint64
	dataAlign    int64
	returnColumn uint64
	signal       bool // the frame of a signal handler's caller
	start, end   uint64
	initial      buffer
	program      buffer
}

// Encodings of pointers (Linux Standard Base, 10.5.1).
const (
	pointerOmit     = 0xff
	pointerIndirect = 0x80
)

// pointer reads an encoded one; at is the virtual address of where it stands,
// and data that of the table.
func (b *buffer) pointer(encoding uint8, at, data uint64) uint64 {
	var v uint64
	switch encoding & 0x0f {
	case 0x00, 0x04, 0x0c: // absptr, udata8, sdata8
		v = b.u64()
	case 0x01:
		v = b.unsigned()
	case 0x02:
		v = uint64(b.u16())
	case 0x03:
		v = uint64(b.u32())
	case 0x09:
		v = uint64(b.signed())
	case 0x0a:
		v = uint64(int64(int16(b.u16())))
	case 0x0b:
		v = uint64(int64(int32(b.u32())))
	default:
		b.bad = true
	}
	switch encoding & 0x70 {
	case 0x10:
		v += at
	case 0x30:
		v += data
	case 0:
	default:
		b.bad = true
	}
	if encoding&pointerIndirect != 0 {
		b.bad = true // only personality routines are
	}
	return v
}

// callFramesAt finds the entry for a virtual address; nil if there is none. Static
// programs have no table of entries, so those are gone through.
func (o *object) callFramesAt(address uint64) *callFrames {
	if o.frames != 0 {
		return o.lookUpFrames(address)
	}
	return o.scanFrames(address)
}

// frameRange is the code of an entry of .eh_frame.
type frameRange struct{ start, end, entry uint64 }

func (o *object) scanFrames(address uint64) *callFrames {
	if o.ranges == nil {
		o.ranges = o.frameRanges()
	}
	for _, r := range o.ranges {
		if address >= r.start && address < r.end {
			return o.readEntry(r.entry)
		}
	}
	return nil
}

// frameRanges are all of them.
func (o *object) frameRanges() []frameRange {
	list := []frameRange{}
	s := o.section(".eh_frame")
	b := buffer{data: o.data(".eh_frame")}
	type common struct {
		encoding uint8
		ok       bool
	}
	commons := make(map[uint64]common)
	for b.more() && o.cost.step(16) {
		at := s.Addr + uint64(b.pos)
		length := b.u32()
		if b.bad || length == 0 || length > largestEntry {
			break
		}
		place := s.Addr + uint64(b.pos)
		entry := b.cut(uint64(length))
		back := uint64(entry.u32())
		if back == 0 || entry.bad { // a common one
			continue
		}
		c, known := commons[place-back]
		if !known {
			cie, _ := o.entryAt(place - back)
			c.encoding, _, c.ok = new(callFrames).readCommon(&cie)
			commons[place-back] = c
		}
		start := entry.pointer(c.encoding, s.Addr+uint64(entry.pos), 0)
		size := entry.pointer(c.encoding&0x0f, 0, 0)
		if c.ok && !entry.bad && o.cost.take(32) {
			list = append(list, frameRange{start, start + size, at})
		}
	}
	return list
}

// lookUpFrames searches the sorted table of .eh_frame_hdr.
func (o *object) lookUpFrames(address uint64) *callFrames {
	header := buffer{data: o.at(o.frames, make([]byte, 64))}
	if header.u8() != 1 {
		return nil
	}
	framesEncoding, countEncoding, tableEncoding := header.u8(), header.u8(), header.u8()
	header.pointer(framesEncoding, o.frames+uint64(header.pos), o.frames)
	count := header.pointer(countEncoding, o.frames+uint64(header.pos), o.frames)
	const sorted = 0x3b // sdata4, relative to the table: all linkers write this
	if header.bad || tableEncoding != sorted {
		return nil
	}
	table := o.frames + uint64(header.pos)
	at := func(i uint64) (start, entry uint64, ok bool) {
		row := buffer{data: o.at(table+8*i, make([]byte, 8))}
		start, entry = row.pointer(sorted, 0, o.frames), row.pointer(sorted, 0, o.frames)
		return start, entry, !row.bad
	}
	low, high := uint64(0), min(count, 1<<28)
	for low < high && o.cost.step(16) {
		middle := (low + high) / 2
		start, _, ok := at(middle)
		if !ok {
			return nil
		}
		if start <= address {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == 0 {
		return nil
	}
	_, entry, ok := at(low - 1)
	if !ok {
		return nil
	}
	f := o.readEntry(entry)
	if f == nil || address < f.start || address >= f.end {
		return nil
	}
	return f
}

// largestEntry is that of an entry of .eh_frame.
const largestEntry = 64 << 10

// entryAt is the entry at a virtual address, without its length, and where that
// is.
func (o *object) entryAt(address uint64) (buffer, uint64) {
	head := buffer{data: o.at(address, make([]byte, 4))}
	length := head.u32()
	if head.bad || length == 0 || length > largestEntry {
		return buffer{bad: true}, 0
	}
	data := o.at(address+4, make([]byte, length))
	return buffer{data: data, bad: len(data) < int(length)}, address + 4
}

func (o *object) readEntry(address uint64) *callFrames {
	fde, at := o.entryAt(address)
	back := uint64(fde.u32())
	if fde.bad || back == 0 {
		return nil
	}
	cie, _ := o.entryAt(at - back)
	f := &callFrames{object: o}
	encoding, augmented, ok := f.readCommon(&cie)
	if !ok {
		return nil
	}
	f.start = fde.pointer(encoding, at+uint64(fde.pos), 0)
	f.end = f.start + fde.pointer(encoding&0x0f, 0, 0)
	if augmented {
		fde.skip(fde.unsigned())
	}
	if f.program = fde; fde.bad {
		return nil
	}
	return f
}

// readCommon reads a common information entry, and says how pointers are written.
func (f *callFrames) readCommon(cie *buffer) (encoding uint8, augmented, ok bool) {
	if cie.u32() != 0 || cie.bad {
		return 0, false, false
	}
	if version := cie.u8(); version != 1 && version != 3 {
		return 0, false, false
	}
	augmentation := cie.text()
	f.codeAlign, f.dataAlign, f.returnColumn = cie.unsigned(), cie.signed(), cie.unsigned()
	if augmentation != "" && augmentation[0] != 'z' {
		return 0, false, false
	}
	var data buffer
	if augmented = augmentation != ""; augmented {
		data = cie.cut(cie.unsigned())
		for _, c := range augmentation[1:] {
			switch c {
			case 'R':
				encoding = data.u8()
			case 'P':
				personality := data.u8()
				if personality != pointerOmit {
					data.pointer(personality&^pointerIndirect, 0, 0)
				}
			case 'L':
				data.u8()
			case 'S':
				f.signal = true
			}
		}
	}
	f.initial = *cie
	return encoding, augmented, !cie.bad && !data.bad && f.returnColumn < numRegisters
}
