package seccomp

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

var kernelCases = flag.Int("kernel.cases", 2000, "how many random calls TestKernelAgrees makes")

// harmless calls do nothing that outlives the child whatever their arguments,
// and give the same in every child. None of them takes a pointer.
var harmless = []string{"getuid", "getppid", "getpgid", "getsid", "getpriority", "sched_get_priority_max",
	"eventfd2", "umask", "dup", "epoll_create1"}

// happened is what became of a call: its result or errno, or the signal that
// ended the process.
type happened struct {
	result uint64
	errno  unix.Errno
	signal unix.Signal
}

// perform makes a call in a child that has loaded the filters in their order.
func perform(t testing.TB, stack Stack, d *Data) happened {
	t.Helper()
	calls := []script.Call{{Step: "no_new_privs", Index: -1, Nr: unix.SYS_PRCTL,
		Args: []script.Arg{script.Int(unix.PR_SET_NO_NEW_PRIVS), script.Int(1), script.Int(0), script.Int(0), script.Int(0)}}}
	programs := make([]*unix.SockFprog, len(stack))
	for i, f := range stack {
		programs[i] = &unix.SockFprog{Len: uint16(len(f.program)), Filter: &f.program[0]}
		calls = append(calls, script.Call{Step: "load", Index: i, Nr: unix.SYS_SECCOMP, Args: []script.Arg{
			script.Int(unix.SECCOMP_SET_MODE_FILTER), script.Int(f.Flags()), script.Int(uintptr(unsafe.Pointer(programs[i])))}})
	}
	attempt := script.Call{Step: "attempt", Index: -1, Nr: uintptr(uint32(d.Number)), Out: "result"}
	for _, arg := range d.Args {
		attempt.Args = append(attempt.Args, script.Int(arg))
	}
	calls = append(calls, attempt,
		script.Call{Step: "exit", Index: -1, Nr: unix.SYS_EXIT_GROUP, Args: []script.Arg{script.Int(0)}})
	program, err := script.Assemble(calls)
	require.NoError(t, err)
	in := program.Instance()
	spawn := in.Spawn
	if expected(stack.Evaluate(d), happened{}).signal != 0 {
		// Before Linux 5.16 a signal that dumps core ends whoever shares the memory, which
		// would be this test (0258b5fd7c71, "coredump: Limit coredumps to a single thread group").
		spawn = in.SpawnCopy
	}
	pid, err := spawn(0)
	require.NoError(t, err)
	var status unix.WaitStatus
	for {
		if _, err = unix.Wait4(pid, &status, unix.WALL, nil); err != unix.EINTR {
			break
		}
	}
	require.NoError(t, err)
	runtime.KeepAlive(programs)

	got := happened{result: in.Get("result")}
	if status.Signaled() {
		return happened{signal: status.Signal()}
	}
	var failed *script.Error
	if errors.As(in.Failure(), &failed) {
		require.Equal(t, script.Step("attempt"), failed.Call.Step, failed)
		return happened{errno: failed.Errno}
	}
	return got
}

// expected is what the kernel should do, if plain is what it does unfiltered.
func expected(decided Action, plain happened) happened {
	switch a := decided.Unwatched(); {
	case a.Permits():
		return plain
	case a.Kind() == Errno(0):
		return happened{errno: unix.Errno(a.Data())}
	default:
		return happened{signal: unix.SIGSYS}
	}
}

// spared puts the calls that the child itself needs before a filter.
func spared(program []unix.SockFilter) []unix.SockFilter {
	return append([]unix.SockFilter{
		{Code: codeLoad, K: offsetNumber},
		{Code: codeEqual, K: unix.SYS_EXIT_GROUP, Jt: 1},
		{Code: codeEqual, K: unix.SYS_SECCOMP, Jf: 1},
		{Code: codeReturn, K: uint32(Allow)},
	}, program...)
}

// kernelFilter is compiled from rules, or any program the verifier accepts.
func (s *source) kernelFilter(t *testing.T) *Filter {
	for {
		program := s.program()
		if s.below(3) > 0 {
			rules := s.rules(harmless)
			rules.Default = choose(s, rules.Default, Allow, Allow)
			program = compile(t, rules).program
		}
		// Where the walker's call stands is not known here.
		looksAtIP := slices.ContainsFunc(program, func(in unix.SockFilter) bool {
			return in.Code == codeLoad && (in.K == 8 || in.K == 12)
		})
		if f, err := New(spared(program), 0); err == nil && !looksAtIP {
			return f
		}
	}
}

