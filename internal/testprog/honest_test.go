package testprog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The honest programs do what they say when they are run plainly.

func TestTiny(t *testing.T) {
	assert.Empty(t, run(t, "", "tiny"))
}

func TestExit(t *testing.T) {
	for _, code := range []int{0, 1, 137, 255} {
		err := exec.Command(Build(t, "exit"), strconv.Itoa(code)).Run()
		var exit *exec.ExitError
		if code == 0 {
			assert.NoError(t, err)
		} else if assert.ErrorAs(t, err, &exit) {
			assert.Equal(t, code, exit.ExitCode())
		}
	}
}

func TestPrint(t *testing.T) {
	const line = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk\n"
	for _, test := range []struct {
		bytes, chunk   int
		where          string
		stdout, stderr int
	}{
		{0, 1, "stdout", 0, 0},
		{1000, 65536, "stdout", 1000, 0},
		{1000, 7, "stderr", 0, 1000},
		{1000, 300, "both", 600, 400},
		{3 << 20, 65536, "stdout", 3 << 20, 0},
	} {
		cmd := exec.Command(Build(t, "print"), fmt.Sprint(test.bytes), fmt.Sprint(test.chunk), test.where)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		require.NoError(t, cmd.Run())
		assert.Equal(t, test.stdout, stdout.Len(), "%+v", test)
		assert.Equal(t, test.stderr, stderr.Len(), "%+v", test)
		if test.where == "stdout" {
			assert.True(t, strings.HasPrefix(strings.Repeat(line, 1+test.bytes/len(line)), stdout.String()), "%+v", test)
		}
	}
}

func TestCat(t *testing.T) {
	text := strings.Repeat("some text\n", 50000)
	assert.Equal(t, text, run(t, text, "cat"))
}

func TestSum(t *testing.T) {
	assert.Equal(t, "42\n", run(t, "40 2", "sum"))
	assert.Equal(t, "0\n", run(t, "", "sum"))

	cmd := exec.Command(Build(t, "sum"))
	cmd.Stdin = strings.NewReader("1 two")
	var exit *exec.ExitError
	require.True(t, errors.As(cmd.Run(), &exit))
	assert.Equal(t, 1, exit.ExitCode())
}

func TestSleep(t *testing.T) {
	start := time.Now()
	run(t, "", "sleep", "50")
	assert.GreaterOrEqual(t, time.Since(start), 50*time.Millisecond)
}

// What spin measures is at least what it was asked for, and what the kernel bills for it
// at least what it measured.
func TestSpin(t *testing.T) {
	for _, how := range []string{"user", "system"} {
		cmd := exec.Command(Build(t, "spin"), "50", how)
		out, err := cmd.Output()
		require.NoError(t, err)
		values := Values(string(out))
		measured, err := strconv.ParseInt(values["cpu_ns"], 10, 64)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Duration(measured), 50*time.Millisecond)
		// The bill is in whole microseconds, for user and for system time.
		billed := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		assert.GreaterOrEqual(t, billed, time.Duration(measured)-2*time.Microsecond)
		assert.NotEmpty(t, values["user_ns"])
		assert.NotEmpty(t, values["system_ns"])
	}
}

func TestTouch(t *testing.T) {
	peak := func(mib string) int64 {
		cmd := exec.Command(Build(t, "touch"), mib, "1")
		require.NoError(t, cmd.Run())
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	}
	// Go starts programs by vfork, so the peak holds at least what this process had
	// (getrusage(2)): more than it touches, never less.
	assert.GreaterOrEqual(t, peak("64"), int64(64<<20))
	assert.Positive(t, peak("0"))
}

func TestWhoami(t *testing.T) {
	cmd := exec.Command(Build(t, "whoami"), "one", "two words")
	cmd.Env = []string{"NAME=value"}
	cmd.Dir = "/"
	out, err := cmd.Output()
	require.NoError(t, err)
	values := Values(string(out))
	hostname, err := os.Hostname()
	require.NoError(t, err)

	for name, want := range map[string]string{
		"argc": "3", "arg[1]": "one", "arg[2]": "two words",
		"env[0]": "NAME=value", "cwd": "/", "hostname": hostname,
		"uid": strconv.Itoa(os.Getuid()), "gid": strconv.Itoa(os.Getgid()),
		"ppid": strconv.Itoa(os.Getpid()), "fd[0]": "/dev/null",
		"signals_caught": "0000000000000000",
	} {
		assert.Equal(t, want, values[name], name)
	}
	for _, namespace := range []string{"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"} {
		link, err := os.Readlink("/proc/self/ns/" + namespace)
		require.NoError(t, err)
		assert.Equal(t, link, fmt.Sprintf("%s:[%s]", namespace, values["ns_"+namespace]))
	}
	for _, name := range []string{
		"groups", "cap_bounding", "cap_effective", "securebits", "no_new_privs", "umask",
		"rlimit_nofile", "sid", "tty", "signals_ignored", "mount[0]", "cgroup[0]", "loopback",
	} {
		assert.Contains(t, values, name)
	}
}

func TestSpawn(t *testing.T) {
	for _, what := range []string{"processes", "threads"} {
		assert.Equal(t, "started=3\n", run(t, "", "spawn", what, "3", "1"))
		assert.Equal(t, "started=0\n", run(t, "", "spawn", what, "0", "0"))
	}
}

func TestSyscall(t *testing.T) {
	openat := strconv.Itoa(unix.SYS_OPENAT)
	assert.Equal(t, "errno=ENOENT\n", run(t, "", "syscall", openat, "-100", "@/no such file", "0"))
	assert.Equal(t, "returned=3\n", run(t, "", "syscall", openat, "-100", "@/", "0"))
	assert.Equal(t, "errno=ENOSYS\n", run(t, "", "syscall", "99999"))
}
