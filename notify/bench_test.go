package notify_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/notify"
)

// BenchmarkOpen is what an openat with its close costs a program: where the
// filter asks about it, and where there is none. One CPU is the program's and
// with that the supervisor's; two leave it to the kernel.
func BenchmarkOpen(b *testing.B) {
	for _, c := range []struct {
		name string
		p    program
	}{
		{"one CPU", program{policy: allowAll, cpus: []int{0}}},
		{"any CPU", program{policy: allowAll}},
		{"unsupervised", program{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.p.name, c.p.args = "trace_open", []string{strconv.Itoa(b.N), "/etc/passwd"}
			var before, after unix.Rusage
			require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &before))
			got := serve(b, prepare(b, c.p), notify.Options{})
			require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &after))
			require.NoError(b, got.err)
			require.Zero(b, got.status, got.output)
			ns, err := strconv.ParseFloat(testprog.Values(got.output)["ns"], 64)
			require.NoError(b, err, got.output)
			b.ReportMetric(ns, "ns/op")
			judge := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
			b.ReportMetric(float64(judge)/float64(b.N), "judge-cpu-ns/op")
			b.ReportMetric(float64(got.cpu.Nanoseconds())/float64(b.N), "program-cpu-ns/op")
		})
	}
}

// BenchmarkContinue is a call that the kernel executes once it has been asked
// about: what asking alone costs.
func BenchmarkContinue(b *testing.B) {
	for name, cpus := range map[string][]int{"one CPU": {0}, "any CPU": nil} {
		b.Run(name, func(b *testing.B) {
			got := serve(b, prepare(b, program{name: "trace_open", args: []string{strconv.Itoa(b.N)}, ask: []string{"close"}, cpus: cpus}), notify.Options{})
			require.NoError(b, got.err)
			ns, err := strconv.ParseFloat(testprog.Values(got.output)["ns"], 64)
			require.NoError(b, err, got.output)
			b.ReportMetric(ns, "ns/op")
		})
	}
}
