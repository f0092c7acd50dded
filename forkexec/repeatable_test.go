package forkexec_test

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// repeat runs the program of that name, which says what differs from run to run.
func repeat(t testing.TB, config forkexec.Config, args ...string) (map[string]string, forkexec.State) {
	t.Helper()
	config.Path = testprog.Build(t, "repeat")
	config.Args = append([]string{"repeat"}, args...)
	text, state := output(t, config, forkexec.Inputs{})
	return testprog.Values(text), state
}

func TestFixedAddresses(t *testing.T) {
	leakcheck.Check(t)
	if text, err := os.ReadFile("/proc/sys/kernel/randomize_va_space"); err == nil && text[0] == '0' {
		t.Skip("the machine randomizes nothing (kernel.randomize_va_space)")
	}
	first, _ := repeat(t, forkexec.Config{FixedAddresses: true}, "where")
	require.Len(t, first, 4)
	for range 19 {
		got, _ := repeat(t, forkexec.Config{FixedAddresses: true}, "where")
		assert.Equal(t, first, got)
	}
	// Nothing of it stays with whoever started them.
	plain, _ := repeat(t, forkexec.Config{}, "where")
	again, _ := repeat(t, forkexec.Config{}, "where")
	for name, address := range plain {
		assert.NotEqual(t, address, first[name], name)
		assert.NotEqual(t, address, again[name], name)
	}
}

func TestRefuseTSC(t *testing.T) {
	leakcheck.Check(t)
	if runtime.GOARCH != "amd64" {
		_, err := forkexec.Prepare(forkexec.Config{Path: "/bin/true", RefuseTSC: true})
		assert.ErrorIs(t, err, errors.ErrUnsupported)
		return
	}
	got, state := repeat(t, forkexec.Config{RefuseTSC: true}, "where", "rdtsc")
	assert.Equal(t, unix.SIGSEGV, state.Status.Signal())
	assert.NotContains(t, got, "tsc")
	assert.Contains(t, got, "stack", "what comes before runs")
	// Neither those that are started next nor this process are refused it.
	got, state = repeat(t, forkexec.Config{}, "rdtsc")
	assert.Zero(t, state.Status)
	assert.NotEmpty(t, got["tsc"])
	mode := int32(0)
	require.NoError(t, unix.Prctl(unix.PR_GET_TSC, uintptr(unsafe.Pointer(&mode)), 0, 0, 0))
	assert.EqualValues(t, unix.PR_TSC_ENABLE, mode)
	assert.Contains(t, steps(t, forkexec.Config{Path: "/bin/true", RefuseTSC: true}), "tsc")
}

func TestZeroClocks(t *testing.T) {
	leakcheck.Check(t)
	if !timeHolds(t) {
		t.Skip("before Linux 6.3 the program itself stays in the old time namespace")
	}
	config := in(forkexec.Config{ZeroClocks: true}, forkexec.Time)
	runner, err := forkexec.Prepare(forkexec.Config{Path: "/", Namespaces: config.Namespaces, UIDMap: config.UIDMap, GIDMap: config.GIDMap, ZeroClocks: true})
	require.NoError(t, err)
	var failed *forkexec.Error
	if _, err = runner.Start(forkexec.Inputs{}); errors.As(err, &failed) && failed.Step != "exec" {
		t.Skip(err)
	}
	for range 3 {
		got, state := repeat(t, config, "clocks")
		require.Zero(t, state.Status)
		for _, name := range []string{"monotonic", "boottime", "child_monotonic", "child_boottime"} {
			ns, err := strconv.ParseInt(got[name], 10, 64)
			require.NoError(t, err, "%s: %v", name, got)
			assert.Less(t, time.Duration(ns), 10*time.Second, name)
			assert.Positive(t, ns, name)
		}
		seconds, err := strconv.Atoi(got["uptime"])
		require.NoError(t, err)
		assert.Less(t, seconds, 10)
	}
	var uptime unix.Sysinfo_t
	require.NoError(t, unix.Sysinfo(&uptime))
	if uptime.Uptime < 60 {
		t.Skip("the machine was started less than a minute ago, so its own clocks are near 0, too")
	}
	got, _ := repeat(t, forkexec.Config{}, "clocks")
	ns, err := strconv.ParseInt(got["monotonic"], 10, 64)
	require.NoError(t, err)
	assert.Greater(t, time.Duration(ns), 10*time.Second, "those of the next program are the machine's")
}

func TestZeroClocksNeedANamespace(t *testing.T) {
	_, err := forkexec.Prepare(forkexec.Config{Path: "/bin/true", ZeroClocks: true})
	assert.ErrorIs(t, err, unix.EINVAL)
	assert.ErrorContains(t, err, "add Time to Namespaces")
}
