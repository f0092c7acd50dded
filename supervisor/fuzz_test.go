package supervisor_test

import (
	"os"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// FuzzCall looks at calls of this process with arguments of any kind: numbers,
// and addresses of text. Whatever they are, each file that a call names has a
// path or an error that the kernel could give, and nothing stays open.
func FuzzCall(f *testing.F) {
	for _, text := range []string{"", "/", "/etc/passwd", "none", "/proc/self/fd/0", "/proc/thread-self/../exe", "//..//.", "/dev/fd/x",
		"/proc/self/cwd/../root/..", "/etc/passwd/", "\x00", "a/", "./.", "/proc/self/task"} {
		f.Add(int32(257), ^uint64(99), uint64(0), uint64(0), uint64(24), text, uint8(0b10))
	}
	f.Add(int32(437), uint64(1<<40), uint64(7), ^uint64(0), uint64(1<<63), "\x00\x00\x00\x00\x00\x00\x00\x00", uint8(0b110))
	runtime.LockOSThread()
	memory := supervisor.NewMemory(unix.Gettid())
	f.Fuzz(func(t *testing.T, number int32, a, b, c, d uint64, text string, addresses uint8) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var pinner runtime.Pinner
		defer pinner.Unpin()
		data := seccomp.Data{Number: number, Arch: seccomp.NativeArch, Args: [6]uint64{a, b, c, d, d, a}}
		for i := range data.Args {
			if addresses>>i&1 == 1 {
				bytes := append([]byte(text), 0)
				pinner.Pin(&bytes[0])
				data.Args[i] = uint64(uintptr(unsafe.Pointer(&bytes[0])))
			}
		}
		before := descriptors(t)
		call := supervisor.NewCall(unix.Gettid(), os.Getpid(), data, memory)
		assert.Len(t, call.Files, len(policy.PathArgs(call.Name)))
		for _, file := range call.Files {
			switch {
			case file.Err == nil && file.Address != nil:
				assert.Empty(t, file.Path)
				assert.True(t, file.Opened != file.Socket)
			case file.Err == nil:
				assert.NotEmpty(t, file.Path)
			default:
				assert.IsType(t, unix.Errno(0), file.Err)
				assert.Negative(t, file.Place.FD)
				assert.Negative(t, file.Place.Dir)
			}
		}
		call.Close()
		// What the process itself opens and closes meanwhile is no call's.
		if descriptors(t) > before {
			time.Sleep(10 * time.Millisecond)
			assert.LessOrEqual(t, descriptors(t), before)
		}
	})
}

func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	assert.NoError(t, err)
	return len(entries)
}
