package forkexec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// The program is in its groups before its first instruction, by both ways in,
// and a new cgroup namespace has them as its root.
func TestCgroups(t *testing.T) {
	leakcheck.Check(t)
	manager, err := cgroup.Open(cgroup.Options{})
	if err != nil {
		t.Skipf("no cgroups here: %v", err)
	}
	defer func() { assert.NoError(t, manager.Close()) }()
	group, err := manager.New()
	require.NoError(t, err)
	defer func() { assert.NoError(t, group.Close()) }()

	for _, cloned := range []bool{false, true} {
		var inputs forkexec.Inputs
		if cloned {
			fd, ok := group.CgroupFD()
			if !ok {
				t.Log("no version 2 cgroup to be cloned into here")
				continue
			}
			inputs.CgroupV2 = fd
		}
		inputs.Cgroups = group.JoinFDs(nil, cloned)
		config := forkexec.Config{Cgroups: len(inputs.Cgroups), CgroupV2: cloned}
		got := whoami(t, config, inputs)
		assert.Equal(t, len(inputs.Cgroups)+map[bool]int{true: 1}[cloned], joined(got))

		got = whoami(t, in(config, forkexec.Cgroup), inputs)
		assert.Zero(t, joined(got), "from inside it is the root")
		empty, err := group.Empty()
		require.NoError(t, err)
		assert.True(t, empty)
	}
}

// joined counts the hierarchies in which whoami was in a group of ours.
func joined(got map[string]string) (count int) {
	for name, path := range got {
		if strings.HasPrefix(name, "cgroup[") && strings.Contains(path, "/bailiff.") {
			count++
		}
	}
	return count
}

func TestCgroupThatCantBeJoined(t *testing.T) {
	leakcheck.Check(t)
	config := forkexec.Config{Path: "/bin/true", Cgroups: 2}
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	file := openAt(t, 300, 0)
	_, err = runner.Start(forkexec.Inputs{Cgroups: []int{int(file.Fd()), 299}})
	assert.ErrorContains(t, err, "forkexec: cgroup[1]: bad file descriptor")
}