func TestKernelAgrees(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	outcomes := map[string]int{}
	for range *kernelCases {
		s := randomSource(r, 6000)
		stack := make(Stack, 1+s.below(3))
		for i := range stack {
			stack[i] = s.kernelFilter(t)
		}
		d := s.call(harmless)
		d.Arch = NativeArch // there is no other door in the walker
		d.Number, _ = Number(harmless[s.below(len(harmless))])

		decided := stack.Evaluate(d)
		want := expected(decided, perform(t, nil, d))
		got := perform(t, stack, d)
		require.Equal(t, want, got, "seed %d: %+v is %s under %v", seed, *d, decided, stack)
		outcomes[decided.Kind().String()]++
	}
	t.Log(outcomes)
	if *kernelCases >= 1000 {
		assert.GreaterOrEqual(t, len(outcomes), 8, "actions that were tried: %v", outcomes)
	}
}

func TestErrnoDataAsTheKernelTakesIt(t *testing.T) {
	d := call(t, "getppid")
	for data, want := range map[uint16]happened{
		1: {errno: 1}, 4095: {errno: 4095}, 4096: {errno: 4095}, 0xffff: {errno: 4095}, 0: {result: 0},
	} {
		f, err := New(spared([]unix.SockFilter{{Code: codeReturn, K: unix.SECCOMP_RET_ERRNO | uint32(data)}}), 0)
		require.NoError(t, err)
		assert.Equal(t, want, perform(t, Stack{f}, d), "%d", data)
		assert.Equal(t, want.errno, unix.Errno(f.Evaluate(d).Data()), "%d", data)
	}
}

func TestUnknownActionsKill(t *testing.T) {
	d := call(t, "getppid")
	for _, unknown := range []uint32{0x00010000, 0x7ffd0000, 0x7fff1234, 0x7fff0000 + 0x10000<<2, 0x90000000, 0xffffffff} {
		f, err := New(spared([]unix.SockFilter{{Code: codeReturn, K: unknown}}), 0)
		require.NoError(t, err)
		assert.Equal(t, expected(f.Evaluate(d), perform(t, nil, d)), perform(t, Stack{f}, d), "%#x", unknown)
	}
	f, err := New([]unix.SockFilter{{Code: codeReturn, K: 0x00010000}}, 0)
	require.NoError(t, err)
	assert.Equal(t, KillProcess, f.Evaluate(d))
}

func TestInt32ArgumentsWithTheUpperHalfSet(t *testing.T) {
	f := compile(t, Rules{Default: Allow, Foreign: KillProcess, Rules: []Rule{
		{Syscalls: []string{"sched_get_priority_max"}, When: Equal(0, 2), Action: Errno(200)}, // SCHED_RR
	}})
	for _, arg := range []uint64{2, 1<<32 | 2, 1<<63 | 2, 0xffffffff00000002} {
		assert.Equal(t, happened{errno: 200}, perform(t, Stack{f}, call(t, "sched_get_priority_max", arg)), "%#x", arg)
	}
	assert.Equal(t, happened{result: 99}, perform(t, Stack{f}, call(t, "sched_get_priority_max", 1)))
}

// ask loads a program in the calling thread, in a way that fails after the
// kernel has verified it: the thread has a listener, and can't have two.
func ask(program []unix.SockFilter) error {
	prog := unix.SockFprog{Len: uint16(len(program))}
	if len(program) > 0 {
		prog.Filter = &program[0]
	}
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&prog)))
	if errno == unix.EBUSY {
		return nil
	}
	return errno
}

// onFilteredThread runs f on a thread that ends with it, and whose filter
// allows everything but has a listener.
func onFilteredThread(t *testing.T, f func()) {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		defer close(failed)
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			failed <- err
			return
		}
		allow := &Filter{program: []unix.SockFilter{{Code: codeReturn, K: uint32(Allow)}}, flags: NewListener}
		listener, err := allow.Load()
		if err != nil {
			failed <- err
			return
		}
		defer listener.Close()
		f()
	}()
	require.NoError(t, <-failed)
}

