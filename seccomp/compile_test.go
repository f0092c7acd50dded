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
