package seccomp

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestDisassembly(t *testing.T) {
	if NativeArch != unix.AUDIT_ARCH_X86_64 {
		t.Skip("numbers are those of amd64")
	}
	f := compile(t, Rules{Default: KillProcess, Foreign: Trap, Rules: []Rule{
		{Syscalls: []string{"read", "write"}, Action: Allow},
		{Syscalls: []string{"socket"}, When: All{Equal(0, 2), AnyBit(1, 0x80000)}, Action: Errno(unix.EPERM)},
		{Syscalls: []string{"socket"}, Action: Allow},
	}})
	assert.Equal(t, `   0  a = arch
   1  if a == 0xc000003e      2, else 14           ; x86_64
   2  a = number
   3  if a >= 0x40000000      14, else 4           ; x32
   4  if a >= 0x29            6, else 5            ; socket
   5  if a >= 0x2             13, else 11          ; open
   6  if a >= 0x2a            13, else 7           ; connect
   7  a = arg0.low
   8  if a == 0x2             9, else 11
   9  a = arg1.low
  10  if a & 0x80000          12, else 11
  11  return allow
  12  return errno EPERM
  13  return kill
  14  return trap
`, f.String())
}

// Every instruction the kernel allows has its text.
func TestDisassemblyOfAnyProgram(t *testing.T) {
	program := []unix.SockFilter{{Code: st}}
	for _, code := range codes {
		if !isReturn(code) {
			program = append(program, unix.SockFilter{Code: code, K: 4})
			if isMemoryLoad(code) || code == codeJump { // m[4] is never written
				program[len(program)-1].K = 0
			}
		}
	}
	f, err := New(append(program, unix.SockFilter{Code: ret | returnA}), 0)
	require.NoError(t, err)
	assert.NotContains(t, f.String(), "%")
	for _, want := range []string{"m[0x0] = a", "x = sizeof(data)", "a /= x", "a <<= 0x4", "goto", "if a > x", "return a", "a = -a"} {
		assert.Contains(t, f.String(), want)
	}
}

func TestConditionsAsText(t *testing.T) {
	c := All{Equal(0, 3), Any{Masked(1, 0xff, 0x10), OneOf(2, 1, 300)}, Between(3, 1, 20), NotEqual(4, 0), AnyBit(5, 6)}
	assert.Equal(t, "arg0 == 3 and (arg1 & 0xff == 0x10 or arg2 in {1, 0x12c}) and arg3 in 1..0x14 and arg4 != 0 and arg5 & 0x6 != 0", c.String())
	assert.Equal(t, "always", All{}.String())
	assert.Equal(t, "never", Any{}.String())
}
