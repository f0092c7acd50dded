package crash

import (
	"bytes"
	"encoding/binary"
)

// buffer reads numbers off a table. Behind the end there are zeros, and bad is
// set; so whoever reads looks at it once, at the end, and in each loop.
type buffer struct {
	data []byte
	pos  int
	bad  bool
}

// at is a buffer that begins at an offset.
func (b buffer) at(offset uint64) buffer {
	if offset > uint64(len(b.data)) {
		return buffer{bad: true}
	}
	return buffer{data: b.data, pos: int(offset)}
}

// cut is the next n bytes as a buffer, and skips them.
func (b *buffer) cut(n uint64) buffer {
	if n > uint64(b.left()) {
		b.bad = true
		return buffer{bad: true}
	}
	part := buffer{data: b.data[:b.pos+int(n)], pos: b.pos}
	b.pos += int(n)
	return part
}

func (b *buffer) left() int { return len(b.data) - b.pos }

func (b *buffer) more() bool { return !b.bad && b.left() > 0 }

func (b *buffer) skip(n uint64) {
	if n > uint64(b.left()) {
		b.bad, b.pos = true, len(b.data)
		return
	}
	b.pos += int(n)
}

// fixed is a number of n bytes, up to 8.
func (b *buffer) fixed(n int) uint64 {
	if n > b.left() {
		b.bad, b.pos = true, len(b.data)
		return 0
	}
	var v [8]byte
	copy(v[:n], b.data[b.pos:])
	b.pos += n
	return binary.LittleEndian.Uint64(v[:])
}

func (b *buffer) u8() uint8   { return uint8(b.fixed(1)) }
func (b *buffer) u16() uint16 { return uint16(b.fixed(2)) }
func (b *buffer) u32() uint32 { return uint32(b.fixed(4)) }
func (b *buffer) u64() uint64 { return b.fixed(8) }

// unsigned is a LEB128; bits above 64 are dropped.
func (b *buffer) unsigned() (v uint64) {
	for shift := 0; ; shift += 7 {
		c := b.u8()
		if shift < 64 {
			v |= uint64(c&0x7f) << shift
		}
		if c < 0x80 {
			return v
		}
	}
}

func (b *buffer) signed() (v int64) {
	for shift := 0; ; {
		c := b.u8()
		if shift < 64 {
			v |= int64(c&0x7f) << shift
		}
		if shift += 7; c < 0x80 {
			if c&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
			return v
		}
	}
}

// longestName is that of a string; what is longer is no name.
const longestName = 64 << 10

// text is a string that ends with a NUL.
func (b *buffer) text() string { return string(b.rawText()) }

func (b *buffer) rawText() []byte {
	rest := b.data[b.pos:]
	end := bytes.IndexByte(rest[:min(len(rest), longestName)], 0)
	if end < 0 {
		b.bad, b.pos = true, len(b.data)
		return nil
	}
	b.pos += end + 1
	return rest[:end]
}

// length is a unit's, and the size of its offsets: 4, or 8 in 64-bit DWARF.
func (b *buffer) length() (length uint64, offset int) {
	const escape = 0xffffffff
	if length = uint64(b.u32()); length != escape {
		return length, 4
	}
	return b.u64(), 8
}
