package crash

// registers are those of a frame, by DWARF's numbers.
type registers struct {
	pc     uint64
	values [numRegisters]uint64
}

// Rules of a register: where its value in the caller is (DWARF 5, 6.4.1).
type ruleKind uint8

const (
	ruleSame ruleKind = iota // also: not said
	ruleUndefined
	ruleOffset    // in memory, at CFA+n
	ruleValue     // CFA+n
	ruleRegister  // in register n
	ruleExpr      // in memory, at what the expression says
	ruleValueExpr // what the expression says
)

type rule struct {
	kind ruleKind
	n    int64
	expr buffer
}

// frameRules are the rules at one instruction.
type frameRules struct {
	cfaRegister uint64
	cfaOffset   int64
	cfaExpr     buffer
	hasExpr     bool
	registers   [numRegisters]rule
}

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

// rulesAt runs the entry's program up to an address.
func (f *callFrames) rulesAt(address uint64) (frameRules, bool) {
	var now frameRules
	if !f.run(f.initial, &now, &now, ^uint64(0)) {
		return now, false
	}
	first := now
	return now, f.run(f.program, &now, &first, address)
}

// run executes instructions until the location is behind the address.
func (f *callFrames) run(b buffer, now, first *frameRules, address uint64) bool {
	location := f.start
	var saved []frameRules
	set := func(register uint64, r rule) {
		if register < numRegisters {
			now.registers[register] = r
		}
	}
	for b.more() && f.object.cost.step(4) {
		opcode := b.u8()
		low := uint64(opcode & 0x3f)
		switch opcode >> 6 {
		case 1: // advance_loc
			location += low * f.codeAlign
		case 2: // offset
			set(low, rule{kind: ruleOffset, n: int64(b.unsigned()) * f.dataAlign})
		case 3: // restore
			if low < numRegisters {
				now.registers[low] = first.registers[low]
			}
		default:
			switch opcode {
			case 0x00: // nop
			case 0x01: // set_loc: not written by anybody
				return false
			case 0x02:
				location += uint64(b.u8()) * f.codeAlign
			case 0x03:
				location += uint64(b.u16()) * f.codeAlign
			case 0x04:
				location += uint64(b.u32()) * f.codeAlign
			case 0x05: // offset_extended
				r := b.unsigned()
				set(r, rule{kind: ruleOffset, n: int64(b.unsigned()) * f.dataAlign})
			case 0x06: // restore_extended
				if r := b.unsigned(); r < numRegisters {
					now.registers[r] = first.registers[r]
				}
			case 0x07:
				set(b.unsigned(), rule{kind: ruleUndefined})
			case 0x08:
				set(b.unsigned(), rule{kind: ruleSame})
			case 0x09:
				r := b.unsigned()
				set(r, rule{kind: ruleRegister, n: int64(b.unsigned())})
			case 0x0a: // remember_state
				if len(saved) > 64 {
					return false
				}
				saved = append(saved, *now)
			case 0x0b: // restore_state
				if len(saved) == 0 {
					return false
				}
				*now, saved = saved[len(saved)-1], saved[:len(saved)-1]
			case 0x0c: // def_cfa
				now.cfaRegister, now.cfaOffset, now.hasExpr = b.unsigned(), int64(b.unsigned()), false
			case 0x0d: // def_cfa_register
				now.cfaRegister = b.unsigned()
			case 0x0e: // def_cfa_offset
				now.cfaOffset = int64(b.unsigned())
			case 0x0f: // def_cfa_expression
				now.cfaExpr, now.hasExpr = b.cut(b.unsigned()), true
			case 0x10, 0x16: // expression, val_expression
				r := b.unsigned()
				kind := ruleExpr
				if opcode == 0x16 {
					kind = ruleValueExpr
				}
				set(r, rule{kind: kind, expr: b.cut(b.unsigned())})
			case 0x11: // offset_extended_sf
				r := b.unsigned()
				set(r, rule{kind: ruleOffset, n: b.signed() * f.dataAlign})
			case 0x12: // def_cfa_sf
				now.cfaRegister, now.cfaOffset, now.hasExpr = b.unsigned(), b.signed()*f.dataAlign, false
			case 0x13: // def_cfa_offset_sf
				now.cfaOffset = b.signed() * f.dataAlign
			case 0x14: // val_offset
				r := b.unsigned()
				set(r, rule{kind: ruleValue, n: int64(b.unsigned()) * f.dataAlign})
			case 0x2d: // AArch64_negate_ra_state: the return address is signed; see stripped
			case 0x2e: // GNU_args_size
				b.unsigned()
			default:
				return false
			}
		}
		if location > address {
			return true
		}
	}
	return !b.bad
}

// caller is the frame that this one returns to. The bias is what is to be added
// to the object's virtual addresses.
func (f *callFrames) caller(r *registers, rules *frameRules, memory Memory) (registers, bool) {
	cfa := uint64(0)
	switch {
	case rules.hasExpr:
		v, ok := f.evaluate(rules.cfaExpr, r, memory, nil)
		if !ok {
			return registers{}, false
		}
		cfa = v
	case rules.cfaRegister < numRegisters:
		cfa = r.values[rules.cfaRegister] + uint64(rules.cfaOffset)
	default:
		return registers{}, false
	}
	up := *r
	up.values[regSP] = cfa
	for i, rule := range rules.registers {
		ok := true
		var v uint64
		switch rule.kind {
		case ruleSame:
			continue
		case ruleUndefined:
			if uint64(i) == f.returnColumn { // the outermost frame
				return registers{}, false
			}
			continue
		case ruleOffset:
			v, ok = word(memory, cfa+uint64(rule.n))
		case ruleValue:
			v = cfa + uint64(rule.n)
		case ruleRegister:
			if rule.n < 0 || rule.n >= numRegisters {
				return registers{}, false
			}
			v = r.values[rule.n]
		case ruleExpr:
			if v, ok = f.evaluate(rule.expr, r, memory, &cfa); ok {
				v, ok = word(memory, v)
			}
		case ruleValueExpr:
			v, ok = f.evaluate(rule.expr, r, memory, &cfa)
		}
		if !ok {
			return registers{}, false
		}
		up.values[i] = v
	}
	up.pc = stripped(up.values[f.returnColumn])
	return up, true
}

// stripped is an address without the signature that arm64 may put into its upper
// bits; amd64 has none.
func stripped(address uint64) uint64 {
	const bits = 48
	if numRegisters > 17 {
		return address & (1<<bits - 1)
	}
	return address
}
