package seccomp

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func compile(t testing.TB, rules Rules) *Filter {
	t.Helper()
	f, err := Compile(rules)
	require.NoError(t, err)
	return f
}

// call is the data of a native call.
func call(t testing.TB, name string, args ...uint64) *Data {
	t.Helper()
	nr, ok := Number(name)
	require.True(t, ok, name)
	d := &Data{Number: nr, Arch: NativeArch}
	copy(d.Args[:], args)
	return d
}

func TestFirstRuleThatHoldsDecides(t *testing.T) {
	f := compile(t, Rules{
		Rules: []Rule{
			{Syscalls: []string{"socket"}, When: Equal(0, unix.AF_UNIX), Action: Allow},
			{Syscalls: []string{"socket", "kill"}, When: Equal(0, 2), Action: Errno(unix.EACCES)},
			{Syscalls: []string{"socket"}, Action: Errno(unix.EPERM)},
			{Syscalls: []string{"socket"}, Action: Trap},
			{Syscalls: []string{"read", "write"}, Action: Allow},
		},
		Default: KillProcess, Foreign: Trap,
	})
	assert.Equal(t, Allow, f.Evaluate(call(t, "socket", unix.AF_UNIX)))
	assert.Equal(t, Errno(unix.EACCES), f.Evaluate(call(t, "socket", 2)))
	assert.Equal(t, Errno(unix.EPERM), f.Evaluate(call(t, "socket", 3)))
	assert.Equal(t, Errno(unix.EACCES), f.Evaluate(call(t, "kill", 2)))
	assert.Equal(t, KillProcess, f.Evaluate(call(t, "kill", 3)))
	assert.Equal(t, Allow, f.Evaluate(call(t, "read")))
	assert.Equal(t, KillProcess, f.Evaluate(call(t, "getpid")))
}

func TestForeignDoorsAreRefusedWhateverTheDefault(t *testing.T) {
	f := compile(t, Rules{Default: Allow, Foreign: Errno(unix.ENOSYS)})
	for name, d := range map[string]Data{
		"i386":           {Number: 1, Arch: unix.AUDIT_ARCH_I386},
		"arm":            {Number: 1, Arch: unix.AUDIT_ARCH_ARM},
		"x32":            {Number: 0x40000001, Arch: NativeArch},
		"-1":             {Number: -1, Arch: NativeArch},
		"any other sign": {Number: -2147483648, Arch: NativeArch},
	} {
		assert.Equal(t, Errno(unix.ENOSYS), f.Evaluate(&d), name)
	}
	assert.Equal(t, Allow, f.Evaluate(&Data{Number: 0x3fffffff, Arch: NativeArch}))
	for _, a := range []Action{Allow, Log} {
		_, err := Compile(Rules{Default: KillProcess, Foreign: a})
		assert.ErrorContains(t, err, "Foreign")
	}
}

func TestErrorsNameTheMistake(t *testing.T) {
	for want, rule := range map[string]Rule{
		`no system call is called "opnat"; did you mean "openat"`: {Syscalls: []string{"opnat"}},
		"there are 0 to 5":                       {Syscalls: []string{"read"}, When: Equal(6, 0)},
		"getuid: the type of argument 0":         {Syscalls: []string{"getuid"}, When: Equal(0, 0)},
		"is a pointer":                           {Syscalls: []string{"execve"}, When: Equal(0, 0x1000)},
		"does not fit into 32 bits":              {Syscalls: []string{"socket"}, When: All{Equal(0, 1<<32)}},
		"does not fit into 16 bits":              {Syscalls: []string{"chmod"}, When: Any{Masked(1, 0x10000, 0)}},
		"it never holds":                         {Syscalls: []string{"ioctl"}, When: Masked(1, 0xf, 0x10)},
		"is empty":                               {Syscalls: []string{"ioctl"}, When: Between(1, 5, 4)},
		"setpriority: argument 2: 1 to 42949672": {Syscalls: []string{"setpriority"}, When: Between(2, 1, 0xffffffff)},
	} {
		_, err := Compile(Rules{Rules: []Rule{{Syscalls: []string{"read"}}, rule}})
		require.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "seccomp: rule 2")
	}
	_, err := Compile(Rules{Rules: []Rule{{Syscalls: []string{"getuid"}, When: Equal(0, 0).As(Ulong)}}})
	assert.NoError(t, err)
	var unknown *UnknownSyscallError
	assert.ErrorAs(t, CheckName("x"), &unknown)
	assert.Empty(t, unknown.Nearest)
	assert.NoError(t, CheckName("socketcall"), "i386 has it")
	_, err = Compile(Rules{Flags: 1 << 20})
	assert.ErrorContains(t, err, "flags")
}

func TestSignsAndWidths(t *testing.T) {
	below := ^uint64(0) // -1
	for _, c := range []struct {
		call  string
		when  Condition
		arg   uint64
		holds bool
	}{
		{"socket", Equal(0, 1), 1<<32 | 1, true},
		{"socket", NotEqual(0, 1), 1<<32 | 1, false},
		{"setns", Equal(0, below), 0xffffffff, true},
		{"setns", Between(0, below, 3), 0xfffffffe, false},
		{"setns", Between(0, below, 3), below, true},
		{"setns", Between(0, below, 3), 3, true},
		{"setns", Between(0, below, 3), 4, false},
		{"brk", Equal(0, 1), 1<<32 | 1, false},
		{"brk", Between(0, 5, 1<<33), 1<<32 | 1, true},
		{"umask", OneOf(0), 0, false},
	} {
		f := compile(t, Rules{Default: KillProcess, Rules: []Rule{{Syscalls: []string{c.call}, When: c.when, Action: Allow}}})
		assert.Equal(t, c.holds, f.Evaluate(call(t, c.call, c.arg)) == Allow, "%s %v %#x", c.call, c.when, c.arg)
	}
	// umode_t has 16 bits.
	f := compile(t, Rules{Default: Allow, Rules: []Rule{{Syscalls: []string{"fchmod"}, When: Equal(1, 0o4755)}}})
	assert.True(t, f.Evaluate(call(t, "fchmod", 3, 0x10000|0o4755)).Kills())
}

