package crash

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
)

// object is an ELF file: a program, or a library.
type object struct {
	file     io.ReaderAt
	size     uint64
	loads    []elf.Prog64
	frames   uint64 // virtual address of .eh_frame_hdr, 0 if there is none
	sections []section
	loaded   map[string][]byte // sections by name
	units    []*unit           // see unitList
	ranges   []frameRange      // see scanFrames
	cost     *budget
}

type section struct {
	name string
	elf.Section64
}

// More than that no program has that was linked without tricks.
const (
	mostHeaders = 512
	mostNames   = 64 << 10
)

var errNotELF = errors.New("crash: not an ELF file of this architecture")

func openObject(file io.ReaderAt, size uint64, cost *budget) (*object, error) {
	o := &object{file: file, size: size, cost: cost, loaded: make(map[string][]byte)}
	var header elf.Header64
	if err := o.decode(0, &header); err != nil {
		return nil, err
	}
	machine := elf.EM_X86_64
	if runtime.GOARCH == "arm64" {
		machine = elf.EM_AARCH64
	}
	if string(header.Ident[:4]) != elf.ELFMAG || elf.Class(header.Ident[elf.EI_CLASS]) != elf.ELFCLASS64 ||
		elf.Data(header.Ident[elf.EI_DATA]) != elf.ELFDATA2LSB || elf.Machine(header.Machine) != machine {
		return nil, errNotELF
	}
	if header.Phnum > mostHeaders || header.Shnum > mostHeaders {
		return nil, errSpent
	}
	programs := make([]elf.Prog64, header.Phnum)
	if err := o.decode(header.Phoff, programs); err != nil {
		return nil, err
	}
	for _, p := range programs {
		switch elf.ProgType(p.Type) {
		case elf.PT_LOAD:
			o.loads = append(o.loads, p)
		case elf.PT_GNU_EH_FRAME:
			o.frames = p.Vaddr
		}
	}
	o.readSections(&header)
	return o, nil
}

// readSections reads the section headers. Without them there are no symbols and
// no lines, but still frames.
func (o *object) readSections(header *elf.Header64) {
	headers := make([]elf.Section64, header.Shnum)
	if o.decode(header.Shoff, headers) != nil || int(header.Shstrndx) >= len(headers) {
		return
	}
	strings := headers[header.Shstrndx]
	if strings.Size > mostNames || elf.SectionFlag(strings.Flags)&elf.SHF_COMPRESSED != 0 {
		return
	}
	names := make([]byte, strings.Size)
	if o.read(strings.Off, names) != nil {
		return
	}
	for _, h := range headers {
		if uint64(h.Name) >= uint64(len(names)) {
			continue
		}
		name, _, _ := bytes.Cut(names[h.Name:], []byte{0})
		if len(name) < 64 {
			o.sections = append(o.sections, section{string(name), h})
		}
	}
}

func (o *object) read(offset uint64, p []byte) error {
	if offset > o.size || uint64(len(p)) > o.size-offset {
		return io.ErrUnexpectedEOF
	}
	_, err := o.file.ReadAt(p, int64(offset))
	return err
}

func (o *object) decode(offset uint64, into any) error {
	data := make([]byte, binary.Size(into))
	if err := o.read(offset, data); err != nil {
		return err
	}
	_, err := binary.Decode(data, binary.LittleEndian, into)
	return err
}

func (o *object) section(name string) *section {
	for i := range o.sections {
		if s := &o.sections[i]; s.name == name {
			return s
		}
	}
	return nil
}

// data is a section's, nil if there is none or it would cost too much.
func (o *object) data(name string) []byte {
	data, done := o.loaded[name]
	if !done {
		if s := o.section(name); s != nil && elf.SectionType(s.Type) != elf.SHT_NOBITS {
			data = o.load(s)
		}
		o.loaded[name] = data
	}
	return data
}

func (o *object) load(s *section) []byte {
	if s.Off > o.size || s.Size > o.size-s.Off || !o.cost.take(s.Size) {
		return nil
	}
	if elf.SectionFlag(s.Flags)&elf.SHF_COMPRESSED == 0 {
		data := make([]byte, s.Size)
		if o.read(s.Off, data) != nil {
			return nil
		}
		return data
	}
	var header elf.Chdr64
	size := uint64(binary.Size(header))
	if s.Size < size || o.decode(s.Off, &header) != nil || elf.CompressionType(header.Type) != elf.COMPRESS_ZLIB || !o.cost.take(header.Size) {
		return nil
	}
	unpack, err := zlib.NewReader(io.NewSectionReader(o.file, int64(s.Off+size), int64(s.Size-size)))
	if err != nil {
		return nil
	}
	defer unpack.Close()
	data := make([]byte, header.Size)
	if _, err := io.ReadFull(&slowed{unpack, o.cost}, data); err != nil {
		return nil
	}
	return data
}

// slowed is a reader that costs.
type slowed struct {
	io.Reader
	cost *budget
}

func (s *slowed) Read(p []byte) (int, error) {
	const piece = 64 << 10
	p = p[:min(len(p), piece)]
	if !s.cost.step(len(p) / 8) {
		return 0, errSpent
	}
	return s.Reader.Read(p)
}

// address is the virtual address of a place in the file, as the file counts.
func (o *object) address(offset uint64) (uint64, bool) {
	for _, p := range o.loads {
		// The kernel maps whole pages.
		const page = 64 << 10
		if offset >= p.Off&^(page-1) && offset < p.Off+p.Filesz {
			return offset - p.Off + p.Vaddr, true
		}
	}
	return 0, false
}

// at reads what is loaded to a virtual address: as much of p as is in one segment.
func (o *object) at(address uint64, p []byte) []byte {
	for _, l := range o.loads {
		if address >= l.Vaddr && address-l.Vaddr < l.Filesz {
			p = p[:min(uint64(len(p)), l.Filesz-(address-l.Vaddr))]
			if o.read(l.Off+(address-l.Vaddr), p) != nil {
				return nil
			}
			return p
		}
	}
	return nil
}
