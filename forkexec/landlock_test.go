package forkexec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/landlock"
)

// A ruleset holds from the program's first instruction on, whatever else lets
// it, and can be used by any number of processes.
func TestLandlock(t *testing.T) {
	if _, err := landlock.ABI(); err != nil {
		t.Skip(err)
	}
	leakcheck.Check(t)
	program := testprog.Build(t, "escape_files")
	ruleset, err := landlock.NewRuleset([]landlock.Rule{
		{Path: program, Access: landlock.Read | landlock.Execute}, {Path: "/etc/group", Access: landlock.Read},
	})
	require.NoError(t, err)
	defer ruleset.Close()
	config := forkexec.Config{Path: program, Args: []string{"escape_files", "/etc/group", "/etc/hostname"}, Landlock: true}
	for range 3 {
		text, state := output(t, config, forkexec.Inputs{Landlock: ruleset})
		require.Zero(t, state.Status.ExitStatus(), text)
		got := testprog.Values(text)
		assert.Equal(t, "ok", got["read[/etc/group]"], text)
		assert.Equal(t, "EACCES", got["read[/etc/hostname]"], text)
		assert.Equal(t, "EACCES", got["write[/etc/group]"], text)
	}
	_, err = forkexec.Prepare(config)
	require.NoError(t, err)

	// What may not be executed is not, and the error says at which step.
	config.Path = testprog.Build(t, "tiny")
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	_, err = runner.Start(forkexec.Inputs{Landlock: ruleset})
	assert.ErrorContains(t, err, "exec")
	_, err = runner.Start(forkexec.Inputs{})
	assert.ErrorContains(t, err, "Landlock: 0 given, 1 prepared for")
}
