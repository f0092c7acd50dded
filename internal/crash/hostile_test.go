package crash

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// examineAll asks everything of a file that a crash can ask, for a small part of
// what it may cost.
func examineAll(file []byte, addresses ...uint64) {
	cost := patient()
	cost.steps /= 50
	o, err := openObject(bytes.NewReader(file), uint64(len(file)), cost)
	if err != nil {
		return
	}
	o.lines(addresses)
	for _, a := range addresses {
		o.symbol(a)
		o.address(a)
		if c, ok := o.activations(addresses)[a]; ok && c.unit.root.hasLines {
			if t := o.lineTableAt(c.unit.root.lines); t != nil {
				t.file(c.list[0].callFile)
			}
		}
		if f := o.callFramesAt(a); f != nil {
			if rules, ok := f.rulesAt(a); ok {
				f.caller(&registers{pc: a}, &rules, nothing{})
			}
		}
	}
	o.variable("__abort_msg")
}

// patient is a budget for a machine that has other things to do.
func patient() *budget {
	cost := newBudget()
	cost.deadline = cost.deadline.Add(time.Hour)
	return cost
}

// nothing is memory without anything in it.
type nothing struct{}

func (nothing) Read(uint64, []byte) (int, error) { return 0, unix.EFAULT }

// table is an ELF file with these sections, all at their place in the file.
func table(sections map[string][]byte) []byte {
	const headerSize, sectionSize = 64, 64
	var body, names bytes.Buffer
	names.WriteByte(0)
	headers := []elf.Section64{{}}
	add := func(name string, data []byte) {
		headers = append(headers, elf.Section64{
			Name: uint32(names.Len()), Type: uint32(elf.SHT_PROGBITS), Off: uint64(headerSize + body.Len()), Size: uint64(len(data)),
		})
		names.WriteString(name + "\x00")
		body.Write(data)
	}
	for name, data := range sections {
		add(name, data)
	}
	names.WriteString(".shstrtab\x00")
	headers = append(headers, elf.Section64{
		Name: uint32(names.Len() - len(".shstrtab\x00")), Type: uint32(elf.SHT_STRTAB), Off: uint64(headerSize + body.Len()), Size: uint64(names.Len()),
	})
	body.Write(names.Bytes())
	header := elf.Header64{
		Machine: uint16(elf.EM_X86_64), Shoff: uint64(headerSize + body.Len()), Shnum: uint16(len(headers)),
		Shentsize: sectionSize, Shstrndx: uint16(len(headers) - 1),
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	if runtime.GOARCH == "arm64" {
		header.Machine = uint16(elf.EM_AARCH64)
	}
	var file bytes.Buffer
	for _, part := range []any{header, body.Bytes(), headers} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			panic(err)
		}
	}
	return file.Bytes()
}

