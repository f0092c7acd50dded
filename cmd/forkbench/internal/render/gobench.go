package render

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// lines is how many a row is split into: benchstat compares several of each,
// and finds from them how sure a difference is.
const lines = 10

// goBench is the format of Go's benchmarks, which benchstat reads
// (golang.org/design/14313-benchmark-format). What is printed of a part of the
// rounds is the median.
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
	for _, row := range r.Measured() {
		name := fmt.Sprintf("BenchmarkForkbench/%s/%s-%d", word(row.Group), word(row.Name), r.Machine.CPUs)
		for part := range parts(row.PerRound) {
			var batch bench.Batch
			for _, b := range part {
				batch.Samples = append(batch.Samples, b.Samples...)
				batch.Took += b.Took
			}
			fmt.Fprintf(&b, "%s\t%d\t%d ns/op", name, len(batch.Samples), bench.Median(batch.Samples).Nanoseconds())
			if row.Workers > 0 {
				fmt.Fprintf(&b, "\t%.1f runs/s", float64(len(batch.Samples))/batch.Took.Seconds())
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// parts splits rounds into as many runs of neighbours as there are lines.
func parts(rounds []bench.Batch) func(yield func([]bench.Batch) bool) {
	return func(yield func([]bench.Batch) bool) {
		n := min(lines, len(rounds))
		for i := range n {
			if !yield(rounds[i*len(rounds)/n : (i+1)*len(rounds)/n]) {
				return
			}
		}
	}
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
