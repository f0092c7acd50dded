package selftest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// benches are one for each mode.
func benches(t *testing.T, modes ...runner.Mode) (list []*Bench) {
	t.Helper()
	leakcheck.Check(t)
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip(err)
	}
	arsenal, err := NewArsenal()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, arsenal.Close()) })
	host, err := NewHost()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, host.Close()) })
	sandbox, err := runner.New(runner.Options{BestEffort: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sandbox.Close()) })
	for _, mode := range modes {
		list = append(list, &Bench{Sandbox: sandbox, Arsenal: arsenal, Mode: mode, Machine: Here(), Host: host})
	}
	return list
}

// attacks are those of a class whose commands begin so.
func attacks(t *testing.T, class string, commands ...string) (list []Attack) {
	t.Helper()
	for _, a := range Attacks() {
		if a.Class == class && (len(commands) == 0 || slices.ContainsFunc(commands, func(c string) bool { return strings.HasPrefix(a.Command, c) })) {
			list = append(list, a)
		}
	}
	require.GreaterOrEqual(t, len(list), max(1, len(commands)))
	return list
}

func TestEveryClassHasAttacks(t *testing.T) {
	count := map[string]int{}
	names := map[string]bool{}
	for _, a := range Attacks() {
		count[a.Class]++
		name := fmt.Sprint(a.Class, a.Command, a.Policy, a.Needs)
		assert.False(t, names[name], "%s under %s is there twice", a.Command, a.Policy)
		names[name] = true
		assert.True(t, a.Check != nil || a.source != nil, "%s: whatever comes of it is good", a.Command)
	}
	for _, class := range classes {
		assert.GreaterOrEqual(t, count[class], 4, class)
	}
	assert.Len(t, count, len(classes), "one is not in the order of the report")
}

// The guarantees of the modes in which somebody is asked hold, and are said to
// be for those modes alone.
func TestSupervisedAttacksHold(t *testing.T) {
	all := slices.Concat(attacks(t, "tracer"), attacks(t, "races"))
	for _, b := range benches(t, runner.NS, runner.Ptrace, runner.Notify) {
		for i := range all {
			report, err := b.Run(t.Context(), &all[i])
			require.NoError(t, err, all[i].Command)
			if len(all[i].Modes) > 0 && !slices.Contains(all[i].Modes, b.Mode) {
				assert.Equal(t, Skipped, report.Verdict, all[i].Command)
				assert.Contains(t, report.Evidence, "for mode")
				continue
			}
			assert.Equal(t, Held, report.Verdict, "%s under %s, mode %s: %s", report.Command, report.Policy, report.Mode, report.Evidence)
		}
	}
}

// Where the policy says nothing of the secret, each race gets it, and is said to:
// so it is the policy that keeps it.
func TestRacesWinWhereNobodyGuards(t *testing.T) {
	races := attacks(t, "races", "race_path threads", "race_path shared", "race_path symlink", "race_path rename", "race_path cwd ",
		"race_path dirfd", "race_change symlink", "race_socket memory", "race_socket reach")
	for _, b := range benches(t, runner.Ptrace) {
		for i := range races {
			a := &races[i]
			a.Policy, a.Limits.CPU = "permissive", 2*time.Second
			report, err := b.Run(t.Context(), a)
			require.NoError(t, err, a.Command)
			assert.Equal(t, Broken, report.Verdict, a.Command)
			assert.Regexp(t, `leaked is|the secret was changed|a socket was made`, report.Evidence, a.Command)
		}
	}
}

// What can't be started for a moment is started a moment later, once, and the
// report says so.
func TestStartIsTriedAgain(t *testing.T) {
	busy := fmt.Errorf("clone: %w", unix.EAGAIN)
	other := fmt.Errorf("exec: %w", unix.ENOENT)
	for about, c := range map[string]struct {
		answers []error
		want    error
		retried string
	}{
		"at once":         {[]error{nil}, nil, ""},
		"a moment later":  {[]error{busy, nil}, nil, busy.Error()},
		"no memory":       {[]error{fmt.Errorf("fork: %w", unix.ENOMEM), nil}, nil, "fork: cannot allocate memory"},
		"not even then":   {[]error{busy, busy}, busy, busy.Error()},
		"another failure": {[]error{other}, other, ""},
	} {
		var report Report
		calls := 0
		err := again(t.Context(), &report, func() error {
			calls++
			return c.answers[calls-1]
		})
		assert.Equal(t, c.want, err, about)
		assert.Len(t, c.answers, calls, about)
		assert.Equal(t, c.retried, report.Retried, about)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err := again(ended, new(Report), func() error { return busy })
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, err, unix.EAGAIN)
}

// What a compiler must not do is found.
func TestBrokenCompilations(t *testing.T) {
	leakcheck.Check(t)
	arsenal, err := NewArsenal()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, arsenal.Close()) })
	w, err := arsenal.workshop()
	require.NoError(t, err)
	token, err := os.ReadFile(w.secret)
	require.NoError(t, err)
	assert.NoError(t, w.broken(&language.Compilation{Status: language.CompileError, Diagnostics: "attack.c: error"}, true))
	for about, c := range map[string]*language.Compilation{
		"status ok":   {Status: language.OK},
		"machine's":   {Diagnostics: "error: " + string(token)},
		"escape":      {Diagnostics: "\x1b[31m"},
		"messages":    {Diagnostics: strings.Repeat("x", 1<<20)},
		"memory":      {Result: &runner.Result{Memory: 1 << 40}},
		"of CPU time": {Result: &runner.Result{CPU: 1 << 40}},
	} {
		assert.ErrorContains(t, w.broken(c, true), about)
	}
}

func TestHostileSourcesFail(t *testing.T) {
	sources := attacks(t, "compilers", "compile c include-secret", "compile c incbin-secret", "compile c large-array", "compile cpp include-random")
	for _, b := range benches(t, runner.NS, runner.Notify) {
		for i := range sources {
			report, err := b.Run(t.Context(), &sources[i])
			require.NoError(t, err, sources[i].Command)
			assert.NotEqual(t, Broken, report.Verdict, "%s: %s", report.Command, report.Evidence)
			if b.Mode == runner.Notify {
				assert.Equal(t, Skipped, report.Verdict)
			}
		}
	}
}
