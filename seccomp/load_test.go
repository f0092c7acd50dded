package seccomp

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/script"
)

const helperVariable = "BAILIFF_TEST_SECCOMP"

// TestMain lets the test program sandbox itself: the variable names what it
// does under a filter of its own.
func TestMain(m *testing.M) {
	helpers := map[string]func() error{
		"self": helpSelf, "older": helpOlder,
		"listener": func() error { return helpListener(TSync) },
		"killable": func() error { return helpListener(TSync | WaitKillable) },
	}
	if name := os.Getenv(helperVariable); name != "" {
		if err := helpers[name](); err != nil {
			fmt.Println("error:", err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// helper is this program again, as one of the above.
func helper(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), helperVariable+"="+name)
	return cmd
}

func output(t *testing.T, name string) string {
	t.Helper()
	out, err := helper(t, name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func load(rules Rules) (*os.File, error) {
	f, err := Compile(rules)
	if err != nil {
		return nil, err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, err
	}
	return f.Load()
}

// helpSelf: TSync, as a user has it who sandboxes a whole Go program.
func helpSelf() error {
	runtime.LockOSThread()
	_, err := load(Rules{Default: Allow, Foreign: KillProcess, Flags: TSync,
		Rules: []Rule{{Syscalls: []string{"getpgid"}, Action: Errno(unix.EDOM)}}})
	if err != nil {
		return err
	}
	runtime.UnlockOSThread()
	errs := make(chan error)
	for range 8 {
		go func() {
			runtime.LockOSThread()
			_, err := unix.Getpgid(0)
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != unix.EDOM {
			return fmt.Errorf("a thread got away: %v", err)
		}
	}
	fmt.Println("all threads")
	return nil
}

func TestLoadInAllThreads(t *testing.T) { assert.Equal(t, "all threads\n", output(t, "self")) }

// helpOlder: a filter that allows all is loaded after one that doesn't.
func helpOlder() error {
	runtime.LockOSThread()
	refuse := Rules{Default: Allow, Foreign: KillProcess,
		Rules: []Rule{{Syscalls: []string{"getpgid"}, Action: Errno(unix.EDOM)}}}
	if _, err := load(refuse); err != nil {
		return err
	}
	if _, err := load(Rules{Default: Allow, Foreign: KillProcess}); err != nil {
		return err
	}
	_, err := unix.Getpgid(0)
	fmt.Println(err == unix.EDOM)
	return nil
}

func TestASecondFilterAllowsNoMore(t *testing.T) { assert.Equal(t, "true\n", output(t, "older")) }

func helpListener(flags Flags) error {
	runtime.LockOSThread()
	listener, err := load(Rules{Default: Allow, Foreign: KillProcess, Flags: NewListener | flags,
		Rules: []Rule{{Syscalls: []string{"getpgid"}, Action: Notify}}})
	if err != nil {
		return err
	}
	go func() {
		// struct seccomp_notif and seccomp_notif_resp (linux/seccomp.h).
		var request struct {
			id         uint64
			pid, flags uint32
			data       Data
		}
		answer := struct {
			id           uint64
			value        int64
			error, flags int32
		}{value: 42}
		const receive, send = 0xc0502100, 0xc0182101
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, listener.Fd(), receive, uintptr(unsafe.Pointer(&request)))
		if errno != 0 {
			fmt.Println(errno)
		}
		fmt.Println(SyscallName(request.data.Arch, request.data.Number), request.data.Args[0])
		answer.id = request.id
		unix.Syscall(unix.SYS_IOCTL, listener.Fd(), send, uintptr(unsafe.Pointer(&answer)))
	}()
	// Not unix.Getpgid, which keeps the processor from the other goroutine: there may be only one.
	got, _, errno := unix.Syscall(unix.SYS_GETPGID, 7, 0, 0)
	fmt.Println(got, errno == 0)
	return nil
}

func TestListenerAnswers(t *testing.T) {
	assert.Equal(t, "getpgid 7\n42 true\n", output(t, "listener"))
	if !kernel.ProbeNotify().Killable {
		t.Skip("needs SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19")
	}
	assert.Equal(t, "getpgid 7\n42 true\n", output(t, "killable"))
}

// TestDecode reads the siginfo as a tracer does.
func TestDecode(t *testing.T) {
	runtime.LockOSThread() // ptrace is for one thread
	defer runtime.UnlockOSThread()
	f := compile(t, Rules{Default: Allow, Foreign: KillProcess,
		Rules: []Rule{{Syscalls: []string{"getpgid"}, When: Equal(0, 77), Action: Trap | 7}}})
	program := &unix.SockFprog{Len: uint16(len(f.program)), Filter: &f.program[0]}
	simple := func(nr uintptr, args ...script.Arg) script.Call {
		return script.Call{Step: "child", Index: -1, Nr: nr, Args: args}
	}
	child, err := script.Assemble([]script.Call{
		simple(unix.SYS_PRCTL, script.Int(unix.PR_SET_NO_NEW_PRIVS), script.Int(1), script.Int(0), script.Int(0), script.Int(0)),
		simple(unix.SYS_PTRACE, script.Int(unix.PTRACE_TRACEME), script.Int(0), script.Int(0), script.Int(0)),
		simple(unix.SYS_SECCOMP, script.Int(unix.SECCOMP_SET_MODE_FILTER), script.Int(0), script.Int(uintptr(unsafe.Pointer(program)))),
		simple(unix.SYS_GETPGID, script.Int(77)),
		simple(unix.SYS_EXIT_GROUP, script.Int(0)),
	})
	require.NoError(t, err)
	in := child.Instance()
	pid, err := in.Spawn(0)
	require.NoError(t, err)
	defer runtime.KeepAlive(program)
	var status unix.WaitStatus
	_, err = unix.Wait4(pid, &status, unix.WALL, nil)
	require.NoError(t, err)
	require.True(t, status.Stopped(), "%#x %v", status, in.Failure())
	defer func() {
		require.NoError(t, unix.Kill(pid, unix.SIGKILL))
		_, err := unix.Wait4(pid, &status, unix.WALL, nil)
		require.NoError(t, err)
	}()
	require.Equal(t, unix.SIGSYS, status.StopSignal())
	siginfo := make([]byte, 128)
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(pid), 0, uintptr(unsafe.Pointer(&siginfo[0])), 0, 0)
	require.Zero(t, errno)
	trapped, err := Decode(siginfo)
	require.NoError(t, err)
	assert.Equal(t, "getpgid", trapped.String())
	assert.Equal(t, uint16(7), trapped.Data)
	assert.Equal(t, NativeArch, trapped.Arch)
	assert.NotZero(t, trapped.IP)

	_, err = Decode(siginfo[:31])
	assert.ErrorContains(t, err, "31 bytes")
	siginfo[0] = byte(unix.SIGSEGV)
	_, err = Decode(siginfo)
	assert.ErrorContains(t, err, "not the SIGSYS")
}

func FuzzDecode(f *testing.F) {
	f.Add(make([]byte, 128))
	f.Add([]byte{31, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 31: 0xc0})
	f.Fuzz(func(t *testing.T, siginfo []byte) {
		if trapped, err := Decode(siginfo); err == nil {
			assert.False(t, strings.Contains(trapped.String(), " "), trapped)
		}
	})
}
