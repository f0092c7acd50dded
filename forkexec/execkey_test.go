package forkexec_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
)

// A filter that kills whatever executes lets the start pass by its key, and no
// other.
func TestExecKey(t *testing.T) {
	leakcheck.Check(t)
	p, err := policy.Parse("closed", []byte("default: allow\nrules: [{do: kill, calls: [execve, execveat]}]"))
	require.NoError(t, err)
	const key = 0x0123456789abcdef
	filter, err := p.Filter(policy.FilterOptions{ExecKey: key})
	require.NoError(t, err)
	for given, killed := range map[uint64]bool{key: false, key + 1: true, key | 1<<63: true, key & (1<<32 - 1): true} {
		runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "tiny"), Seccomp: filter.Instructions(), ExecKey: given})
		require.NoError(t, err)
		assert.NotContains(t, runner.Explain(), strconv.Itoa(key), "the key is no secret any more")
		process, err := runner.Start(forkexec.Inputs{})
		require.NoError(t, err)
		state, err := process.Wait()
		require.NoError(t, err)
		assert.Equal(t, killed, state.Status.Signaled(), "%#x: %v", given, state.Status)
	}
}
