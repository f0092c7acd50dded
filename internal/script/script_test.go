package script

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func exit(code int) Call {
	return Call{Step: "exit", Index: -1, Nr: unix.SYS_EXIT_GROUP, Args: []Arg{Int(code)}}
}

// run walks calls in a child and returns how it ended.
func run(t *testing.T, calls []Call, set func(*Instance)) (*Instance, unix.WaitStatus) {
	t.Helper()
	program, err := Assemble(calls)
	require.NoError(t, err)
	in := program.Instance()
	if set != nil {
		set(in)
	}
	pid, err := in.Spawn(0)
	require.NoError(t, err)
	return in, wait(t, pid)
}

func wait(t *testing.T, pid int) unix.WaitStatus {
	t.Helper()
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, unix.WALL, nil)
		if err != unix.EINTR {
			require.NoError(t, err)
			return status
		}
	}
}

func TestWalkToTheEnd(t *testing.T) {
	in, status := run(t, []Call{exit(42)}, nil)
	assert.Equal(t, 42, status.ExitStatus())
	assert.NoError(t, in.Failure())
}

func TestACopyKeepsItsWordsToItself(t *testing.T) {
	for _, path := range []string{"/", "/nonexistent"} {
		program, err := Assemble([]Call{
			{Step: "directory", Nr: unix.SYS_CHDIR, Args: []Arg{String(path)}}, exit(42)})
		require.NoError(t, err)
		in := program.Instance()
		pid, err := in.SpawnCopy(unix.CLONE_VM)
		require.NoError(t, err)
		code := wait(t, pid).ExitStatus()
		assert.Equal(t, map[string]int{"/": 42, "/nonexistent": 1}[path], code)
		assert.NoError(t, in.Failure(), "written in the child's memory alone")
	}
}

func TestFailureNamesStepIndexThingAndErrno(t *testing.T) {
	in, status := run(t, []Call{
		{Step: "directory", Index: 3, Name: "/nonexistent", Nr: unix.SYS_CHDIR, Args: []Arg{String("/nonexistent")}},
		exit(0),
	}, nil)
	assert.Equal(t, 1, status.ExitStatus())
	err := in.Failure()
	assert.EqualError(t, err, "directory[3] /nonexistent: no such file or directory")
	assert.ErrorIs(t, err, unix.ENOENT)
	var failure *Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, Step("directory"), failure.Call.Step)
}

func TestIgnoredErrorsDoNotStopTheScript(t *testing.T) {
	chdir := Call{Step: "directory", Nr: unix.SYS_CHDIR, Args: []Arg{String("/nonexistent")}}
	for _, test := range []struct {
		name   string
		ignore []unix.Errno
		exit   int
	}{
		{"none", nil, 1},
		{"another", []unix.Errno{unix.EPERM}, 1},
		{"first", []unix.Errno{unix.ENOENT}, 7},
		{"second", []unix.Errno{unix.EPERM, unix.ENOENT}, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			chdir.Ignore = test.ignore
			_, status := run(t, []Call{chdir, exit(7)}, nil)
			assert.Equal(t, test.exit, status.ExitStatus())
		})
	}
}

func TestResultBecomesAnArgument(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	in, status := run(t, []Call{
		{Step: "open", Nr: unix.SYS_OPENAT, Out: "fd",
			Args: []Arg{CWD(), String(file), Int(unix.O_CREAT | unix.O_WRONLY), Int(0o644)}},
		{Step: "write", Nr: unix.SYS_WRITE, Args: []Arg{Value("fd"), String("through the result"), Int(18)}},
		{Step: "close", Nr: unix.SYS_CLOSE, Args: []Arg{Value("fd")}},
		exit(0),
	}, nil)
	require.NoError(t, in.Failure())
	require.Equal(t, 0, status.ExitStatus())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "through the result", string(text))
}

func TestValuesOfOneStart(t *testing.T) {
	calls := []Call{{Step: "exit", Nr: unix.SYS_EXIT_GROUP, Args: []Arg{Value("code")}}}
	program, err := Assemble(calls)
	require.NoError(t, err)
	for code := range uint64(5) {
		in := program.Instance()
		in.Set("code", code)
		pid, err := in.Spawn(0)
		require.NoError(t, err)
		assert.Equal(t, int(code), wait(t, pid).ExitStatus())
	}
}

// The child of a Fork row goes on there, its caller at the Parent row. With
// CLONE_PARENT the child is the spawner's.
func TestFork(t *testing.T) {
	in, status := run(t, []Call{
		{Step: "clone", Nr: unix.SYS_CLONE, Kind: Fork,
			Args: []Arg{Int(unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_PARENT | unix.CLONE_PARENT_SETTID), Int(0), Address("pid", 1), Int(0), Int(0)}},
		exit(9),
		{Step: "exit", Kind: Parent, Nr: unix.SYS_EXIT_GROUP, Args: []Arg{Int(5)}},
	}, nil)
	assert.Equal(t, 5, status.ExitStatus())
	assert.NoError(t, in.Failure())
	assert.Equal(t, 9, wait(t, int(in.Get("pid"))).ExitStatus())
}

