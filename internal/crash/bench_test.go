package crash_test

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/crash"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// BenchmarkExamine is what a crash costs the judge: all that is read while the
// program stands still.
func BenchmarkExamine(b *testing.B) {
	for name, path := range map[string]string{"small": "crash/null_write.cpp", "threads and vectors": "crash/in_vector.cpp"} {
		b.Run(name, func(b *testing.B) { benchmarkExamine(b, testprog.Compile(b, path, "-g", "-O2")) })
	}
	if path := os.Getenv("BAILIFF_CRASH_PROGRAM"); path != "" { // any program that crashes at once
		b.Run("given", func(b *testing.B) { benchmarkExamine(b, path) })
	}
}

func benchmarkExamine(b *testing.B, program string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(program)
	cmd.Dir = b.TempDir() // for the core
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	require.NoError(b, cmd.Start())
	tid := cmd.Process.Pid
	var status unix.WaitStatus
	for status.StopSignal() != unix.SIGSEGV {
		_, err := unix.Wait4(tid, &status, unix.WALL, nil)
		require.NoError(b, err)
		require.True(b, status.Stopped())
		if status.StopSignal() != unix.SIGSEGV {
			require.NoError(b, unix.PtraceCont(tid, 0))
		}
	}
	var info crash.Siginfo
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(tid), 0, uintptr(unsafe.Pointer(&info)), 0, 0)
	require.Zero(b, errno)
	b.ReportAllocs()
	for b.Loop() {
		e, err := crash.Examine(tid, &info, supervisor.NewMemory(tid))
		require.NoError(b, err)
		require.NotEmpty(b, e.Source)
	}
	require.NoError(b, cmd.Process.Kill())
	_ = cmd.Wait()
}