func TestVerifierAgreesWithTheKernel(t *testing.T) {
	programs := map[string][]unix.SockFilter{"empty": {}}
	end := unix.SockFilter{Code: codeReturn}
	for code := range 1 << 9 { // the kernel refuses all above
		for _, k := range []uint32{0, 1, 3, 4, 15, 16, 31, 32, 60, 64, 0xfffff000, 0xffffffff} {
			in := unix.SockFilter{Code: uint16(code), K: k}
			programs[fmt.Sprintf("%#x %d", code, k)] = []unix.SockFilter{in, end}
			programs[fmt.Sprintf("store, %#x %d", code, k)] = []unix.SockFilter{{Code: st, K: k & 15}, in, end}
			programs[fmt.Sprintf("last %#x %d", code, k)] = []unix.SockFilter{in}
		}
	}
	long := make([]unix.SockFilter, maxInstructions+1)
	for i := range long {
		long[i] = end
	}
	programs["longest"], programs["too long"] = long[1:], long
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 3000 {
		s := randomSource(r, 1000)
		program := s.program()
		for range s.below(3) {
			in := &program[s.below(len(program))]
			in.Jt, in.Jf, in.K = uint8(s.below(30)), uint8(s.below(30)), uint32(s.below(70))
		}
		programs[fmt.Sprintf("random %d", i)] = program
	}
	accepted := 0
	onFilteredThread(t, func() {
		for name, program := range programs {
			here, kernel := Verify(program), ask(program)
			if kernel == nil {
				accepted++
			}
			assert.Equal(t, kernel == nil, here == nil, "%s: kernel says %v, Verify %v: %v", name, kernel, here, program)
			if here != nil {
				assert.ErrorIs(t, here, unix.EINVAL)
				assert.ErrorIs(t, kernel, unix.EINVAL, name)
			}
		}
	})
	t.Logf("%d of %d programs accepted", accepted, len(programs))
	assert.Greater(t, accepted, 500)
}

// The kernel counts what it has translated programs to. So a stack is filled
// with programs of all kinds, and the rest of the room with one that takes it
// to the last instruction, or one more than that.
func TestStackLimitIsTheKernels(t *testing.T) {
	s := randomSource(rand.New(rand.NewPCG(11, 12)), 1<<20)
	var stack Stack
	room := maxStack
	for room > 6000 {
		program := []unix.SockFilter{{Code: codeReturn, K: uint32(Allow)}}
		for len(program) < 1500 {
			if f, err := New(s.program(), 0); err == nil {
				program = append(program, f.program...)
			}
		}
		f, err := New(program, 0)
		require.NoError(t, err)
		stack = append(stack, f)
		room -= translatedLength(program) + penalty
	}
	for room > 3000 {
		stack = append(stack, filler(1000))
		room -= 1000 + penalty
	}
	require.NotEmpty(t, s.data, "the choices ran out")

	load := func(stack Stack) (err error) {
		onFilteredThread(t, func() {
			for _, f := range stack {
				if _, err = f.Load(); err != nil {
					return
				}
			}
		})
		return err
	}
	first := 3 + 2 + penalty // of onFilteredThread
	fits, over := append(stack[:len(stack):len(stack)], filler(room-first)), append(stack[:len(stack):len(stack)], filler(room-first+1))
	before := Stack{filler(5)}
	assert.NoError(t, append(before, fits...).Check())
	assert.NoError(t, load(fits))
	var tooLong *TooLongError
	require.ErrorAs(t, append(before, over...).Check(), &tooLong)
	assert.Equal(t, TooLongError{Index: len(over), Length: maxStack + 1}, *tooLong)
	assert.ErrorIs(t, load(over), unix.ENOMEM)
}

// filler allows everything, and has that length for the kernel.
func filler(length int) *Filter {
	program := make([]unix.SockFilter, length-5, length)
	for i := range program {
		program[i].Code = ld | immediate
	}
	return &Filter{program: append(program, unix.SockFilter{Code: codeReturn, K: uint32(Allow)})}
}
