package doctor

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// TestHere runs every probe for real.
func TestHere(t *testing.T) {
	leakcheck.Check(t)
	lines, fit := Here().Examine(Root | User)
	assert.Len(t, lines, len(Checks()))
	for _, l := range lines {
		assert.NotEmpty(t, l.Detail, l.Name)
		assert.Equal(t, l.State == OK, l.Mend == "", "%s: a mend is for what is not ok", l.Name)
		if l.Needed && l.State == Missing {
			assert.False(t, fit, l.Name)
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Checks() {
		assert.NotEmpty(t, c.Why, c.Name)
		assert.NotEmpty(t, c.Mend, c.Name)
		assert.False(t, seen[c.Name], "two rows are called %s", c.Name)
		seen[c.Name] = true
	}
}

// machine is one with these files.
func machine(t *testing.T, files map[string]string) *Machine {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text+"\n"), 0o644))
	}
	return &Machine{root: root, uid: 1000}
}

// TestBothStates shows what is read from files as it would be on other machines.
func TestBothStates(t *testing.T) {
	const cpu = "sys/devices/system/cpu/"
	probes := map[string]func(*Machine) Finding{}
	for _, c := range Checks() {
		probes[c.Name] = c.Probe
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  Finding
	}{
		{"frequency governor", map[string]string{cpu + "cpu0/cpufreq/scaling_governor": "performance"}, Finding{OK, "performance"}},
		{"frequency governor", map[string]string{cpu + "cpu0/cpufreq/scaling_governor": "performance", cpu + "cpu1/cpufreq/scaling_governor": "powersave"}, Finding{Degraded, "powersave"}},
		{"frequency governor", nil, Finding{OK, "the kernel doesn't change frequencies here"}},
		{"turbo", map[string]string{cpu + "intel_pstate/no_turbo": "0"}, Finding{Degraded, "on"}},
		{"turbo", map[string]string{cpu + "intel_pstate/no_turbo": "1"}, Finding{OK, "off"}},
		{"turbo", map[string]string{cpu + "cpufreq/boost": "1"}, Finding{Degraded, "on"}},
		{"turbo", map[string]string{cpu + "cpufreq/boost": "0"}, Finding{OK, "off"}},
		{"hyper-threads", map[string]string{cpu + "smt/active": "1"}, Finding{Degraded, "on"}},
		{"hyper-threads", map[string]string{cpu + "smt/active": "0"}, Finding{OK, "off"}},
		{"transparent huge pages", map[string]string{"sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never"}, Finding{Degraded, "always"}},
		{"transparent huge pages", map[string]string{"sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never"}, Finding{OK, "madvise"}},
		{"swap", map[string]string{"proc/swaps": "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2"}, Finding{Degraded, "1 areas"}},
		{"swap", map[string]string{"proc/swaps": "Filename Type Size Used Priority"}, Finding{OK, "none"}},
		{"address randomization", map[string]string{"proc/sys/kernel/randomize_va_space": "2"}, Finding{Degraded, "on (2)"}},
		{"address randomization", map[string]string{"proc/sys/kernel/randomize_va_space": "0"}, Finding{OK, "off"}},
		{"NUMA balancing", map[string]string{"proc/sys/kernel/numa_balancing": "1"}, Finding{Degraded, "on"}},
		{"NUMA balancing", map[string]string{"proc/sys/kernel/numa_balancing": "0"}, Finding{OK, "off"}},
		{"isolated processors", map[string]string{cpu + "isolated": "2-3"}, Finding{OK, "2-3"}},
		{"isolated processors", map[string]string{cpu + "isolated": ""}, Finding{Degraded, "none"}},
		{"core dumps", map[string]string{"proc/sys/kernel/core_pattern": "|/usr/lib/systemd/systemd-coredump %P"}, Finding{Degraded, "handler |/usr/lib/systemd/systemd-coredump %P"}},
		{"core dumps", map[string]string{"proc/sys/kernel/core_pattern": "core"}, Finding{OK, `"core"`}},
		{"load", map[string]string{"proc/loadavg": "1.52 0.9 0.1 1/100 7"}, Finding{Degraded, "1.52 over the last minute"}},
		{"load", map[string]string{"proc/loadavg": "0.02 0.9 0.1 1/100 7"}, Finding{OK, "0.02 over the last minute"}},
		{"virtual machine", map[string]string{"proc/cpuinfo": "processor : 0\nflags : fpu hypervisor sse"}, Finding{Degraded, "yes"}},
		{"virtual machine", map[string]string{"proc/cpuinfo": "processor : 0\nflags : fpu sse"}, Finding{OK, "no"}},
		{"clock source", map[string]string{"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet"}, Finding{Degraded, "hpet"}},
		{"clock source", map[string]string{"sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc"}, Finding{OK, "tsc"}},
		{"timer slack", map[string]string{"proc/self/timerslack_ns": "50000"}, Finding{OK, "50µs"}},
		{"timer slack", map[string]string{"proc/self/timerslack_ns": "4000000"}, Finding{Degraded, "4ms"}},
		{"tmpfs", map[string]string{"proc/filesystems": "nodev\tsysfs\nnodev\ttmpfs\n\text4"}, Finding{OK, "there"}},
		{"tmpfs", map[string]string{"proc/filesystems": "\text4"}, Finding{Missing, "not in /proc/filesystems"}},
		{"ptrace scope", map[string]string{"proc/sys/kernel/yama/ptrace_scope": "1"}, Finding{OK, "1"}},
		{"ptrace scope", map[string]string{"proc/sys/kernel/yama/ptrace_scope": "2"}, Finding{Missing, "2: only root may trace"}},
		{"ptrace scope", map[string]string{"proc/sys/kernel/yama/ptrace_scope": "3"}, Finding{Missing, "3: nobody may trace"}},
		{"ptrace scope", nil, Finding{OK, "not restricted"}},
		{"root", nil, Finding{Missing, "user id 1000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, slices.Collect(maps.Keys(probes)), c.name)
			assert.Equal(t, c.want, probes[c.name](machine(t, c.files)))
		})
	}
}

func TestStolenTime(t *testing.T) {
	m := machine(t, map[string]string{"proc/stat": "cpu  10 0 20 60 0 0 0 10 5 0\ncpu0 1 2 3"})
	stolen, total, err := m.stolen()
	require.NoError(t, err)
	assert.EqualValues(t, 10, stolen)
	assert.EqualValues(t, 100, total, "guest time is part of user time")
	_, _, err = machine(t, map[string]string{"proc/stat": "cpu x"}).stolen()
	assert.Error(t, err)
}

func TestParseUse(t *testing.T) {
	use, err := ParseUse("contest")
	require.NoError(t, err)
	assert.Equal(t, Root|Contest, use)
	_, err = ParseUse("everything")
	assert.ErrorContains(t, err, "root, user or contest")
}
