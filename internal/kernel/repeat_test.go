package kernel_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/kernel"
)

// The probe says what the kernel says of the processor (proc_cpuinfo: flags).
func TestFaultsCPUID(t *testing.T) {
	err := kernel.FaultsCPUID()
	info, readErr := os.ReadFile("/proc/cpuinfo")
	require.NoError(t, readErr)
	has := strings.Contains(string(info), " cpuid_fault")
	assert.Equal(t, has, err == nil, "%v", err)
	if err != nil {
		assert.ErrorIs(t, err, errors.ErrUnsupported)
	}
}

// The probe changes nothing for the process, or programs that it starts.
func TestFixesAddresses(t *testing.T) {
	if err := kernel.FixesAddresses(); err != nil {
		t.Skip(err)
	}
	tasks, err := filepath.Glob("/proc/self/task/*/personality")
	require.NoError(t, err)
	require.NotEmpty(t, tasks)
	for _, task := range tasks {
		// One that ends meanwhile says nothing.
		if text, err := os.ReadFile(task); err == nil && len(text) > 0 {
			assert.Equal(t, "00000000\n", string(text), task)
		}
	}
}

func TestRefusesTSC(t *testing.T) {
	err := kernel.RefusesTSC()
	if runtime.GOARCH != "amd64" {
		assert.ErrorIs(t, err, errors.ErrUnsupported)
		return
	}
	assert.NoError(t, err, "every kernel on amd64 can, unless somebody filters our calls")
}
