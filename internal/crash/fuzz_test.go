package crash

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
)

func FuzzObject(f *testing.F) {
	for _, flags := range []string{"-g -O2", "-gdwarf-4 -O0", "-g -O2 -gz"} {
		program, err := os.ReadFile(testprog.Compile(f, "crash/null_field.c", strings.Fields(flags)...))
		require.NoError(f, err)
		f.Add(program, uint64(0x1040), uint64(0x1139))
	}
	f.Fuzz(func(t *testing.T, file []byte, a, b uint64) {
		examineAll(file, a, b)
	})
}

// FuzzTables mutates sections alone, which a mutation of the whole file mostly
// makes unreadable.
func FuzzTables(f *testing.F) {
	for _, flags := range []string{"-g -O2", "-gdwarf-4 -O0"} {
		file, err := elf.Open(testprog.Compile(f, "crash/null_field.c", strings.Fields(flags)...))
		require.NoError(f, err)
		section := func(name string) []byte {
			if s := file.Section(name); s != nil {
				data, err := s.Data()
				require.NoError(f, err)
				return data
			}
			return nil
		}
		f.Add(section(".debug_info"), section(".debug_abbrev"), section(".debug_line"), section(".debug_rnglists"),
			section(".debug_ranges"), section(".eh_frame"), uint64(0x1040))
		file.Close()
	}
	f.Fuzz(func(t *testing.T, info, abbrev, line, rnglists, ranges, frames []byte, address uint64) {
		examineAll(table(map[string][]byte{
			".debug_info": info, ".debug_abbrev": abbrev, ".debug_line": line, ".debug_rnglists": rnglists,
			".debug_ranges": ranges, ".eh_frame": frames,
		}), address)
	})
}

func FuzzMaps(f *testing.F) {
	own, err := os.ReadFile("/proc/self/maps")
	require.NoError(f, err)
	f.Add(string(own), uint64(0x400000))
	f.Add("1-2 rwxp 0 fd:01 5 /a b (deleted)\n2-3 ---p 0 0:0 0\n", uint64(1))
	f.Fuzz(func(t *testing.T, text string, address uint64) {
		list, _ := parseMaps(strings.NewReader(text))
		if m := list.at(address); m != nil {
			assert.True(t, m.contains(address))
		}
		list.before(address)
		list.after(address)
	})
}

// FuzzEvidence is a thread with any registers, siginfo and code.
func FuzzEvidence(f *testing.F) {
	f.Add([]byte{0x8b, 0x07}, make([]byte, 512), make([]byte, SiginfoSize))
	f.Fuzz(func(t *testing.T, code, registers, siginfo []byte) {
		var info Siginfo
		copy(info[:], siginfo)
		var regs unix.PtraceRegs
		_, _ = binary.Decode(append(registers, make([]byte, binary.Size(regs))...), binary.LittleEndian, &regs)
		thread := &thread{info: &info, regs: &regs, memory: everywhere(code), files: &files{proc: -1}, maps: mappings{
			{start: 0x1000, end: 0x9000, read: true, execute: true, name: "/bin/x", inode: 5},
			{start: 0x9000, end: 1 << 46, read: true, write: true, name: "[stack]"},
		}}
		assert.NotEmpty(t, thread.evidence().String())
	})
}

// everywhere is memory that has the same bytes all over.
type everywhere []byte

func (e everywhere) Read(address uint64, p []byte) (int, error) {
	if len(e) == 0 {
		return 0, unix.EFAULT
	}
	for i := range p {
		p[i] = e[(address+uint64(i))%uint64(len(e))]
	}
	return len(p), nil
}

// FuzzNames holds that a name comes out short and printable, whatever the symbol.
func FuzzNames(f *testing.F) {
	for _, symbol := range []string{
		"main", "_Z5solveRSt6vectorIiSaIiEE", "_ZN6Worker3runERKSt6vectorIiSaIiEE", "_RNvCs1234_3sol5solve", "work.part.0",
		"_ZN3sol4main17h0123456789abcdefE", "_Z1fIJiiiEEvDpT_", "_ZZ4mainENKUlRT_E_clIiEEDaS0_",
	} {
		f.Add(symbol)
	}
	f.Fuzz(func(t *testing.T, symbol string) {
		name := function(symbol)
		assert.LessOrEqual(t, len(name), longestFunction+len("..."))
		assert.NotContains(t, name, "\x1b")
	})
}
