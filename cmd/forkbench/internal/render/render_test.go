package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

var update = flag.Bool("update", false, "write what is printed now into testdata")

// made is a report of made-up figures, in which everything occurs that can.
func made(t *testing.T) *bench.Report {
	t.Helper()
	row := func(group, name string, base time.Duration, each int) bench.Row {
		return bench.Row{Group: group, Name: name, About: "what " + name + " is", Open: func() (*bench.Subject, error) {
			round := 0
			return &bench.Subject{Measure: func(time.Duration) (bench.Batch, error) {
				batch := bench.Batch{Took: base * time.Duration(each)}
				for i := range each {
					batch.Samples = append(batch.Samples, base+base*time.Duration(round*each+i)/100)
				}
				round++
				return batch, nil
			}}, nil
		}}
	}
	one := row("scaling", "floor, 1 at once", 40*time.Microsecond, 10)
	two := row("scaling", "floor, 2 at once", 60*time.Microsecond, 20)
	one.Workers, one.X, one.Series = 1, 1, "floor"
	two.Workers, two.X, two.Series = 2, 2, "floor"
	small := row("parent", "plain fork, 0 MiB", 70*time.Microsecond, 10)
	large := row("parent", "plain fork, 1 GiB", 12*time.Millisecond, 1)
	large.X, small.Series, large.Series = 1<<30, "plain fork", "plain fork"
	peer := row("peer", "jail/tool", 3*time.Millisecond, 2)
	peer.Differs = "it has no cgroup & <nothing> is measured"
	calls := 0
	report, err := bench.Run(t.Context(), []bench.Row{
		row("start", "floor", 35*time.Microsecond, 20), row("start", "floor, true", 500*time.Microsecond, 5),
		row("run", "cold", 1234567*time.Nanosecond, 2), row("run", "few", 8765*time.Nanosecond, 1),
		one, two, small, large, peer,
		{Group: "peer", Name: "broken", About: "what broken is", Open: func() (*bench.Subject, error) {
			return &bench.Subject{Measure: func(time.Duration) (bench.Batch, error) {
				if calls++; calls == 3 {
					return bench.Batch{}, errors.New("exited with 3")
				}
				return bench.Batch{Samples: []time.Duration{time.Second}, Took: time.Second}, nil
			}}, nil
		}},
		{Group: "peer", Name: "missing", About: "what missing is", Open: func() (*bench.Subject, error) {
			return nil, &bench.Unavailable{Reason: "missing is not installed", Mend: "apt-get install missing"}
		}},
	}, bench.Options{Duration: time.Millisecond, Floor: "start/floor",
		Machine: bench.Machine{Kernel: "6.18.0", Arch: "amd64", CPU: "A Processor", CPUs: 2, Virtual: "KVM", Governor: "performance",
			Load: 0.25, HugePages: "madvise", Cgroups: "v2", Root: true, Go: "go1.26", Version: "v1.2.3"}})
	require.NoError(t, err)
	// What was not made up.
	report.Started, report.Took, report.Others = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), 61234*time.Millisecond, bench.Others{Programs: 0.01}
	report.Warnings = []string{"the machine is busy, with a text that is long enough to be wrapped, so that it is seen how the second line looks"}
	return report
}

func TestFormats(t *testing.T) {
	for _, name := range Formats() {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, Report(&out, name, made(t)))
			golden(t, name, out.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update")
	assert.Equal(t, string(want), got)
}

func TestList(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, List(&out, []bench.Row{
		{Group: "start", Name: "floor", About: "the least"},
		{Group: "peer", Name: "jail", About: "another", Differs: "much"},
	}))
	golden(t, "list", out.String())
}

func TestTextHasNoTrailingBlanks(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Report(&out, "text", made(t)))
	for i, line := range strings.Split(out.String(), "\n") {
		assert.Equal(t, strings.TrimRight(line, " "), line, "line %d", i+1)
	}
}

func TestJSONIsComplete(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Report(&out, "json", made(t)))
	var back bench.Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	assert.Len(t, back.Rows, len(made(t).Rows))
	assert.Nil(t, back.Rows[3].P90, "too few samples are null")
	assert.Equal(t, "missing is not installed", back.Rows[len(back.Rows)-1].Unavailable.Reason)
}

