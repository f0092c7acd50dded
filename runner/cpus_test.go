package runner_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/runner"
)

// A program that is put on a CPU is there from its first instruction on, with
// all that it starts.
func TestCPUs(t *testing.T) {
	leakcheck.Check(t)
	sandbox, err := runner.New(runner.Options{BestEffort: true})
	require.NoError(t, err)
	defer sandbox.Close()
	var own unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &own))
	for cpu := range 1024 {
		if !own.IsSet(cpu) {
			continue
		}
		var out bytes.Buffer
		result, err := sandbox.Run(t.Context(), runner.Spec{
			Args: []string{"/bin/grep", "Cpus_allowed_list", "/proc/self/status"}, Stdout: &out, CPUs: []int{cpu},
		})
		require.NoError(t, err)
		require.Equal(t, runner.OK, result.Status, result.Error)
		assert.Equal(t, fmt.Sprintf("Cpus_allowed_list:\t%d\n", cpu), out.String())
	}
	_, err = sandbox.Run(t.Context(), runner.Spec{Args: []string{"/bin/true"}, CPUs: []int{1024}})
	assert.True(t, errors.Is(err, unix.EINVAL), "%v", err)
}