// numbers are laid out one after the other: bytes, 16, 32 and 64 bits, and text
// with its NUL.
func numbers(list ...any) []byte {
	var b bytes.Buffer
	for _, v := range list {
		switch v := v.(type) {
		case string:
			b.WriteString(v + "\x00")
		case []byte:
			b.Write(v)
		default:
			if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return b.Bytes()
}

func sized(body []byte) []byte { return append(numbers(uint32(len(body))), body...) }

// TestCraftedTables holds that tables which ask for more than there is, of memory
// or of time, are left alone in time.
func TestCraftedTables(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f} // a LEB128 of 2^46
	lineHeader := func(entries []byte) []byte {
		rest := append(numbers(uint8(1), uint8(1), uint8(1), int8(-5), uint8(14), uint8(13)), make([]byte, 12)...)
		rest = append(rest, entries...)
		return sized(append(numbers(uint16(5), uint8(8), uint8(0), uint32(len(rest))), rest...))
	}
	oneUnit := sized(numbers(uint16(4), uint32(0), uint8(8), uint8(1)))
	for name, sections := range map[string]map[string][]byte{
		"directories without end":       {".debug_line": lineHeader(append([]byte{1, 1, 8}, huge...))},
		"directories of no size":        {".debug_line": lineHeader(append(append([]byte{1, 1, 0x19}, huge...), "more"...))},
		"a line program in a circle":    {".debug_line": bytes.Repeat(lineHeader([]byte{0, 0, 0, 0, 1, 1, 1}), 1<<16)},
		"rows without end":              {".debug_line": lineHeader(append([]byte{0, 0, 0, 0}, bytes.Repeat([]byte{1}, 16<<20)...))},
		"a unit of zero length":         {".debug_line": make([]byte, 16<<20), ".debug_info": make([]byte, 16<<20)},
		"many units":                    {".debug_info": bytes.Repeat(oneUnit, 1<<20), ".debug_abbrev": append([]byte{1, 0x11, 0}, bytes.Repeat([]byte{0x3e, 0x0b}, 1<<20)...)},
		"many units, large tables":      {".debug_info": bytes.Repeat(oneUnit, 1<<20), ".debug_abbrev": abbrevs(1 << 14)},
		"an entry that is its own name": {".debug_info": sized(numbers(uint16(4), uint32(0), uint8(8), uint8(1), uint32(11))), ".debug_abbrev": []byte{1, 0x2e, 0, 0x31, 0x13, 0, 0, 0}},
		"ranges without end": {
			".debug_info":   sized(numbers(uint16(4), uint32(0), uint8(8), uint8(1), uint32(0))),
			".debug_abbrev": []byte{1, 0x11, 0, 0x55, 0x17, 0, 0, 0}, ".debug_ranges": bytes.Repeat([]byte{1}, 32<<20),
		},
		"long names":         {".symtab": symbols(1 << 20), ".strtab": bytes.Repeat([]byte{'a'}, 16<<20)},
		"frames in a circle": {".eh_frame": bytes.Repeat(numbers(uint32(4), uint32(4)), 1<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.LockOSThread() // whose time is measured
			defer runtime.UnlockOSThread()
			start := threadTime()
			examineAll(table(sections), 0x1000, 0x2000, ^uint64(0))
			assert.Less(t, threadTime()-start, 5*longestRun)
		})
	}
}

// abbrevs is a table of n empty ones.
func abbrevs(n int) []byte {
	var b []byte
	for code := 1; code <= n; code++ {
		b = binary.AppendUvarint(b, uint64(code))
		b = append(b, 0x11, 0, 0, 0)
	}
	return append(b, 0)
}

func symbols(n int) []byte {
	return bytes.Repeat(numbers(uint32(1), uint8(elf.STT_FUNC), uint8(0), uint16(1), uint64(0x1000), uint64(0x1000)), n)
}

// TestSparseFile holds that a section is not read because it says that it is
// large, even if the file is.
func TestSparseFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse")
	file := table(map[string][]byte{".debug_line": {1}, ".symtab": {1}, ".debug_info": {1}})
	var header elf.Header64
	_, err := binary.Decode(file, binary.LittleEndian, &header)
	require.NoError(t, err)
	const size = 1 << 40
	for i := 1; i < int(header.Shnum)-1; i++ {
		at := file[header.Shoff+uint64(i)*64:]
		binary.LittleEndian.PutUint64(at[32:], size/2) // Elf64_Shdr.sh_size
	}
	require.NoError(t, os.WriteFile(path, file, 0o600))
	require.NoError(t, os.Truncate(path, size))
	sparse, err := os.Open(path)
	require.NoError(t, err)
	defer sparse.Close()
	o, err := openObject(sparse, size, newBudget())
	require.NoError(t, err)
	assert.Nil(t, o.data(".debug_line"))
	assert.Empty(t, o.lines([]uint64{1}))
	assert.Empty(t, o.symbol(1))
}