func TestPageIsWholeAndNeedsNothingElse(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, HTML(&out, made(t)))
	page := out.String()
	for _, word := range []string{"At a glance", "start/floor", "no cgroup &amp; &lt;nothing&gt; is measured", "missing is not installed",
		"exited with 3", "the machine is busy", "@font-face", "1,321", "A Processor"} {
		assert.True(t, strings.Contains(page, word), word) // it is too long to be printed
	}
	for _, outside := range []string{"<script", "<link", "src=\"", "url(\"http", "@import", "<?xml"} {
		assert.False(t, strings.Contains(page, outside), outside)
	}
	// A glance, two about sureness, and one for each of five groups.
	assert.Equal(t, 8, strings.Count(page, "<svg"))
	assert.Equal(t, 8, strings.Count(page, "</svg>"))
}

func TestPageOfLittle(t *testing.T) {
	for name, keep := range map[string]int{"nothing": 0, "the floor": 1} {
		t.Run(name, func(t *testing.T) {
			report := made(t)
			report.Rows = report.Rows[:keep]
			var out bytes.Buffer
			require.NoError(t, HTML(&out, report))
			assert.True(t, strings.Contains(out.String(), "</html>"))
			assert.False(t, strings.Contains(out.String(), "ZgotmplZ"), "the template took a value for dangerous")
		})
	}
}

func TestPictures(t *testing.T) {
	var image bytes.Buffer
	require.NoError(t, Picture(&image, "x.png", made(t)))
	decoded, err := png.Decode(&image)
	require.NoError(t, err)
	assert.Greater(t, decoded.Bounds().Dx(), 1600, "fine enough for screens of today")

	var svg bytes.Buffer
	require.NoError(t, Picture(&svg, "dir/x.svg", made(t)))
	text := svg.String()
	for _, word := range []string{"start/floor", "peer/jail/tool", "35", "ms", "font-face"} {
		assert.True(t, strings.Contains(text, word), word)
	}
	assert.False(t, strings.Contains(text, "scaling"), "which has a plot of its own")
	for decoder := xml.NewDecoder(&svg); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}

	busy := made(t)
	assert.NotContains(t, pictureTitle(busy), "busy")
	busy.Others.Programs = 0.5
	assert.Contains(t, pictureTitle(busy), "busy")

	assert.NoError(t, CheckPicture("a.png"))
	assert.ErrorContains(t, CheckPicture("a.gif"), ".svg or .png")
	empty := made(t)
	empty.Rows = nil
	assert.Error(t, Picture(io.Discard, "x.png", empty))
}

func TestCheckFormat(t *testing.T) {
	assert.NoError(t, CheckFormat("json"))
	assert.ErrorContains(t, CheckFormat("jsno"), `did you mean "json"?`)
	assert.ErrorContains(t, CheckFormat("xml"), "text, json, go")
	assert.Error(t, Report(io.Discard, "xml", made(t)))
}

func TestNumbers(t *testing.T) {
	for ns, want := range map[int64]string{1: "0.00", 1234: "1.23", 12345: "12.3", 123456: "123", 1234567: "1,235", 1234567890: "1,234,568"} {
		assert.Equal(t, want, micros(&ns))
	}
	for ratio, want := range map[float64]string{0.00164: "0.0016", 0.5: "0.50", 9.994: "9.99", 12.34: "12.3", 123.4: "123", 1234.5: "1,235"} {
		assert.Equal(t, want, floors(&ratio))
	}
	assert.Empty(t, micros(nil))
	assert.Empty(t, floors(nil))
	for ns, want := range map[float64]string{500: "500 ns", 1000: "1 µs", 1500: "1.5 µs", 35e3: "35 µs", 1e6: "1 ms", 2.34e6: "2.3 ms", 1.5e9: "1.5 s"} {
		assert.Equal(t, want, duration(ns))
	}
}

func TestTicksOfTimes(t *testing.T) {
	labels := func(low, high float64) (list []string) {
		for _, tick := range (timeTicks{}).Ticks(low, high) {
			assert.GreaterOrEqual(t, tick.Value, low)
			assert.LessOrEqual(t, tick.Value, high)
			if tick.Label != "" {
				list = append(list, tick.Label)
			}
		}
		return list
	}
	assert.Equal(t, []string{"50 µs", "100 µs", "200 µs", "500 µs"}, labels(30e3, 900e3), "few decades have all labels")
	assert.Equal(t, []string{"10 µs", "100 µs", "1 ms", "10 ms"}, labels(9e3, 40e6), "many only the ones")
}

func TestWord(t *testing.T) {
	assert.Equal(t, "os_exec,1_GiB", word("os/exec, 1 GiB"))
	assert.Equal(t, "runner's", word("runner's"))
}
