package runner_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/bailiff-judge/bailiff/runner"
)

// What each wish for a repeatable run costs a warm run, taken in turn with one
// that has none.
func BenchmarkRepeatable(b *testing.B) {
	for _, c := range []struct {
		name string
		wish func(*runner.Spec)
	}{
		{"addresses", func(sp *runner.Spec) { sp.Repeatable.Addresses = true }},
		{"clocks", func(sp *runner.Spec) { sp.Repeatable.Clocks = true }},
		{"no TSC", func(sp *runner.Spec) { sp.Repeatable.NoTSC = runtime.GOARCH == "amd64" }},
		{"instructions", func(sp *runner.Spec) { sp.Instructions = true }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := open(b)
			plain := warmKinds(b)["no directory"]
			wish := plain
			c.wish(&wish)
			runOnce(b, s, plain)
			runOnce(b, s, wish)
			var without, with []time.Duration
			for b.Loop() {
				begin := time.Now()
				runOnce(b, s, plain)
				between := time.Now()
				runOnce(b, s, wish)
				without, with = append(without, between.Sub(begin)), append(with, time.Since(between))
			}
			b.ReportMetric(0, "ns/op") // of both together, which means nothing
			b.ReportMetric(float64(at(without, 0.5).Microseconds()), "without-µs")
			b.ReportMetric(float64((at(with, 0.5) - at(without, 0.5)).Microseconds()), "more-µs")
		})
	}
}
