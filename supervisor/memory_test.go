package supervisor_test

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// half is memory of which the first page can be read and written, the second
// only read, and the third nothing.
func half(t *testing.T) (readable []byte, address uint64) {
	t.Helper()
	memory, err := unix.Mmap(-1, 0, 3*4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(memory)) })
	for i := range memory[:2*4096] {
		memory[i] = byte('a' + i%26)
	}
	require.NoError(t, unix.Mprotect(memory[4096:8192], unix.PROT_READ))
	require.NoError(t, unix.Mprotect(memory[8192:], unix.PROT_NONE))
	return memory[:8192], uint64(uintptr(unsafe.Pointer(&memory[0])))
}

// onThread runs a test with the memory of its thread: as it is, and where the
// calls are refused that are for this, so that /proc/TID/mem is used.
func onThread(t *testing.T, test func(t *testing.T, m *supervisor.ProcessMemory, byFile bool)) {
	for name, byFile := range map[string]bool{"calls": false, "file": true} {
		t.Run(name, func(t *testing.T) {
			done := make(chan error)
			kernel.OnOwnThread(func() {
				var err error
				if byFile {
					err = refuseCalls()
				}
				if err == nil {
					test(t, supervisor.NewMemory(unix.Gettid()), byFile)
				}
				done <- err
			})
			require.NoError(t, <-done)
		})
	}
}

func refuseCalls() error {
	filter, err := seccomp.Compile(seccomp.Rules{Default: seccomp.Allow, Foreign: seccomp.KillProcess,
		Rules: []seccomp.Rule{{Syscalls: []string{"process_vm_readv", "process_vm_writev"}, Action: seccomp.Errno(unix.ENOSYS)}}})
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, err = filter.Load()
	return err
}

func TestMemoryIsReadAsFarAsItGoes(t *testing.T) {
	memory, address := half(t)
	onThread(t, func(t *testing.T, m *supervisor.ProcessMemory, byFile bool) {
		for _, c := range []struct{ from, size, want int }{
			{0, 10, 10}, {4000, 4000, 4000}, {8000, 192, 192}, {0, 8192, 8192}, {0, 0, 0},
		} {
			p := make([]byte, c.size)
			n, err := m.Read(address+uint64(c.from), p)
			assert.NoError(t, err)
			assert.Equal(t, c.want, n)
			assert.True(t, bytes.Equal(memory[c.from:c.from+n], p[:n]))
		}
		for _, nowhere := range []uint64{0, 1, 4095, 1 << 46, 1<<63 - 1, 1 << 63, ^uint64(0), ^uint64(0) - 4095, 0xffffffffff600000} {
			n, err := m.Read(nowhere, make([]byte, 5000))
			assert.Zero(t, n, "%#x", nowhere)
			assert.Equal(t, unix.EFAULT, err, "%#x", nowhere)
		}
		if byFile { // that reads what is protected, too
			return
		}
		n, err := m.Read(address+8000, make([]byte, 9000))
		assert.NoError(t, err)
		assert.Equal(t, 192, n)
		n, err = m.Read(address+8192, make([]byte, 1))
		assert.Zero(t, n)
		assert.Equal(t, unix.EFAULT, err)
		n, err = m.Write(address+4000, make([]byte, 200))
		assert.NoError(t, err)
		assert.Equal(t, 96, n, "the second page is not to be written")
		n, err = m.Write(address+5000, []byte("x"))
		assert.Zero(t, n)
		assert.Equal(t, unix.EFAULT, err)
	})
	_, err := supervisor.NewMemory(1<<30).Read(address, make([]byte, 1))
	assert.Equal(t, unix.ESRCH, err)
}

func TestStringsAreAsTheKernelReadsThem(t *testing.T) {
	memory, address := half(t)
	require.NoError(t, unix.Mprotect(memory, unix.PROT_READ|unix.PROT_WRITE))
	place := func(text string, end bool) uint64 {
		if end {
			text += "\x00"
		}
		copy(memory[8192-len(text):], text)
		return address + uint64(8192-len(text))
	}
	m := supervisor.NewMemory(unix.Gettid())
	for _, c := range []struct {
		length int
		end    bool
		want   error
	}{
		{0, true, nil}, {1, true, nil}, {255, true, nil}, {256, true, nil}, {4094, true, nil}, {4095, true, nil},
		{4096, true, unix.ENAMETOOLONG}, {5000, true, unix.ENAMETOOLONG},
		{1, false, unix.EFAULT}, {256, false, unix.EFAULT}, {4095, false, unix.EFAULT}, {4096, false, unix.ENAMETOOLONG},
	} {
		text := strings.Repeat("x", c.length)
		got, err := supervisor.ReadString(m, place(text, c.end))
		assert.Equal(t, c.want, err, "%d bytes, end %v", c.length, c.end)
		if c.want == nil {
			assert.Equal(t, text, got)
		}
	}
	_, err := supervisor.ReadString(m, 0)
	assert.Equal(t, unix.EFAULT, err)
}
