package runner_test

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/runner"
)

// each calls test for a sandbox that is made for the run, for a slot, and for the
// modes that watch, each with a function that runs the program "repeat".
func each(t *testing.T, test func(t *testing.T, s *runner.Sandbox, repeat func(r runner.Repeatable, args string) (*runner.Result, map[string]string))) {
	for _, mode := range []runner.Mode{runner.NS, runner.Pool, runner.Ptrace, runner.Notify} {
		t.Run(string(mode), func(t *testing.T) {
			s := open(t)
			if mode == runner.Pool {
				s = openPool(t, runner.PoolOptions{})
			}
			view := together(t, "repeat")
			test(t, s, func(r runner.Repeatable, args string) (*runner.Result, map[string]string) {
				sp := warm(view, "repeat "+args)
				sp.Mode, sp.Repeatable, sp.Limits.Processes = mode, r, 2
				result, out := run(t, s, sp)
				return result, testprog.Values(out)
			})
			if mode == runner.Pool {
				assert.Positive(t, s.Stats().Hits, "no run had the slot of another")
			}
		})
	}
}

// can skips a test of what this machine lacks, for the reason that the probe says.
func can(t *testing.T, s *runner.Sandbox, name string) {
	t.Helper()
	_, lacking := s.Repeatable()
	for _, l := range lacking {
		if l.Name == name {
			t.Skip(l)
		}
	}
}

func TestSameAddresses(t *testing.T) {
	if text, err := os.ReadFile("/proc/sys/kernel/randomize_va_space"); err == nil && text[0] == '0' {
		t.Skip("the machine randomizes nothing (kernel.randomize_va_space)")
	}
	each(t, func(t *testing.T, s *runner.Sandbox, repeat func(runner.Repeatable, string) (*runner.Result, map[string]string)) {
		can(t, s, "addresses")
		_, plain := repeat(runner.Repeatable{}, "where")
		_, first := repeat(runner.Repeatable{Addresses: true}, "where")
		require.Len(t, first, 4)
		for range 19 {
			result, got := repeat(runner.Repeatable{Addresses: true}, "where")
			assert.Equal(t, runner.OK, result.Status)
			assert.Equal(t, first, got)
		}
		_, again := repeat(runner.Repeatable{}, "where")
		for name := range first {
			assert.NotEqual(t, plain[name], again[name], "%s: nothing is left of the run before", name)
		}
	})
}

func TestNoTSC(t *testing.T) {
	amd64Only(t)
	each(t, func(t *testing.T, s *runner.Sandbox, repeat func(runner.Repeatable, string) (*runner.Result, map[string]string)) {
		can(t, s, "no_tsc")
		result, got := repeat(runner.Repeatable{NoTSC: true}, "where rdtsc")
		assert.Equal(t, runner.RuntimeError, result.Status)
		assert.Equal(t, "SIGSEGV", signalName(result))
		assert.Len(t, got, 4, "it ran until then")
		result, got = repeat(runner.Repeatable{}, "rdtsc")
		assert.Equal(t, runner.OK, result.Status, "nothing is left of the run before")
		assert.NotEmpty(t, got["tsc"])
	})
}

func TestClocksFromZero(t *testing.T) {
	var machine unix.Sysinfo_t
	require.NoError(t, unix.Sysinfo(&machine))
	each(t, func(t *testing.T, s *runner.Sandbox, repeat func(runner.Repeatable, string) (*runner.Result, map[string]string)) {
		can(t, s, "clocks")
		for range 2 {
			result, got := repeat(runner.Repeatable{Clocks: true}, "clocks")
			assert.Equal(t, runner.OK, result.Status)
			assert.Less(t, result.Wall, 10*time.Second, "the judge's clock is the machine's")
			for _, name := range []string{"monotonic", "boottime", "child_monotonic", "child_boottime"} {
				ns, err := strconv.ParseInt(got[name], 10, 64)
				require.NoError(t, err, "%v", got)
				assert.Positive(t, ns, name)
				assert.Less(t, time.Duration(ns), 10*time.Second, name)
			}
			seconds, err := strconv.Atoi(got["uptime"])
			require.NoError(t, err)
			assert.Less(t, seconds, 10)

			_, got = repeat(runner.Repeatable{}, "clocks")
			ns, err := strconv.ParseInt(got["monotonic"], 10, 64)
			require.NoError(t, err)
			if machine.Uptime > 60 {
				assert.Greater(t, time.Duration(ns), 10*time.Second, "nothing is left of the run before")
			}
		}
	})
}

