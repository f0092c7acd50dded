package perf_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/perf"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// pageFaults is counted by the kernel itself, on every machine.
var pageFaults = perf.Event{Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_PAGE_FAULTS}

// count runs a program and counts an event; the test is skipped if it can't be.
func count(t *testing.T, event perf.Event, name string, args ...string) (n int64, exact bool) {
	t.Helper()
	if err := perf.Supported(event); err != nil {
		t.Skip(err)
	}
	runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, name), Args: append([]string{name}, args...), Sync: true})
	require.NoError(t, err)
	var counter *perf.Counter
	process, err := runner.Start(forkexec.Inputs{Sync: func(pid int) (err error) {
		counter, err = perf.Open(event, pid)
		return err
	}})
	require.NoError(t, err)
	_, err = process.Wait()
	require.NoError(t, err)
	n, exact, err = counter.Count()
	require.NoError(t, err)
	assert.NoError(t, counter.Close())
	return n, exact
}

// Each page that a program touches first is a fault, whoever of its processes does.
func TestCountsAProgramAndItsChildren(t *testing.T) {
	leakcheck.Check(t)
	small, exact := count(t, pageFaults, "tiny")
	assert.True(t, exact)
	assert.Positive(t, small)
	if huge, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled"); err == nil && strings.Contains(string(huge), "[always]") {
		t.Skip("how many pages a MiB is, is up to the kernel here (transparent huge pages)")
	}
	for _, args := range [][]string{{"mmap", "16"}, {"child", "16"}, {"children", "16", "4"}} {
		const most = 512 // of start-up, and of each fork
		n, _ := count(t, pageFaults, "memory_grow", args...)
		pages := 16 << 20 / os.Getpagesize()
		assert.GreaterOrEqual(t, n, int64(pages), args)
		assert.Less(t, n, int64(pages+most), args)
	}
}

// The same program completes the same instructions, but for a few at interrupts.
func TestInstructions(t *testing.T) {
	leakcheck.Check(t)
	first, _ := count(t, perf.Instructions, "print", "1000000")
	again, _ := count(t, perf.Instructions, "print", "1000000")
	assert.InEpsilon(t, first, again, 0.01)
}

// A counter that no exec has switched on says so, instead of 0.
func TestNothingCounted(t *testing.T) {
	leakcheck.Check(t)
	c, err := perf.Open(pageFaults, 0)
	if err != nil {
		t.Skip(err)
	}
	_, _, err = c.Count()
	assert.True(t, errors.Is(err, errors.ErrUnsupported), "%v", err)
	assert.NoError(t, c.Close())
}

func TestNobodyThere(t *testing.T) {
	leakcheck.Check(t)
	_, err := perf.Open(pageFaults, 1<<30)
	assert.ErrorIs(t, err, unix.ESRCH)
}
