package ptracer_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer supervisor.Answer
		output string // "" if the program is killed
	}{
		"allow":             {supervisor.Answer{}, "returned="},
		"fail":              {supervisor.Answer{Kind: supervisor.Fail, Errno: unix.EXDEV}, "errno=EXDEV\n"},
		"fail with nothing": {supervisor.Answer{Kind: supervisor.Fail}, "returned=0\n"},
		"fake":              {supervisor.Answer{Kind: supervisor.Fake, Value: 4711}, "returned=4711\n"},
		"fake, large":       {supervisor.Answer{Kind: supervisor.Fake, Value: 1 << 40}, "returned=1099511627776\n"},
		"kill":              {supervisor.Answer{Kind: supervisor.Kill, Rule: "the rule"}, ""},
	} {
		for mode, o := range map[string]ptracer.Options{"": {}, ", logged": {Log: new(bytes.Buffer)}, ", every": {Every: true}} {
			t.Run(name+mode, func(t *testing.T) {
				leakcheck.Check(t)
				o.Handler = supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
					if c.Name == "getppid" {
						return test.answer
					}
					return supervisor.Answer{}
				})
				got := run(t, program{name: "syscall", args: []string{strconv.Itoa(unix.SYS_GETPPID)}, ask: []string{"getppid"}}, o)
				if test.output != "" {
					got.exited(t, 0)
					assert.Contains(t, got.output, test.output)
					return
				}
				require.NoError(t, got.err)
				require.NotNil(t, got.Violation)
				assert.Equal(t, "getppid", got.Violation.Syscall)
				assert.Equal(t, "the rule", got.Violation.Rule)
				assert.Equal(t, unix.SIGKILL, got.State.Status.Signal())
				assert.Empty(t, got.output)
			})
		}
	}
}

func TestFatalCalls(t *testing.T) {
	leakcheck.Check(t)
	got := run(t, program{name: "syscall", args: []string{strconv.Itoa(unix.SYS_UNLINKAT), "-100", "@/no/such", "0"}, fatal: []string{"unlinkat"}}, ptracer.Options{})
	require.NoError(t, got.err)
	require.NotNil(t, got.Violation)
	assert.Equal(t, "unlinkat", got.Violation.Syscall)
	assert.Equal(t, []string{"AT_FDCWD", `"/no/such"`, "0"}, got.Violation.Args)
}

// What a foreign door leads to is not looked up in the native table.
func TestForeignCalls(t *testing.T) {
	leakcheck.Check(t)
	got := run(t, program{name: "syscall", args: []string{strconv.Itoa(0x40000000 + unix.SYS_GETPPID)}}, ptracer.Options{})
	require.NoError(t, got.err)
	require.NotNil(t, got.Violation)
	assert.Contains(t, got.Violation.Syscall, ":getppid")
}

func TestExit(t *testing.T) {
	leakcheck.Check(t)
	results := map[string]int64{}
	got := run(t, program{name: "syscall", args: []string{strconv.Itoa(unix.SYS_FACCESSAT), "-100", "@/no/such", "0"}, ask: []string{"faccessat", "execve"}},
		ptracer.Options{Handler: supervisor.HandlerFunc(func(*supervisor.Call) supervisor.Answer {
			return supervisor.Answer{Exit: func(c *supervisor.Call, result int64) { results[c.Name] = result }}
		})})
	got.exited(t, 0)
	assert.Equal(t, map[string]int64{"faccessat": -int64(unix.ENOENT)}, results, "and the program's own start is not asked about")
}

func TestLog(t *testing.T) {
	leakcheck.Check(t)
	var log bytes.Buffer
	got := run(t, program{name: "trace_open", args: []string{"1", "/no/such"}}, ptracer.Options{Every: true, Log: &log, Handler: forbid("/nowhere")})
	got.exited(t, 71)
	pid := ""
	for line := range bytes.Lines(log.Bytes()) {
		number, _, _ := bytes.Cut(line, []byte(" "))
		if pid == "" {
			pid = string(number)
		}
		assert.Equal(t, pid, string(number))
	}
	assert.Contains(t, log.String(), pid+` openat(AT_FDCWD, "/no/such", O_RDONLY|O_CLOEXEC) = -1 ENOENT (no such file or directory)`+"\n")
	assert.Contains(t, log.String(), pid+" exit_group(71) = ?\n"+pid+" +++ exited with 71 +++\n")
}

func TestLogOfSignals(t *testing.T) {
	for args, want := range map[string]string{
		"signal_fault null_write": "--- SIGSEGV {si_code=1, si_addr=0x0} ---\n",
		"signal_raise 15":         "--- SIGTERM {si_code=0, si_pid=PID} ---\n",
	} {
		leakcheck.Check(t)
		var log bytes.Buffer
		words := strings.Fields(args)
		got := run(t, program{name: words[0], args: words[1:]}, ptracer.Options{Log: &log})
		require.NoError(t, got.err)
		pid, _, _ := strings.Cut(log.String(), " ")
		name := unix.SignalName(got.State.Status.Signal())
		assert.Equal(t, pid+" "+strings.ReplaceAll(want, "PID", pid)+pid+" +++ killed by "+name+" +++\n", log.String())
	}
}

func TestLogIsFull(t *testing.T) {
	leakcheck.Check(t)
	got := run(t, program{name: "exit", args: []string{"3"}}, ptracer.Options{Every: true, Log: full{}})
	assert.ErrorIs(t, got.err, unix.ENOSPC)
	assert.Equal(t, 3, got.State.Status.ExitStatus(), "the run itself goes on")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, unix.ENOSPC }
