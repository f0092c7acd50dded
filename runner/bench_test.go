package runner_test

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/runner"
)

// at is the value that a share of the values is below.
func at[T int64 | time.Duration](list []T, share float64) T {
	slices.Sort(list)
	return list[min(len(list)-1, int(share*float64(len(list))))]
}

// bare starts and waits for a program without any isolation.
func bare(b *testing.B, path string) func() {
	r, err := forkexec.Prepare(forkexec.Config{Path: path, KeepCapabilities: true})
	require.NoError(b, err)
	return func() {
		p, err := r.Start(forkexec.Inputs{})
		require.NoError(b, err)
		_, err = p.Wait()
		require.NoError(b, err)
	}
}

func runOnce(b *testing.B, s *runner.Sandbox, sp runner.Spec) *runner.Result {
	result, err := s.Run(context.Background(), sp)
	if err != nil {
		b.Fatal(err)
	}
	return result
}

// A cold run in full isolation, beside a bare start of the same program taken in turn.
func BenchmarkRun(b *testing.B) {
	s := open(b)
	sp := spec(b, "tiny")
	sp.Mode = runner.NS
	start := bare(b, testprog.Build(b, "tiny"))
	var bares, runs, setups []time.Duration
	for b.Loop() {
		begin := time.Now()
		start()
		between := time.Now()
		setups = append(setups, runOnce(b, s, sp).Setup)
		bares, runs = append(bares, between.Sub(begin)), append(runs, time.Since(between))
	}
	b.ReportMetric(0, "ns/op") // of both together, which means nothing
	b.ReportMetric(float64(at(bares, 0.5).Microseconds()), "bare-µs")
	b.ReportMetric(float64(at(runs, 0.5).Microseconds()), "run-µs")
	b.ReportMetric(float64(at(runs, 0.99).Microseconds()), "run-p99-µs")
	b.ReportMetric(float64(at(setups, 0.5).Microseconds()), "setup-µs")
	b.ReportMetric(float64(at(runs, 0.5))/float64(at(bares, 0.5)), "bares")
}

func BenchmarkRunParallel(b *testing.B) {
	s := open(b)
	sp := spec(b, "tiny")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Run(context.Background(), sp); err != nil {
				b.Error(err)
			}
		}
	})
}

// How far the CPU time of a result is from what the program itself measures.
func BenchmarkAccuracyCPU(b *testing.B) {
	for _, how := range []string{"user", "system"} {
		b.Run(how, func(b *testing.B) {
			s := open(b)
			sp := spec(b, "spin 50 "+how)
			var off []time.Duration
			for b.Loop() {
				var out bytes.Buffer
				sp.Stdout = &out
				result := runOnce(b, s, sp)
				own, err := strconv.ParseInt(testprog.Values(out.String())["cpu_ns"], 10, 64)
				require.NoError(b, err)
				off = append(off, (result.CPU - time.Duration(own)).Abs())
			}
			report(b, off, "off")
		})
	}
}

// How much more CPU time than its limit a spinning program gets.
func BenchmarkAccuracyKill(b *testing.B) {
	for _, command := range []string{"cpu_loop user", "cpu_loop system", "cpu_threads 4 0"} {
		b.Run(command, func(b *testing.B) {
			s := open(b)
			sp := spec(b, command)
			sp.Limits = runner.Limits{CPU: 50 * time.Millisecond, Processes: 8}
			var over []time.Duration
			for b.Loop() {
				result := runOnce(b, s, sp)
				require.Equal(b, runner.TimeLimit, result.Status)
				over = append(over, result.CPU-sp.Limits.CPU)
			}
			report(b, over, "over")
		})
	}
}

func report(b *testing.B, list []time.Duration, what string) {
	b.ReportMetric(0, "ns/op")
	for _, p := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}} {
		b.ReportMetric(float64(at(list, p.share).Microseconds()), what+"-"+p.name+"-µs")
	}
}

// What touching 100 MiB adds to the memory of a result, from a small judge and
// from one that holds a gigabyte itself.
func BenchmarkAccuracyMemory(b *testing.B) {
	measure := func(b *testing.B) {
		s := open(b)
		none, much := spec(b, "touch 0"), spec(b, "touch 100")
		var more []int64
		for b.Loop() {
			less := runOnce(b, s, none).Memory
			more = append(more, runOnce(b, s, much).Memory-less)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(at(more, 0))/mib, "more-min-MiB")
		b.ReportMetric(float64(at(more, 0.5))/mib, "more-p50-MiB")
		b.ReportMetric(float64(at(more, 1))/mib, "more-max-MiB")
	}
	b.Run("small judge", measure)
	b.Run("1 GiB judge", func(b *testing.B) {
		const size = 1 << 30
		memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		require.NoError(b, err)
		defer unix.Munmap(memory)
		for i := 0; i < size; i += 4096 {
			memory[i] = 1
		}
		measure(b)
	})
}
