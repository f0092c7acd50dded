package forkexec_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
)

// A filter that refuses whatever executes lets the start pass by its key, and no
// other. One that kills would, before Linux 5.16, kill the caller too: see Config.
func TestKey(t *testing.T) {
	leakcheck.Check(t)
	p, err := policy.Parse("closed", []byte("default: allow\nrules: [{do: EPERM, calls: [execve, execveat]}]"))
	require.NoError(t, err)
	const key = 0x0123456789abcdef
	filter, err := p.Filter(policy.FilterOptions{Key: key})
	require.NoError(t, err)
	for given, refused := range map[uint64]bool{key: false, key + 1: true, key | 1<<63: true, key & (1<<32 - 1): true} {
		runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "tiny"), Seccomp: filter.Instructions(), Key: given})
		require.NoError(t, err)
		assert.NotContains(t, runner.Explain(), strconv.Itoa(key), "the key is no secret any more")
		process, err := runner.Start(forkexec.Inputs{})
		if refused {
			assert.ErrorIs(t, err, unix.EPERM, "%#x", given)
			continue
		}
		require.NoError(t, err)
		state, err := process.Wait()
		require.NoError(t, err)
		assert.True(t, state.Status.Exited(), "%#x: %v", given, state.Status)
	}
}
