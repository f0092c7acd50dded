package crash

import (
	"debug/elf"
	"encoding/binary"
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// symbolSize is that of an Elf64_Sym.
const symbolSize = 24

// symbol is the name of the function at a virtual address, "" if none is known.
func (o *object) symbol(address uint64) string {
	for _, table := range []struct{ symbols, names string }{{".symtab", ".strtab"}, {".dynsym", ".dynstr"}} {
		if name := o.find(table.symbols, table.names, address); name != "" {
			return name
		}
	}
	return ""
}

// find looks through a table, which is in no order.
func (o *object) find(symbols, names string, address uint64) string {
	var best elf.Sym64
	found := false
	for s := range o.symbols(symbols) {
		kind := elf.SymType(s.Info & 0xf)
		if kind != elf.STT_FUNC && kind != elf.STT_GNU_IFUNC || elf.SectionIndex(s.Shndx) == elf.SHN_UNDEF {
			continue
		}
		// Assembly may have no sizes.
		if s.Value > address || s.Size != 0 && address-s.Value >= s.Size {
			continue
		}
		if !found || s.Size != 0 && best.Size == 0 || s.Value > best.Value && (s.Size != 0) == (best.Size != 0) ||
			s.Value == best.Value && s.Info>>4 == uint8(elf.STB_GLOBAL) && best.Info>>4 != uint8(elf.STB_GLOBAL) {
			best, found = s, true
		}
	}
	if !found {
		return ""
	}
	table := buffer{data: o.data(names)}.at(uint64(best.Name))
	return table.text()
}

// symbols are those of a table.
func (o *object) symbols(table string) func(func(elf.Sym64) bool) {
	return func(yield func(elf.Sym64) bool) {
		for data := o.data(table); len(data) >= symbolSize && o.cost.step(1); data = data[symbolSize:] {
			if !yield(elf.Sym64{
				Name:  binary.LittleEndian.Uint32(data),
				Info:  data[4],
				Other: data[5],
				Shndx: binary.LittleEndian.Uint16(data[6:]),
				Value: binary.LittleEndian.Uint64(data[8:]),
				Size:  binary.LittleEndian.Uint64(data[16:]),
			}) {
				return
			}
		}
	}
}

// variable is the virtual address of a named one, 0 if there is none.
func (o *object) variable(name string) uint64 {
	for _, table := range []struct{ symbols, names string }{{".symtab", ".strtab"}, {".dynsym", ".dynstr"}} {
		names := o.data(table.names)
		for s := range o.symbols(table.symbols) {
			if elf.SectionIndex(s.Shndx) == elf.SHN_UNDEF || elf.SymType(s.Info&0xf) != elf.STT_OBJECT {
				continue
			}
			end := uint64(s.Name) + uint64(len(name))
			if end < uint64(len(names)) && names[end] == 0 && string(names[s.Name:end]) == name {
				return s.Value
			}
		}
	}
	return 0
}

// What is shown of a name. The demangler's work may grow much faster than what it
// is given.
const (
	longestMangled  = 1024
	longestFunction = 160
)

// function is a symbol's name as its author wrote it.
func function(symbol string) string {
	if symbol == "" {
		return ""
	}
	symbol = uncloned(symbol)
	name := symbol
	if len(symbol) <= longestMangled {
		if long := demangled(symbol); len(long) <= longestFunction {
			name = long
		} else {
			name = demangled(symbol, demangle.NoParams, demangle.NoTemplateParams)
		}
	}
	return clean(name, longestFunction)
}

// uncloned is a name without what the compiler adds to that of a part or variant
// of a function.
func uncloned(symbol string) string {
	for _, suffix := range []string{".constprop.", ".part.", ".isra.", ".cold", ".lto_priv.", ".llvm.", ".abi0"} {
		if i := strings.Index(symbol, suffix); i > 0 {
			symbol = symbol[:i]
		}
	}
	return symbol
}

func demangled(symbol string, options ...demangle.Option) (name string) {
	defer func() {
		if recover() != nil {
			name = symbol
		}
	}()
	const maxLength = 12 // 4 KiB
	return demangle.Filter(symbol, append(options, demangle.MaxLength(maxLength))...)
}
