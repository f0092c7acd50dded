package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asCommand makes the test binary be the command itself, so that tests see what
// a user sees, also where there is no compiler.
const asCommand = "RUNPROG_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// outcome is how an execution of the command ended.
type outcome struct {
	code           int
	stdout, stderr string
}

// command is runprog with arguments, in an empty directory of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.Dir = t.TempDir()
	return cmd
}

func runprog(t *testing.T, args ...string) outcome {
	t.Helper()
	return end(t, command(t, args...))
}

func end(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// split cuts what is written for people: "sum 1 2" is three arguments.
func split(line string) []string { return strings.Fields(line) }
