package ptracer_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

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

// BenchmarkCompute is a program that computes for b.N blocks of 20,000 steps,
// with a filter that asks about calls it hardly makes. ns/block is CPU time.
func BenchmarkCompute(b *testing.B) {
	for name, test := range map[string]struct {
		ask     []string
		options ptracer.Options
	}{"untraced": {}, "traced": {pathCalls, ptracer.Options{Handler: forbid("/nowhere")}}} {
		b.Run(name, func(b *testing.B) {
			p := program{name: "trace_open", args: []string{"0", "/dev/null", strconv.Itoa(b.N)}, ask: test.ask}
			var usage unix.Rusage
			if test.ask == nil {
				process, err := p.prepare(b).Start(forkexec.Inputs{Sync: func(int) error { return nil }})
				require.NoError(b, err)
				state, err := process.Wait()
				require.NoError(b, err)
				usage = state.Rusage
			} else {
				got := run(b, p, test.options)
				got.exited(b, 0)
				usage = got.State.Rusage
			}
			b.ReportMetric(float64(usage.Utime.Nano()+usage.Stime.Nano())/float64(b.N), "ns/block")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkTasks is 200 processes, or 200 threads eight at a time, untraced and
// traced for their signals.
func BenchmarkTasks(b *testing.B) {
	for _, kind := range []string{"tree", "short"} {
		p := program{name: "trace_tasks", args: []string{kind, "200"}}
		runner := p.prepare(b)
		b.Run(kind+", untraced", func(b *testing.B) {
			for b.Loop() {
				process, err := runner.Start(forkexec.Inputs{Sync: func(int) error { return nil }})
				require.NoError(b, err)
				_, err = process.Wait()
				require.NoError(b, err)
			}
		})
		b.Run(kind+", traced", func(b *testing.B) {
			tracer := ptracer.New()
			defer tracer.Close()
			for b.Loop() {
				got := runBy(b, tracer, runner, ptracer.Options{})
				got.exited(b, 0)
			}
		})
	}
}
