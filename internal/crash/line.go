package crash

import (
	"path"
	"slices"
)

// place is where in the source an address is.
type place struct {
	file string
	line int
}

// lines finds the places of virtual addresses in .debug_line, all in one pass.
// Those that it doesn't find are not in the answer.
func (o *object) lines(addresses []uint64) map[uint64]place {
	found := make(map[uint64]place)
	section := buffer{data: o.data(".debug_line")}
	for len(addresses) > 0 && section.more() && len(found) < len(addresses) && o.cost.step(1) {
		length, offset := section.length()
		unit := section.cut(length)
		if unit.bad {
			break
		}
		if t := o.lineTable(unit, offset); t != nil {
			t.run(addresses, found)
		}
	}
	return found
}

// lineTable is a unit's line number program (DWARF 5, 6.2).
type lineTable struct {
	object      *object
	version     uint16
	program     buffer
	minimum     uint64
	lineBase    int64
	lineRange   uint8
	opcodeBase  uint8
	lengths     []uint8 // of the standard opcodes, from 1 on
	offset      int     // the size of offsets
	directories buffer
	dirFormat   []entryFormat
	files       buffer
	fileFormat  []entryFormat
}

// entryFormat is a content type and its form.
type entryFormat struct{ content, form uint64 }

const (
	contentPath      = 1 // DW_LNCT_path
	contentDirectory = 2 // DW_LNCT_directory_index
)

// lineTableAt is the one at an offset of the section, nil if it is not to be read.
func (o *object) lineTableAt(at uint64) *lineTable {
	section := buffer{data: o.data(".debug_line")}.at(at)
	length, offset := section.length()
	unit := section.cut(length)
	if unit.bad {
		return nil
	}
	return o.lineTable(unit, offset)
}

func (o *object) lineTable(unit buffer, offset int) *lineTable {
	t := &lineTable{object: o, offset: offset, version: unit.u16()}
	if t.version < 2 || t.version > 5 {
		return nil
	}
	if t.version >= 5 {
		if size := unit.u8(); size != 8 || unit.u8() != 0 { // addresses, segments
			return nil
		}
	}
	header := unit.cut(unit.fixed(offset))
	t.program = unit
	t.minimum = uint64(header.u8())
	if t.version >= 4 {
		header.u8() // operations of one instruction: VLIW only
	}
	header.u8() // whether rows are statements
	t.lineBase, t.lineRange, t.opcodeBase = int64(int8(header.u8())), header.u8(), header.u8()
	if header.bad || t.lineRange == 0 || t.opcodeBase == 0 {
		return nil
	}
	for range t.opcodeBase - 1 {
		t.lengths = append(t.lengths, header.u8())
	}
	if t.version < 5 {
		t.directories = header
		for header.more() && len(header.rawText()) > 0 {
		}
		t.files = header
	} else {
		t.dirFormat, t.directories = entryTable(&header)
		t.skipEntries(&header, t.dirFormat)
		t.fileFormat, t.files = entryTable(&header)
	}
	if header.bad {
		return nil
	}
	return t
}

// entryTable reads the format; the buffer stands at the count.
func entryTable(header *buffer) ([]entryFormat, buffer) {
	format := make([]entryFormat, header.u8())
	for i := range format {
		format[i] = entryFormat{header.unsigned(), header.unsigned()}
	}
	return format, *header
}

func (t *lineTable) skipEntries(b *buffer, format []entryFormat) {
	for range b.unsigned() {
		if !b.more() || !t.object.cost.step(1+len(format)) {
			return
		}
		before := b.pos
		if t.entry(b, format); b.pos == before { // entries of no size: any number of them
			b.bad = true
			return
		}
	}
}

// entry is a directory or file: its name, and its directory.
func (t *lineTable) entry(b *buffer, format []entryFormat) (name buffer, form, directory uint64) {
	for _, f := range format {
		switch f.content {
		case contentPath:
			name, form = *b, f.form
			b.skipForm(f.form, t.offset, 8)
		case contentDirectory:
			directory = b.number(f.form, t.offset)
		default:
			b.skipForm(f.form, t.offset, 8)
		}
	}
	return name, form, directory
}