func TestWaitGoesOnWhenTheWordChanges(t *testing.T) {
	program, err := Assemble([]Call{
		{Step: "wait", Nr: unix.SYS_FUTEX, Kind: Wait, Ignore: []unix.Errno{unix.EAGAIN},
			Args: []Arg{Address("go", 1), Int(0), Int(0), Int(0)}},
		exit(3),
	})
	require.NoError(t, err)
	in := program.Instance()
	pid, err := in.Spawn(0)
	require.NoError(t, err)
	wake := func() {
		_, _, _ = unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(in.Futex("go"))), 1, 1)
	}
	// A wake without a change must not let it go on.
	for range 20 {
		time.Sleep(time.Millisecond)
		wake()
	}
	ended, err := unix.Wait4(pid, nil, unix.WALL|unix.WNOHANG, nil)
	require.NoError(t, err)
	require.Zero(t, ended)
	in.Set("go", 1)
	wake()
	assert.Equal(t, 3, wait(t, pid).ExitStatus())
}

func TestStringsArriveAtExec(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	in, status := run(t, []Call{
		{Step: "exec", Nr: unix.SYS_EXECVE, Args: []Arg{String("/bin/sh"),
			Strings([]string{"sh", "-c", `printf '%s|' "$@" "$NAME" > "$OUT"`, "sh", "", "one two", "dreizehn"}),
			Strings([]string{"NAME=value", "OUT=" + out})}},
	}, nil)
	require.NoError(t, in.Failure())
	require.Equal(t, 0, status.ExitStatus())
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, "|one two|dreizehn|value|", string(text))
}

func TestAssembleRefuses(t *testing.T) {
	for _, test := range []struct {
		name, message string
		call          Call
	}{
		{"seven arguments", "mount: 7 arguments", Call{Step: "mount", Index: -1, Args: make([]Arg, 7)}},
		{"a NUL in a path", `exec[0] /bin/x: "/bin/\x00x" contains a NUL byte`,
			Call{Step: "exec", Name: "/bin/x", Args: []Arg{String("/bin/\x00x")}}},
		{"a NUL in a list", `"A=\x00" contains a NUL byte`, Call{Args: []Arg{Strings([]string{"A=\x00"})}}},
		{"a fork without a parent's row", "no row says what the caller", Call{Kind: Fork}},
		{"three errors to ignore", "more than two", Call{Ignore: make([]unix.Errno, 3)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Assemble([]Call{test.call})
			assert.ErrorContains(t, err, test.message)
		})
	}
}

func TestPrinting(t *testing.T) {
	program, err := Assemble([]Call{
		{Step: "mount", Index: 0, Name: "/usr", Nr: unix.SYS_MOUNT, Args: []Arg{
			String("/usr"), String("usr"), Null(), Symbol(unix.MS_BIND, "MS_BIND"), Null()}},
		{Step: "file", Index: 2, Name: "/etc/passwd", Nr: unix.SYS_OPENAT, Out: "fd",
			Args:   []Arg{CWD(), String("etc/passwd"), Symbol(unix.O_CREAT, "O_CREAT"), Int(0o644)},
			Ignore: []unix.Errno{unix.EEXIST, unix.EROFS}},
		{Step: "close", Index: -1, Nr: unix.SYS_CLOSE, Args: []Arg{Value("fd")}},
		exit(0),
	})
	require.NoError(t, err)
	assert.Equal(t, strings.TrimLeft(`
mount[0] /usr            mount("/usr", "usr", NULL, MS_BIND, NULL)
file[2] /etc/passwd      $fd = openat(AT_FDCWD, "etc/passwd", O_CREAT, 420)  # or EEXIST, EROFS
close                    close($fd)
exit                     exit_group(0)
`, "\n"), program.String())
}

// Many starts at once, while the collector runs and stacks move: the words
// of one never reach another.
func TestStartsSideBySide(t *testing.T) {
	program, err := Assemble([]Call{
		{Step: "identify", Nr: unix.SYS_GETPID, Out: "pid"},
		{Step: "exit", Nr: unix.SYS_EXIT_GROUP, Args: []Arg{Value("code")}},
	})
	require.NoError(t, err)
	done := make(chan error, 16)
	for worker := range 16 {
		go func() {
			for range 200 {
				in := program.Instance()
				in.Set("code", uint64(worker))
				pid, err := in.Spawn(0)
				if err != nil {
					done <- err
					return
				}
				var status unix.WaitStatus
				for {
					if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != unix.EINTR {
						break
					}
				}
				if !assert.Equal(t, worker, status.ExitStatus()) || !assert.EqualValues(t, pid, in.Get("pid")) {
					break
				}
				runtime.GC()
			}
			done <- nil
		}()
	}
	for range 16 {
		require.NoError(t, <-done)
	}
}

func BenchmarkAssemble(b *testing.B) {
	calls := []Call{}
	for i := range 150 {
		calls = append(calls, Call{Step: "x", Index: i, Nr: unix.SYS_CHDIR, Args: []Arg{String("/usr/bin"), Int(5)}})
	}
	for b.Loop() {
		if _, err := Assemble(calls); err != nil {
			b.Fatal(err)
		}
	}
}