// Sets of strings are in an order that the seed decides, and no other.
func TestHashes(t *testing.T) {
	s := open(t)
	python, err := runner.Lookup("python3")
	if err != nil {
		t.Skip(err)
	}
	sp := runner.Spec{Args: []string{python, "-c", `print(hash("a"), hash("b"), {"x", "y", "z", "a", "b", "c"})`}, Repeatable: runner.Repeatable{Hashes: true}}
	result, first := run(t, s, sp)
	require.Equal(t, runner.OK, result.Status, result.Error)
	for range 3 {
		_, got := run(t, s, sp)
		assert.Equal(t, first, got)
	}
	// What the caller says himself stays.
	sp.Env = append(runner.DefaultEnv(), "PYTHONHASHSEED=7")
	_, other := run(t, s, sp)
	assert.NotEqual(t, first, other)
	sp.Repeatable = runner.Repeatable{}
	_, same := run(t, s, sp)
	assert.Equal(t, other, same)
	assert.Len(t, sp.Env, 4, "nothing is added to the caller's")
}

// What is asked for and can't be had is an error, and all that can be had is what
// Repeatable says.
func TestAllThatCanBeHad(t *testing.T) {
	s := open(t)
	all, lacking := s.Repeatable()
	assert.False(t, all.NoTSC, "it breaks honest programs")
	names := []string{"addresses", "clocks", "no_tsc"}
	for _, l := range lacking {
		assert.Contains(t, names, l.Name)
		assert.True(t, errors.Is(l, errors.ErrUnsupported))
		assert.ErrorContains(t, l, "runner: repeatable "+l.Name)
	}
	has := func(name string) bool {
		return !slices.ContainsFunc(lacking, func(l *runner.RepeatableError) bool { return l.Name == name })
	}
	assert.Equal(t, runner.Repeatable{Addresses: has("addresses"), Clocks: has("clocks"), Hashes: true}, all)
	sp := spec(t, "tiny")
	sp.Repeatable = all
	result, _ := run(t, s, sp)
	assert.Equal(t, runner.OK, result.Status, result.Error)
	text, err := s.Explain(sp)
	require.NoError(t, err)
	assert.Equal(t, all.Addresses, strings.Contains(text, "ADDR_NO_RANDOMIZE"))
	assert.Equal(t, all.Clocks, strings.Contains(text, "self/timens_offsets"))
	for _, name := range names {
		if !has(name) {
			sp.Repeatable = runner.Repeatable{Addresses: name == "addresses", Clocks: name == "clocks", NoTSC: name == "no_tsc"}
			_, err := s.Run(t.Context(), sp)
			var want *runner.RepeatableError
			require.ErrorAs(t, err, &want)
			assert.Equal(t, name, want.Name)
		}
	}
}

// With a margin a program may be over its limit by so much; the status goes by the
// limit all the same.
func TestMargin(t *testing.T) {
	s := open(t)
	for _, c := range []struct {
		program     string
		cpu, wall   time.Duration
		margin      float64
		want        runner.Status
		near, ended bool // ended: by itself
	}{
		{"spin 150", 100 * time.Millisecond, 20 * time.Second, 1, runner.TimeLimit, true, true},
		{"spin 60000", 100 * time.Millisecond, 20 * time.Second, 0.5, runner.TimeLimit, false, false},
		{"spin 1", 10 * time.Second, 20 * time.Second, 0.5, runner.OK, false, true},
		{"sleep 600", time.Second, 400 * time.Millisecond, 1, runner.WallLimit, true, true},
		{"sleep 60000", time.Second, 100 * time.Millisecond, 0.5, runner.WallLimit, false, false},
		{"spin 60000", 100 * time.Millisecond, 20 * time.Second, 0, runner.TimeLimit, false, false},
	} {
		t.Run(c.program, func(t *testing.T) {
			sp := spec(t, c.program)
			sp.Limits.CPU, sp.Limits.Wall, sp.Margin = c.cpu, c.wall, c.margin
			result, _ := run(t, s, sp)
			if c.ended && (float64(result.CPU) > float64(c.cpu)*(1+c.margin) || float64(result.Wall) > float64(c.wall)*(1+c.margin)) {
				t.Skipf("the machine is too busy: %v of CPU time, %v of wall time", result.CPU, result.Wall)
			}
			assert.Equal(t, c.want, result.Status)
			assert.Equal(t, c.near, result.NearLimit, "%v, %v", result.CPU, result.Wall)
			assert.Equal(t, c.ended, result.Signal == 0)
			if c.want == runner.TimeLimit {
				assert.EqualValues(t, c.cpu, result.Limit.Value, "the limit is the one asked for")
			}
			if !c.ended {
				last := time.Duration(float64(c.cpu) * (1 + c.margin))
				assert.GreaterOrEqual(t, max(result.CPU, result.Wall), min(last, time.Duration(float64(c.wall)*(1+c.margin))))
			}
		})
	}
	sp := spec(t, "tiny")
	sp.Margin = 5
	_, err := s.Run(t.Context(), sp)
	assert.ErrorIs(t, err, unix.EINVAL)
}
