package ptracer_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// BenchmarkOpen is an openat that is asked about, with its close, which is not.
// ns/call is by the program's own clock.
func BenchmarkOpen(b *testing.B) {
	files, err := policy.New("bench", policy.Definition{Extends: "strict", Files: &policy.Files{
		Allow: []policy.FileRule{{Access: []string{"read", "execute"}, Paths: []string{"/usr/**", "/dev/**", "/tmp/**"}}}}})
	require.NoError(b, err)
	filter, err := files.Filter(policy.FilterOptions{Kill: ptracer.Fatal, Ask: ptracer.Ask})
	require.NoError(b, err)
	plain, err := policy.Named("strict")
	require.NoError(b, err)
	free, err := plain.Filter(policy.FilterOptions{})
	require.NoError(b, err)
	for _, bench := range []struct {
		name    string
		program program
		options ptracer.Options
	}{
		{"untraced", program{all: free}, ptracer.Options{}},
		{"stop", program{ask: []string{"openat"}}, ptracer.Options{}},
		{"policy", program{all: filter}, ptracer.Options{Handler: supervisor.New(files, nil)}},
		{"stop, on any CPU", program{ask: []string{"openat"}}, ptracer.Options{NoAffinity: true}},
		{"policy, on any CPU", program{all: filter}, ptracer.Options{NoAffinity: true, Handler: supervisor.New(files, nil)}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			bench.program.name, bench.program.args = "trace_open", []string{strconv.Itoa(b.N)}
			got := run(b, bench.program, bench.options)
			got.exited(b, 0)
			ns, err := strconv.ParseFloat(testprog.Values(got.output)["ns"], 64)
			require.NoError(b, err)
			b.ReportMetric(ns, "ns/call")
			b.ReportMetric(0, "ns/op")
		})
	}
}
