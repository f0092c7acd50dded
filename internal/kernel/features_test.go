package kernel_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// A kernel may have more than its version says, but not less, unless somebody
// filters our calls.
func TestProbeFindsWhatTheVersionHas(t *testing.T) {
	leakcheck.Check(t)
	if mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0); err != nil || mode != 0 {
		t.Skip("system calls are filtered here")
	}
	var name unix.Utsname
	require.NoError(t, unix.Uname(&name))
	var major, minor int
	_, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	require.NoError(t, err)
	f := kernel.Probe()
	for _, feature := range []struct {
		name         string
		has          bool
		major, minor int
	}{
		{"Clone3", f.Clone3, 5, 5},
		{"CloneIntoCgroup", f.CloneIntoCgroup, 5, 7},
		{"SetnsPIDFD", f.SetnsPIDFD, 5, 8},
		{"CloseRange", f.CloseRange, 5, 9},
		{"MountSetattr", f.MountSetattr, 5, 12},
	} {
		if major > feature.major || major == feature.major && minor >= feature.minor {
			assert.True(t, feature.has, "%s on Linux %d.%d", feature.name, major, minor)
		}
	}
	assert.Equal(t, f, kernel.Probe(), "the same answer every time")
}

func TestLastCapability(t *testing.T) {
	last := kernel.Probe().LastCapability
	_, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(last), 0, 0, 0)
	assert.NoError(t, err)
	_, err = unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(last+1), 0, 0, 0)
	assert.ErrorIs(t, err, unix.EINVAL)
}

// Each feature that was found is one that works: clone3 is used by every
// start, the others are asked here.
func TestProbeTellsTheTruth(t *testing.T) {
	f := kernel.Probe()
	err := unix.CloseRange(1<<20, 1<<20, 0)
	assert.Equal(t, f.CloseRange, err == nil)
}