// pick is the name of entry number i of a table, and its directory.
func (t *lineTable) pick(b buffer, format []entryFormat, i uint64) (name string, directory uint64) {
	if count := b.unsigned(); i >= count || len(format) == 0 {
		return "", 0
	}
	for ; i > 0 && b.more() && t.object.cost.step(1+len(format)); i-- {
		t.entry(&b, format)
	}
	text, form, directory := t.entry(&b, format)
	if b.bad {
		return "", 0
	}
	return t.object.string(text, form, t.offset), directory
}

// file is the name of a file by its number. Names in the directory that the
// compiler ran in stay as they were given.
func (t *lineTable) file(number uint64) string {
	if t.version >= 5 {
		name, directory := t.pick(t.files, t.fileFormat, number)
		if directory == 0 || name == "" || path.IsAbs(name) {
			return name
		}
		in, _ := t.pick(t.directories, t.dirFormat, directory)
		return path.Join(in, name)
	}
	files := t.files
	for n := uint64(1); files.more() && t.object.cost.step(1); n++ {
		name := files.text()
		directory := files.unsigned()
		files.unsigned() // time
		files.unsigned() // size
		if name == "" {
			return ""
		}
		if n != number {
			continue
		}
		if directory == 0 || path.IsAbs(name) {
			return name
		}
		directories := t.directories
		for ; directory > 1 && directories.more() && t.object.cost.step(1); directory-- {
			directories.rawText()
		}
		return path.Join(directories.text(), name)
	}
	return ""
}

// row is a state of the line number machine.
type row struct {
	address, file uint64
	line          int64
}

// Standard and extended opcodes.
const (
	lnsCopy = iota + 1
	lnsAdvancePC
	lnsAdvanceLine
	lnsSetFile
	lnsSetColumn
	lnsNegateStmt
	lnsSetBasicBlock
	lnsConstAddPC
	lnsFixedAdvancePC
	lnsSetPrologueEnd
	lnsSetEpilogueBegin
	lnsSetISA

	lneEndSequence = 1
	lneSetAddress  = 2
)

// run goes through the program, and notes the places of addresses. Of a sequence
// that begins at 0 the linker has thrown away the code.
func (t *lineTable) run(addresses []uint64, found map[uint64]place) {
	low, high := slices.Min(addresses), slices.Max(addresses)
	b := t.program
	now := row{file: 1, line: 1}
	last, begun, start := row{}, false, uint64(0)
	emit := func(end bool) {
		if !begun {
			begun, start = true, now.address
		} else if start != 0 && last.address <= high && now.address > low {
			for _, a := range addresses {
				if _, known := found[a]; !known && a >= last.address && a < now.address && last.line > 0 {
					if name := t.file(last.file); name != "" {
						found[a] = place{name, int(last.line)}
					}
				}
			}
		}
		last = now
		if end {
			now, begun = row{file: 1, line: 1}, false
		}
	}
	for b.more() && t.object.cost.step(1) {
		opcode := b.u8()
		switch {
		case opcode >= t.opcodeBase:
			special := uint64(opcode - t.opcodeBase)
			now.address += special / uint64(t.lineRange) * t.minimum
			now.line += t.lineBase + int64(special%uint64(t.lineRange))
			emit(false)
		case opcode == 0:
			extended := b.cut(b.unsigned())
			switch extended.u8() {
			case lneEndSequence:
				emit(true)
			case lneSetAddress:
				now.address = extended.u64()
			}
		default:
			t.standard(opcode, &b, &now, emit)
		}
	}
}

func (t *lineTable) standard(opcode uint8, b *buffer, now *row, emit func(bool)) {
	switch opcode {
	case lnsCopy:
		emit(false)
	case lnsAdvancePC:
		now.address += b.unsigned() * t.minimum
	case lnsAdvanceLine:
		now.line += b.signed()
	case lnsSetFile:
		now.file = b.unsigned()
	case lnsConstAddPC:
		now.address += uint64(255-t.opcodeBase) / uint64(t.lineRange) * t.minimum
	case lnsFixedAdvancePC:
		now.address += uint64(b.u16())
	default:
		for range t.lengths[opcode-1] {
			b.unsigned()
		}
	}
}
