package runner

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/perf"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/notify"
)

// counting runs a program of testdata that is bound into its view.
func counting(t *testing.T, s *Sandbox, mode Mode, args ...string) *Result {
	t.Helper()
	path := testprog.Build(t, args[0])
	result, err := s.Run(t.Context(), Spec{
		Args: append([]string{"/program"}, args[1:]...), Root: SystemRoot().Bind(path, "/program", 0),
		Mode: mode, Instructions: true, Limits: Limits{Processes: 8}, Crash: mode == NS,
	})
	require.NoError(t, err)
	require.Equal(t, OK, result.Status, result.Error)
	return result
}

// Here the processor's counter is exchanged for one of the kernel's own, which all
// machines have: how it is attached, inherited and read is the same.
func TestWhatIsCounted(t *testing.T) {
	leakcheck.Check(t)
	s, err := New(Options{BestEffort: true})
	require.NoError(t, err)
	defer s.Close()
	s.counted = perf.Event{Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_PAGE_FAULTS}
	if err := perf.Supported(s.counted); err != nil {
		t.Skip(err)
	}
	if huge, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled"); err == nil && strings.Contains(string(huge), "[always]") {
		t.Skip("how many pages a MiB is, is up to the kernel here (transparent huge pages)")
	}
	pages := int64(16 << 20 / os.Getpagesize())
	for _, mode := range []Mode{NS, Auto, Ptrace, Notify} {
		t.Run(string(mode), func(t *testing.T) {
			if err := notify.Supported(); err != nil && mode == Notify {
				t.Skip(err)
			}
			// Each in the slot of the one before, if there are slots.
			small := counting(t, s, mode, "tiny")
			large := counting(t, s, mode, "memory_grow", "children", "16", "4")
			assert.Positive(t, small.Instructions)
			assert.Less(t, small.Instructions, int64(100))
			assert.GreaterOrEqual(t, large.Instructions, pages)
			assert.Less(t, large.Instructions, pages+1000)
			assert.Equal(t, small.Instructions, counting(t, s, mode, "tiny").Instructions, "nothing is left of the run before")
			assert.Equal(t, "perf_event_open", large.MeasuredBy.Instructions)
			assert.Empty(t, large.InstructionsError)
		})
	}
}

// A machine that can't count says so, and runs the program all the same.
func TestInstructions(t *testing.T) {
	leakcheck.Check(t)
	s, err := New(Options{BestEffort: true})
	require.NoError(t, err)
	defer s.Close()
	for _, mode := range []Mode{NS, Auto} {
		result := counting(t, s, mode, "tiny")
		if perf.Supported(perf.Instructions) != nil {
			assert.EqualValues(t, Unmeasured, result.Instructions)
			assert.Contains(t, result.InstructionsError, "perf_event_open: ")
			assert.Empty(t, result.MeasuredBy.Instructions)
			continue
		}
		assert.Positive(t, result.Instructions)
		again := counting(t, s, mode, "tiny")
		assert.InEpsilon(t, result.Instructions, again.Instructions, 0.05)
	}
	// An event that there never is.
	s.counted = perf.Event{Type: 1 << 30}
	result := counting(t, s, NS, "tiny")
	assert.EqualValues(t, Unmeasured, result.Instructions)
	assert.Contains(t, result.InstructionsError, "offers no such counter")
}
