package render

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// lines is how many a row is split into: benchstat compares several of each,
// and finds from them how sure a difference is. Each is of a part of the rounds.
const lines = 10

// goBench is the format of Go's benchmarks, which benchstat reads
// (golang.org/design/14313-benchmark-format). ns/op is the median.
func goBench(w io.Writer, r *bench.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: linux\ngoarch: %s\npkg: github.com/bailiff-judge/bailiff/cmd/forkbench\n", r.Machine.Arch)
	if r.Machine.CPU != "" {
		fmt.Fprintf(&b, "cpu: %s\n", r.Machine.CPU)
	}
	fmt.Fprintf(&b, "kernel: %s\n", r.Machine.Kernel)
	for _, warning := range r.Warnings {
		fmt.Fprintf(&b, "# warning: %s\n", warning)
	}
	var floor []bench.Figures
	if row := r.Find(r.Floor); row != nil {
		floor = parts(row.PerRound)
	}
	for _, row := range r.Measured() {
		name := fmt.Sprintf("BenchmarkForkbench/%s/%s-%d", word(row.Group), word(row.Name), r.Machine.CPUs)
		of := parts(row.PerRound)
		for i, part := range of {
			fmt.Fprintf(&b, "%s\t%d\t%d ns/op", name, part.Samples, *part.P50)
			for _, q := range []struct {
				ns   *int64
				unit string
			}{{part.P90, "p90-ns"}, {part.P99, "p99-ns"}} {
				if q.ns != nil {
					fmt.Fprintf(&b, "\t%d %s", *q.ns, q.unit)
				}
			}
			if len(floor) == len(of) {
				fmt.Fprintf(&b, "\t%.2f floors", float64(*part.P50)/float64(*floor[i].P50))
			}
			if row.Workers > 0 {
				fmt.Fprintf(&b, "\t%.1f runs/s", part.PerSecond)
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// parts are the figures of as many runs of neighbouring rounds as there are
// lines.
func parts(rounds []bench.Batch) (of []bench.Figures) {
	n := min(lines, len(rounds))
	for i := range n {
		of = append(of, bench.FiguresOf(rounds[i*len(rounds)/n:(i+1)*len(rounds)/n]))
	}
	return of
}

// word makes one of a row's name: blanks end a benchmark's name, and a slash
// begins another part of it.
func word(name string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(name, ", ", ",") {
		if unicode.IsSpace(r) || r == '/' {
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}
