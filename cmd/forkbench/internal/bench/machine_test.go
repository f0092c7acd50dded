package bench

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThisMachine(t *testing.T) {
	m := ThisMachine()
	assert.NotEmpty(t, m.Kernel)
	assert.Equal(t, runtime.GOARCH, m.Arch)
	assert.Positive(t, m.CPUs)
	assert.NotEmpty(t, m.Go)
	for _, line := range m.Lines() {
		assert.NotEmpty(t, line[1], line[0])
	}
}

func TestReadingTheMachine(t *testing.T) {
	assert.Equal(t, "AMD EPYC 7763", cpuModel("processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7763\nmodel name\t: another\n"))
	assert.Equal(t, "Raspberry Pi 4", cpuModel("processor\t: 0\nBogoMIPS : 108\n\nModel\t\t: Raspberry Pi 4\n"))
	assert.Empty(t, cpuModel("processor : 0\n"))
	assert.Equal(t, "madvise", chosen("always [madvise] never"))
	assert.Empty(t, chosen("always"))
	v1, v2 := "30 24 0:26 / /a rw - cgroup cgroup rw,cpu\n", "31 24 0:27 / /b rw - cgroup2 cgroup2 rw\n"
	assert.Equal(t, "hybrid", cgroupVersion(v1+v2))
	assert.Equal(t, "v1", cgroupVersion(v1))
	assert.Equal(t, "v2", cgroupVersion(v2))
	assert.Empty(t, cgroupVersion("1 1 0:1 / / rw - ext4 /dev/vda rw\n"))
}

func TestMachineWarns(t *testing.T) {
	quiet := Machine{CPUs: 4, Load: 1.9, Governor: "performance"}
	assert.Empty(t, quiet.warnings())
	quiet.Governor = "" // no frequency to be seen: a guest
	assert.Empty(t, quiet.warnings())
	loud := Machine{CPUs: 4, Load: 2.1, Governor: "powersave"}
	warnings := strings.Join(loud.warnings(), "\n")
	assert.Contains(t, warnings, "2.10")
	assert.Contains(t, warnings, "powersave")
}

func TestParseStat(t *testing.T) {
	u, err := parseStat("cpu  100 20 30 400 50 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
	require.NoError(t, err)
	ticks := func(n int) time.Duration { return time.Duration(n) * 10 * time.Millisecond }
	assert.Equal(t, cpuUse{all: ticks(621), busy: ticks(163), stolen: ticks(8)}, u)
	for _, bad := range []string{"", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 4 5 6 7 x"} {
		_, err := parseStat(bad)
		assert.Error(t, err, bad)
	}
}

func TestOthers(t *testing.T) {
	before := cpuUse{all: 10 * time.Second, busy: 4 * time.Second, own: time.Second}
	after := cpuUse{all: 20 * time.Second, busy: 9 * time.Second, stolen: 2 * time.Second, own: 4 * time.Second}
	assert.InDelta(t, 0.2, after.since(before).Programs, 1e-9)
	assert.InDelta(t, 0.2, after.since(before).Machines, 1e-9)
	assert.Zero(t, before.since(before))
	before.own = 0
	after.own = 9 * time.Second // ticks are coarse: never less than nothing
	assert.Zero(t, after.since(before).Programs)
	use, err := readCPU()
	require.NoError(t, err)
	assert.Positive(t, use.all)
	assert.Positive(t, use.busy)
}

func TestReportWarns(t *testing.T) {
	figures := func(p50, p90 int64) Figures { return Figures{Samples: 10, P50: &p50, P90: &p90} }
	for _, test := range []struct {
		name   string
		report Report
		want   string // "" for no warning
	}{
		{"quiet", Report{Floor: "start/floor", Rows: []Result{{Group: "start", Name: "floor", Figures: figures(100, 140)}}}, ""},
		{"busy", Report{Floor: "start/floor", Rows: []Result{{Group: "start", Name: "floor", Figures: figures(100, 300)}}}, "p90 is 3.0 times"},
		{"others", Report{Floor: "start/floor", Others: Others{Programs: 0.5}, Rows: []Result{{Group: "start", Name: "floor", Figures: figures(100, 140)}}}, "50 %"},
		{"stolen", Report{Floor: "start/floor", Others: Others{Machines: 0.25}, Rows: []Result{{Group: "start", Name: "floor", Figures: figures(100, 140)}}}, "25 %"},
		{"no floor", Report{Floor: "start/floor"}, "floor was not measured"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.report.finish()
			warnings := strings.Join(test.report.Warnings, "\n")
			if test.want == "" {
				assert.Empty(t, warnings)
			} else {
				assert.Contains(t, warnings, test.want)
			}
			assert.NotNil(t, test.report.Warnings, "an empty list in JSON, not null")
		})
	}
}