// TestCompressed holds that what unpacks to more than it says, or says more than
// there may be, is not read.
func TestCompressed(t *testing.T) {
	var packed bytes.Buffer
	packer := zlib.NewWriter(&packed)
	for range 50 {
		_, err := packer.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, packer.Close())
	for claimed, readable := range map[uint64]bool{16: true, 48 << 20: true, mostBytes + 1: false, 1 << 40: false, ^uint64(0): false} {
		file := table(map[string][]byte{".debug_info": numbers(uint32(elf.COMPRESS_ZLIB), uint32(0), claimed, uint64(1), packed.Bytes())})
		shoff := binary.LittleEndian.Uint64(file[40:])
		binary.LittleEndian.PutUint64(file[shoff+64+8:], uint64(elf.SHF_COMPRESSED))
		o, err := openObject(bytes.NewReader(file), uint64(len(file)), patient())
		require.NoError(t, err)
		data := o.data(".debug_info")
		if readable {
			assert.Len(t, data, int(claimed))
		} else {
			assert.Nil(t, data)
		}
	}
}

// TestOpen holds that a path leads to a regular file with the mapping's inode, or
// nowhere, and that nothing waits.
func TestOpen(t *testing.T) {
	proc, err := unix.Open("/proc/self", unix.O_PATH|unix.O_DIRECTORY, 0)
	require.NoError(t, err)
	defer unix.Close(proc)
	f := &files{proc: proc}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(at("file"), []byte("text"), 0o600))
	require.NoError(t, unix.Mkfifo(at("fifo"), 0o600))
	require.NoError(t, os.Symlink("/dev/zero", at("zero")))
	require.NoError(t, os.Symlink("file", at("link")))
	for name, opens := range map[string]bool{
		at("file"): true, at("fifo"): false, at("zero"): false, at("link"): false, dir: false, at("none"): false,
		"/proc/self/exe": false, "/dev/null": false, "relative": false, "": false,
	} {
		var stat unix.Stat_t
		_ = unix.Lstat(name, &stat)
		opened, err := f.open(&mapping{name: name, inode: stat.Ino})
		if assert.Equal(t, opens, err == nil, name) && opens {
			opened.Close()
		}
	}
	var stat unix.Stat_t
	require.NoError(t, unix.Stat(at("file"), &stat))
	_, err = f.open(&mapping{name: at("file"), inode: stat.Ino + 1})
	assert.Error(t, err, "another file stands there by now")
	require.NoError(t, unix.Stat("/proc/self/exe", &stat))
	own, err := f.open(&mapping{name: at("none"), inode: stat.Ino})
	require.NoError(t, err, "the program itself, wherever it is now")
	own.Close()
}

func TestNames(t *testing.T) {
	for symbol, want := range map[string]string{
		"main":                       "main",
		"_Z5solveRSt6vectorIiSaIiEE": "solve(std::vector<int, std::allocator<int> >&)",
		"_Z4halfi.constprop.0":       "half(int)",
		"work.part.0.cold":           "work",
		"main.main":                  "main.main",
		"runtime.raise.abi0":         "runtime.raise",
		"\x1b[31m\n":                 "?[31m?",
		"":                           "",
	} {
		assert.Equal(t, want, function(symbol))
	}
	assert.LessOrEqual(t, len(function(strings.Repeat("x", 1<<20))), longestFunction+len("..."))
	// Each parameter is the pair of the one before with itself.
	growing := "_Z1fSt4pairIiiE"
	for i := range 60 {
		growing += "St4pairIS" + strings.ToUpper(string("0123456789abcdefghijklmnopqrstuvwxyz"[i%36])) + "_S" + strings.ToUpper(string("0123456789abcdefghijklmnopqrstuvwxyz"[i%36])) + "_E"
	}
	start := time.Now()
	assert.LessOrEqual(t, len(function(growing)), longestMangled)
	assert.Less(t, time.Since(start), 10*time.Second)
}
