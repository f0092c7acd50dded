package ptracer_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/forkexec"
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

// BenchmarkRun is a program that does nothing, from before its start to after
// its end: what it costs to be there in case it crashes.
func BenchmarkRun(b *testing.B) {
	config := forkexec.Config{Path: testprog.Build(b, "tiny")}
	untraced, err := forkexec.Prepare(config)
	require.NoError(b, err)
	config.Sync = true
	traced, err := forkexec.Prepare(config)
	require.NoError(b, err)
	run := func(tracer *ptracer.Tracer) {
		r, err := tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
			return traced.Start(forkexec.Inputs{Sync: sync})
		}, ptracer.Options{})
		require.NoError(b, err)
		_, err = r.Wait()
		require.NoError(b, err)
	}
	b.Run("untraced", func(b *testing.B) {
		for b.Loop() {
			process, err := untraced.Start(forkexec.Inputs{})
			require.NoError(b, err)
			_, err = process.Wait()
			require.NoError(b, err)
		}
	})
	b.Run("tracer that is there", func(b *testing.B) {
		tracer := ptracer.New()
		defer tracer.Close()
		for b.Loop() {
			run(tracer)
		}
	})
	b.Run("tracer of its own", func(b *testing.B) {
		for b.Loop() {
			tracer := ptracer.New()
			run(tracer)
			tracer.Close()
		}
	})
	b.Run("attached to", func(b *testing.B) {
		tracer := ptracer.New()
		defer tracer.Close()
		for b.Loop() {
			process, err := untraced.Start(forkexec.Inputs{})
			require.NoError(b, err)
			r, err := tracer.Attach(process, ptracer.Options{})
			if err != nil { // it has ended already
				_, err = process.Wait()
				require.NoError(b, err)
				continue
			}
			_, err = r.Wait()
			require.NoError(b, err)
		}
	})
}
