package forkexec_test

import (
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// output runs what config says, with a pipe as descriptors 1 and 2.
func output(t testing.TB, config forkexec.Config, inputs forkexec.Inputs) (string, forkexec.State) {
	t.Helper()
	config.Files = max(config.Files, 3)
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	inputs.Files = append([]*os.File{nil, write, write}, inputs.Files...)
	process, err := runner.Start(inputs)
	write.Close()
	require.NoError(t, err, runner.Explain())
	text, err := io.ReadAll(read)
	require.NoError(t, err)
	state, err := process.Wait()
	require.NoError(t, err)
	return string(text), state
}

// whoami is what a program started so finds out about itself.
func whoami(t testing.TB, config forkexec.Config, inputs forkexec.Inputs) map[string]string {
	t.Helper()
	config.Path = testprog.Build(t, "whoami")
	text, state := output(t, config, inputs)
	require.Zero(t, state.Status.ExitStatus(), text)
	return testprog.Values(text)
}

func TestPlainStart(t *testing.T) {
	leakcheck.Check(t)
	umask := 0o27
	got := whoami(t, forkexec.Config{
		Args: []string{"one", "two"}, Env: []string{"A=b"}, Dir: "/usr", Umask: &umask, NewSession: true,
	}, forkexec.Inputs{})
	assert.Equal(t, "two", got["arg[1]"])
	assert.Equal(t, "A=b", got["env[0]"])
	assert.Equal(t, "/usr", got["cwd"])
	assert.Equal(t, got["pid"], got["sid"])
	if isRoot() {
		assert.Equal(t, none, got["cap_bounding"])
	}
	assert.NotContains(t, got, "fd[3]")
}

func TestErrorHasStepNameAndErrno(t *testing.T) {
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(forkexec.Config{Path: "/nonexistent"})
	require.NoError(t, err)
	_, err = runner.Start(forkexec.Inputs{})
	assert.ErrorIs(t, err, unix.ENOENT)
	assert.ErrorContains(t, err, "forkexec: exec /nonexistent: no such file or directory")
}