// A program of many far jumps: every call has a decision of its own.
func TestJumpsOverMoreThan255Instructions(t *testing.T) {
	rules := Rules{Default: KillProcess, Foreign: Trap}
	for nr := int32(0); nr < 110; nr++ {
		name := SyscallName(NativeArch, nr)
		if Known(name) {
			rules.Rules = append(rules.Rules, Rule{Syscalls: []string{name}, Action: Errno(unix.Errno(nr + 1)),
				When: All{Equal(0, uint64(nr)).As(Ulong), Between(1, 3, 5<<33).As(Ulong), OneOf(2, 1, 3, 1<<40).As(Ulong)}})
		}
	}
	f := compile(t, rules)
	require.Greater(t, len(f.Instructions()), 2000)
	for _, rule := range rules.Rules {
		nr := uint64(rule.Action.Data()) - 1
		assert.Equal(t, rule.Action, f.Evaluate(call(t, rule.Syscalls[0], nr, 4, 3)))
		assert.Equal(t, KillProcess, f.Evaluate(call(t, rule.Syscalls[0], nr+1, 4, 3)))
		assert.Equal(t, KillProcess, f.Evaluate(call(t, rule.Syscalls[0], nr, 4, 2)))
	}
	// One that is longer than the kernel takes is an error here.
	for i := range rules.Rules {
		values := make([]uint64, 50)
		for j := range values {
			values[j] = uint64(i)<<40 | uint64(j)<<33
		}
		rules.Rules[i].When = OneOf(0, values...).As(Ulong)
	}
	_, err := Compile(rules)
	var invalid *InvalidProgramError
	require.ErrorAs(t, err, &invalid)
	assert.ErrorIs(t, err, unix.EINVAL)
}

func TestSyscallNames(t *testing.T) {
	for want, d := range map[string]Data{
		"i386:execve":               {Arch: unix.AUDIT_ARCH_I386, Number: 11},
		"arm:syscall_9999":          {Arch: unix.AUDIT_ARCH_ARM, Number: 9999},
		"x32:write":                 {Arch: unix.AUDIT_ARCH_X86_64, Number: 0x40000001},
		"arch_80000014:syscall_4":   {Arch: 0x80000014, Number: 4},
		SyscallName(NativeArch, -1): {Arch: NativeArch, Number: -1},
	} {
		assert.Equal(t, want, SyscallName(d.Arch, d.Number))
	}
	nr, ok := Number("openat")
	require.True(t, ok)
	assert.Equal(t, "openat", SyscallName(NativeArch, nr))
	assert.Equal(t, "syscall_-1", SyscallName(NativeArch, -1))
}

func TestActionsAsText(t *testing.T) {
	for text, action := range map[string]Action{
		"allow": Allow, "errno EPERM": Errno(unix.EPERM), "errno 4000": Errno(4000), "trace 3": Trace(3),
		"notify": Notify, "trap": Trap, "kill": KillProcess, "kill_thread": KillThread, "log": Log,
	} {
		assert.Equal(t, text, action.String())
		parsed, err := ParseAction(text)
		assert.NoError(t, err)
		assert.Equal(t, action, parsed)
	}
	for _, text := range []string{"", "permit", "errno", "errno EWHAT", "errno 5000", "trace -1", "trace 70000"} {
		_, err := ParseAction(text)
		assert.ErrorContains(t, err, "seccomp: action", text)
	}
	assert.Equal(t, Errno(4095), Errno(70000))
	assert.Equal(t, Errno(unix.ENOSYS), Trace(9).Unwatched())
	assert.Equal(t, Errno(unix.ENOSYS), Notify.Unwatched())
	assert.Equal(t, Trap, Trap.Unwatched())
}

// Who knows the key may do everything, but by foreign doors.
func TestKey(t *testing.T) {
	const key = 0x0123456789abcdef
	f := compile(t, Rules{Default: Errno(unix.EPERM), Foreign: KillProcess, Key: key, Rules: []Rule{
		{Syscalls: []string{"read"}, Action: Allow},
		{Syscalls: []string{"clone"}, Action: Notify, When: All{Equal(0, 1)}},
		{Syscalls: []string{"mmap"}, Action: KillProcess},
	}})
	for _, name := range []string{"read", "clone", "mmap", "mount", "getpid"} {
		nr, _ := Number(name)
		for _, args := range [][6]uint64{{}, {1}, {5: key &^ 1}, {5: key ^ 1<<63}, {4: key}} {
			d := Data{Number: nr, Arch: NativeArch, Args: args}
			want := Errno(unix.EPERM)
			switch {
			case name == "read":
				want = Allow
			case name == "mmap":
				want = KillProcess
			case name == "clone" && args[0] == 1:
				want = Notify
			}
			assert.Equal(t, want, f.Evaluate(&d), "%s %x", name, args)
			d.Args[5] = key
			assert.Equal(t, Allow, f.Evaluate(&d), "%s %x", name, d.Args)
			d.Arch++
			assert.Equal(t, KillProcess, f.Evaluate(&d), "%s %x", name, d.Args)
		}
	}
}
