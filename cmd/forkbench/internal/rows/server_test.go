package rows

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// residentOf is the resident set of a process, in bytes.
func residentOf(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	require.NoError(t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	require.NoError(t, err)
	return pages * int64(os.Getpagesize())
}

func TestTheParentHoldsWhatItSays(t *testing.T) {
	leakcheck.Check(t)
	e := newEnv(t)
	const size = 64 * mib
	s, err := startServer(append(append([]string{}, e.Self...), strconv.Itoa(size), e.tiny))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, residentOf(t, s.cmd.Process.Pid), int64(size))
	batch, err := s.measure("forkexec")(time.Millisecond)
	assert.NoError(t, err)
	assert.NotEmpty(t, batch.Samples)
	_, err = s.measure("nonsense")(time.Millisecond)
	assert.ErrorContains(t, err, `"nonsense"`)
	require.NoError(t, s.Close())
}

func TestTooLargeAParentIsNotStarted(t *testing.T) {
	err := haveMemory(1 << 60)
	reason, ok := errors.AsType[*bench.Unavailable](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, reason.Mend, "GiB")
	assert.NoError(t, haveMemory(0))
}

// Programs that are no servers, or of another time.
func TestServersThatAreNone(t *testing.T) {
	leakcheck.Check(t)
	for _, test := range []struct{ name, script, want string }{
		{"silent", "exit 3", "does not answer"},
		{"chatty", "echo hello", "does not answer"},
		{"old", `echo '{"protocol":0}'`, "version 0"},
		{"unable", `echo '{"protocol":1,"error":"no namespaces"}'`, "no namespaces"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "server")
			require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+test.script+"\n"), 0o755))
			_, err := startServer([]string{path})
			assert.ErrorContains(t, err, test.want)
		})
	}
	_, err := startServer([]string{"/nonexistent"})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAServerThatDies(t *testing.T) {
	leakcheck.Check(t)
	path := filepath.Join(t.TempDir(), "server")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho '{\"protocol\":1}'\nread request\necho out of order >&2\nexit 4\n"), 0o755))
	s, err := startServer([]string{path})
	require.NoError(t, err)
	_, err = s.measure("run")(time.Millisecond)
	assert.Error(t, err)
	assert.ErrorContains(t, s.Close(), "out of order")
}
