package kernel_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

func TestProbeOfNotificationsFindsWhatTheVersionHas(t *testing.T) {
	leakcheck.Check(t)
	if mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0); err != nil || mode != 0 {
		t.Skip("system calls are filtered here")
	}
	var name unix.Utsname
	require.NoError(t, unix.Uname(&name))
	var major, minor int
	_, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	require.NoError(t, err)
	n := kernel.ProbeNotify()
	require.NoError(t, n.Err)
	for _, feature := range []struct {
		name         string
		has          bool
		major, minor int
	}{
		{"Continue", n.Continue, 5, 5},
		{"SendFD", n.SendFD, 5, 14},
		{"Killable", n.Killable, 5, 19},
		{"SyncWakeUp", n.SyncWakeUp, 6, 6},
	} {
		if major > feature.major || major == feature.major && minor >= feature.minor {
			assert.True(t, feature.has, "%s on Linux %d.%d", feature.name, major, minor)
		}
	}
	// The filter was that of a thread which is gone.
	mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
	assert.NoError(t, err)
	assert.Zero(t, mode)
}

func TestOwnThreadIsNeverTheFirst(t *testing.T) {
	leakcheck.Check(t)
	ids := make(chan int)
	for range 50 {
		kernel.OnOwnThread(func() { ids <- unix.Gettid() })
		assert.NotEqual(t, os.Getpid(), <-ids)
	}
}
