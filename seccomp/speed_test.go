package seccomp

import (
	"testing"

	elastic "github.com/elastic/go-seccomp-bpf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// common is 110 calls that programs make, by number.
func common(t testing.TB) (names []string) {
	t.Helper()
	for nr := int32(0); len(names) < 110; nr++ {
		// Every third is left out, so that there are as many ranges as in a
		// policy written by hand.
		if name := SyscallName(NativeArch, nr); Known(name) && nr%3 != 2 {
			names = append(names, name)
		}
	}
	return names
}

func commonFilter(t testing.TB) *Filter {
	return compile(t, Rules{Default: KillProcess, Foreign: KillProcess,
		Rules: []Rule{{Syscalls: common(t), Action: Allow}}})
}

// elasticFilter is the same as assembled by elastic/go-seccomp-bpf, call after
// call.
func elasticFilter(t testing.TB) *Filter {
	t.Helper()
	policy := elastic.Policy{DefaultAction: elastic.ActionKillProcess,
		Syscalls: []elastic.SyscallGroup{{Action: elastic.ActionAllow, Names: common(t)}}}
	instructions, err := policy.Assemble()
	require.NoError(t, err)
	raw, err := bpf.Assemble(instructions)
	require.NoError(t, err)
	var program []unix.SockFilter
	for _, in := range raw {
		program = append(program, unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K})
	}
	f, err := New(program, 0)
	require.NoError(t, err)
	return f
}

// steps is what a program executes for each number of the table: once, at
// most, and in sum. The kernel does all of that when the filter is loaded, to
// see which calls it always allows (seccomp_cache_prepare).
func steps(f *Filter) (most, sum int) {
	for nr := range native().SyscallNumbers {
		_, n := run(f.program, &Data{Number: int32(nr), Arch: NativeArch})
		most, sum = max(most, n), sum+n
	}
	return most, sum
}

func TestTreeIsShort(t *testing.T) {
	most, sum := steps(commonFilter(t))
	_, linearSum := steps(elasticFilter(t))
	t.Logf("at most %d instructions; %d over all numbers, linear %d", most, sum, linearSum)
	assert.LessOrEqual(t, most, 16)
	assert.LessOrEqual(t, 3*sum, linearSum)

	// The worst case: each number differs from the next.
	var rules []Rule
	for nr, name := range native().SyscallNumbers {
		rules = append(rules, Rule{Syscalls: []string{name}, Action: Errno(unix.Errno(1 + nr%2))})
	}
	most, _ = steps(compile(t, Rules{Rules: rules, Default: Allow, Foreign: KillProcess}))
	assert.LessOrEqual(t, most, 16)
}

func TestTheSameDecisionOfTwoCallsIsOnePieceOfProgram(t *testing.T) {
	when := All{AnyBit(0, 0xff00), OneOf(1, 1, 5, 9, 700)}
	for i, c := range []Condition{when[0], when[1]} {
		when[i] = c.(Test).As(Ulong)
	}
	size := func(names ...string) int {
		return len(compile(t, Rules{Default: Allow, Foreign: KillProcess,
			Rules: []Rule{{Syscalls: names, When: when, Action: Errno(1)}}}).program)
	}
	one, ten := size("read"), size("read", "open", "stat", "poll", "mmap", "brk", "ioctl", "readv", "pipe", "dup")
	assert.LessOrEqual(t, ten-one, 2*10, "only jumps are added")
}

func TestPreparedFilterCostsNothing(t *testing.T) {
	f := commonFilter(t)
	assert.Zero(t, testing.AllocsPerRun(10, func() { _, _ = f.Instructions(), f.Flags() }))
}

func BenchmarkCompile(b *testing.B) {
	rules := Rules{Default: KillProcess, Foreign: KillProcess, Rules: []Rule{{Syscalls: common(b), Action: Allow}}}
	for b.Loop() {
		if _, err := Compile(rules); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInstall is what loading adds to a child that only exits: subtract
// "none".
func BenchmarkInstall(b *testing.B) {
	for _, c := range []struct {
		name  string
		stack Stack
	}{{"none", nil}, {"tree", Stack{commonFilter(b)}}, {"linear", Stack{elasticFilter(b)}}} {
		b.Run(c.name, func(b *testing.B) {
			d := call(b, "getppid")
			for b.Loop() {
				perform(b, c.stack, d)
			}
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	f, d := commonFilter(b), call(b, "getppid")
	for b.Loop() {
		f.Evaluate(d)
	}
}
