package seccomp

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// fuzzed are calls with and without neighbours, some with typed arguments.
var fuzzed = []string{"read", "write", "open", "close", "stat", "mmap", "ioctl", "socket", "clone", "fcntl", "prctl",
	"execve", "openat2", "getuid", "kill", "statx"}

// checkRules compares the tree, the linear filter and the rules themselves.
func checkRules(t *testing.T, s *source) {
	rules := s.rules(fuzzed)
	tree, err := Compile(rules)
	require.NoError(t, err)
	again, err := Compile(rules)
	require.NoError(t, err)
	require.Equal(t, tree, again)
	naive := linear(&rules)
	if naive != nil {
		require.NoError(t, Verify(naive))
	}
	for range 64 {
		d := s.call(fuzzed)
		want := meaning(&rules, d)
		got, _ := run(tree.program, d)
		require.Equal(t, want, got, "%+v\n%+v\n%s", *d, rules, tree)
		if naive != nil {
			byHand, _ := run(naive, d)
			require.Equal(t, want, byHand, "linear: %+v\n%+v", *d, rules)
		}
	}
}

func FuzzCompile(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		f.Add(randomSource(r, 4000).data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkRules(t, &source{data}) })
}

func TestTreeLinearFilterAndRulesAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	linears := 0
	for range 1000 {
		s := randomSource(r, 8000)
		rules := *s // the same choices again
		if again := rules.rules(fuzzed); linear(&again) != nil {
			linears++
		}
		checkRules(t, s)
	}
	assert.Greater(t, linears, 900, "the comparison with linear filters is often left out")
}

// codes are all that the kernel allows, sorted.
var codes = func() (list []uint16) {
	for code := range 1 << 16 {
		if _, ok := operations[uint16(code)]; ok {
			list = append(list, uint16(code))
		}
	}
	return list
}()

// program is one that is often valid: jumps and loads stay within bounds.
func (s *source) program() []unix.SockFilter {
	program := make([]unix.SockFilter, 1+s.below(24))
	for i := range program {
		in := &program[i]
		in.Code, in.K = codes[s.below(len(codes))], uint32(s.value())
		behind := len(program) - i - 1
		switch {
		case behind == 0:
			in.Code = choose[uint16](s, codeReturn, ret|returnA)
		case isReturn(in.Code) && s.below(2) == 0:
			in.Code = codeLoad
		}
		switch {
		case in.Code == codeLoad:
			in.K = uint32(4 * s.below(16))
		case in.Code == codeJump:
			in.K = uint32(s.below(behind))
		case isJump(in.Code):
			in.Jt, in.Jf = uint8(s.below(behind)), uint8(s.below(behind))
		case isStore(in.Code) || isMemoryLoad(in.Code):
			in.K = uint32(s.below(4))
		case operations[in.Code].shift:
			in.K &= 31
		case in.Code == codeReturn:
			in.K = uint32(s.action())
		}
	}
	return program
}

// virtual runs a program on the machine of x/net/bpf, which reads a packet in
// the network's order of bytes. It says ok = false for what that machine does
// in another way than the kernel.
func virtual(t *testing.T, program []unix.SockFilter, d *Data) (result uint32, ok bool) {
	var raw []bpf.RawInstruction
	for _, in := range program {
		switch in.Code {
		case ld | dataLen: // it knows no such word, but its value
			in.Code, in.K = ld|immediate, dataSize
		case ldx | dataLen:
			in.Code, in.K = ldx|immediate, dataSize
		// Shifts by 32 and more give 0 there, and negation isn't implemented.
		case alu | unix.BPF_LSH | operandX, alu | unix.BPF_RSH | operandX, alu | unix.BPF_NEG:
			return 0, false
		}
		raw = append(raw, bpf.RawInstruction{Op: in.Code, Jt: in.Jt, Jf: in.Jf, K: in.K})
	}
	instructions, decoded := bpf.Disassemble(raw)
	if !decoded {
		return 0, false
	}
	vm, err := bpf.NewVM(instructions)
	if err != nil {
		return 0, false
	}
	packet := make([]byte, dataSize)
	for at := uint32(0); at < dataSize; at += 4 {
		binary.BigEndian.PutUint32(packet[at:], d.word(at))
	}
	got, err := vm.Run(packet)
	require.NoError(t, err)
	return uint32(got), true
}

// checkProgram runs what Verify accepts here and on another machine.
func checkProgram(t *testing.T, s *source) (accepted, compared bool) {
	program := s.program()
	f, err := New(program, 0)
	if err != nil {
		return false, false
	}
	require.NotEmpty(t, f.String())
	for range 8 {
		d := s.call(fuzzed)
		got, steps := run(program, d)
		require.LessOrEqual(t, steps, len(program))
		want, ok := virtual(t, program, d)
		if ok {
			compared = true
			require.Equal(t, want, uint32(got), "%+v\n%s", *d, f)
		}
	}
	return true, compared
}

func FuzzEvaluate(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		f.Add(randomSource(r, 1000).data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkProgram(t, &source{data}) })
}

func TestEvaluateAgreesWithAnotherMachine(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	comparisons := 0
	for range 4000 {
		if _, compared := checkProgram(t, randomSource(r, 1000)); compared {
			comparisons++
		}
	}
	assert.Greater(t, comparisons, 500)
}
