package learn

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

var environment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp"}

// input is a file with that text, output one to read afterwards.
func input(t *testing.T, text string) *os.File {
	t.Helper()
	f := output(t)
	_, err := f.WriteString(text)
	require.NoError(t, err)
	_, err = f.Seek(0, io.SeekStart)
	require.NoError(t, err)
	return f
}

func output(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func read(t *testing.T, f *os.File) string {
	t.Helper()
	text, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	return string(text)
}

// learned is the policy of some runs of a command, by way of its file.
func learned(t *testing.T, stdin string, runs int, command ...string) *policy.Policy {
	t.Helper()
	base, err := policy.Named("permissive")
	require.NoError(t, err)
	learner := policy.NewLearner(base)
	for range runs {
		stdout, stderr := output(t), output(t)
		status, err := Run(Program{Args: command, Env: environment, Dir: "/", Stdin: input(t, stdin), Stdout: stdout, Stderr: stderr}, learner)
		require.NoError(t, err)
		require.Equal(t, 0, status.ExitStatus(), "%s%s", read(t, stdout), read(t, stderr))
	}
	text, err := learner.Definition("learned").YAML()
	require.NoError(t, err)
	p, err := policy.Parse("learned.yaml", text)
	require.NoError(t, err, "%s", text)
	return p
}

// under runs a command under a policy.
func under(t *testing.T, p *policy.Policy, stdin string, command ...string) (string, unix.WaitStatus) {
	t.Helper()
	filter, err := p.Filter(policy.FilterOptions{})
	require.NoError(t, err)
	starter, err := forkexec.Prepare(forkexec.Config{Path: command[0], Args: command, Env: environment, Dir: "/", Files: 3, Seccomp: filter.Instructions()})
	require.NoError(t, err)
	stdout, stderr := output(t), output(t)
	process, err := starter.Start(forkexec.Inputs{Files: []*os.File{input(t, stdin), stdout, stderr}})
	require.NoError(t, err)
	state, err := process.Wait()
	require.NoError(t, err)
	return read(t, stdout) + read(t, stderr), state.Status
}

func TestEveryLanguageRunsUnderWhatWasLearned(t *testing.T) {
	leakcheck.Check(t)
	for _, language := range testprog.Languages() {
		t.Run(language, func(t *testing.T) {
			command := testprog.BuildLanguage(t, language)
			p := learned(t, "1 2 39", 3, command...)
			text, status := under(t, p, "1 2 39", command...)
			assert.Equal(t, "42\n", text, "%v", status)
			// And it is a policy: what the program never does is fatal.
			a, err := p.Explain("ptrace")
			require.NoError(t, err)
			assert.Equal(t, seccomp.KillProcess, a.Action)
		})
	}
}

func TestWhatIsLearnedIsSmall(t *testing.T) {
	leakcheck.Check(t)
	tiny := testprog.Build(t, "tiny")
	p := learned(t, "", 1, tiny)
	for call, want := range map[string]string{"exit": "allow", "execve": "allow", "read": "kill", "brk": "kill"} {
		mismatches, err := p.Test([]policy.Expectation{{Call: call, Expect: want}})
		require.NoError(t, err)
		assert.Empty(t, mismatches)
	}
	_, status := under(t, p, "", testprog.Build(t, "print"))
	assert.Equal(t, unix.SIGSYS, status.Signal())
}

// What the base refuses is refused while learning, and by what is learned.
func TestRefusalsAreLearnedToo(t *testing.T) {
	leakcheck.Check(t)
	nr, ok := seccomp.Number("ioctl")
	require.True(t, ok)
	program := testprog.Build(t, "syscall")
	command := []string{program, strconv.Itoa(int(nr)), "0", "0x5412"}
	p := learned(t, "", 1, command...)
	text, _ := under(t, p, "", command...)
	assert.Equal(t, "errno=EPERM\n", text)
}

func TestNoSuchProgram(t *testing.T) {
	_, err := Run(Program{Args: []string{"no-such-program"}}, nil)
	assert.ErrorContains(t, err, "learn: ")
	assert.ErrorIs(t, err, exec.ErrNotFound)
}
