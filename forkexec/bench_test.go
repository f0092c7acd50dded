package forkexec_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/script"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// Times here depend on the machine; what can be compared is how many floors
// they are, measured in the same run: the floor is the least that starting and
// waiting for a program can cost, a vfork, an exec and a wait of one that only
// calls exit.

// vforkExec prepares the floor.
func vforkExec(b *testing.B) *script.Program {
	program := testprog.Build(b, "tiny")
	p, err := script.Assemble([]script.Call{
		{Step: "exec", Index: -1, Nr: unix.SYS_EXECVE, Args: []script.Arg{
			script.String(program), script.Strings([]string{program}), script.Strings(nil)}},
	})
	require.NoError(b, err)
	return p
}

func vforkExecWait(b *testing.B, p *script.Program) {
	in := p.Instance()
	pid, err := in.Spawn(unix.CLONE_VFORK)
	if err != nil {
		b.Error(err)
		return
	}
	for {
		if _, err = unix.Wait4(pid, nil, unix.WALL, nil); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		b.Error(err)
	}
}

func BenchmarkFloor(b *testing.B) {
	p := vforkExec(b)
	for b.Loop() {
		vforkExecWait(b, p)
	}
}

func startAndWait(b *testing.B, runner *forkexec.Runner) {
	process, err := runner.Start(forkexec.Inputs{})
	if err == nil {
		_, err = process.Wait()
	}
	if err != nil {
		b.Error(err)
	}
}

// benchmarkStart takes a floor before each start, so that what else the machine
// does meanwhile slows down both alike, and compares their medians.
func benchmarkStart(b *testing.B, config forkexec.Config) {
	runner, err := forkexec.Prepare(config)
	require.NoError(b, err)
	p := vforkExec(b)
	var floors, starts []time.Duration
	for b.Loop() {
		begin := time.Now()
		vforkExecWait(b, p)
		between := time.Now()
		startAndWait(b, runner)
		floors, starts = append(floors, between.Sub(begin)), append(starts, time.Since(between))
	}
	floor, start := median(floors), median(starts)
	b.ReportMetric(0, "ns/op") // of both together, which means nothing
	b.ReportMetric(float64(floor.Microseconds()), "floor-µs")
	b.ReportMetric(float64(start.Microseconds()), "start-µs")
	b.ReportMetric(float64(start)/float64(floor), "floors")
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// everything is all that isolates, but for the namespaces named.
func everything(b *testing.B, without forkexec.Namespace) forkexec.Config {
	config := isolated(b, "tiny", without)
	config.Files = 0
	return config
}

func BenchmarkStart(b *testing.B) {
	benchmarkStart(b, forkexec.Config{Path: testprog.Build(b, "tiny")})
}

func BenchmarkStartWithFiles(b *testing.B) {
	benchmarkStart(b, forkexec.Config{Path: testprog.Build(b, "tiny"), Files: 3})
}

func BenchmarkStartIsolated(b *testing.B) {
	benchmarkStart(b, everything(b, 0))
}

// Without the namespace named: what is saved is what it costs.
func BenchmarkStartIsolatedWithout(b *testing.B) {
	for name, ns := range namespaces {
		if ns == forkexec.Mount || ns == forkexec.User && !isRoot() {
			continue
		}
		b.Run(name, func(b *testing.B) { benchmarkStart(b, everything(b, ns)) })
	}
}

// A parent that holds a gigabyte: a fork would copy its page tables.
func BenchmarkStartFromALargeParent(b *testing.B) {
	const size = 1 << 30
	memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	require.NoError(b, err)
	defer unix.Munmap(memory)
	for i := 0; i < size; i += 4096 {
		memory[i] = 1
	}
	b.Run("bare", BenchmarkStart)
	b.Run("isolated", BenchmarkStartIsolated)
}

// How many times as many starts two goroutines make as one. The two take
// turns, so that they meet the same machine; what it can give at all to two is
// the speedup of the floor.
func BenchmarkTwoAtOnce(b *testing.B) {
	p := vforkExec(b)
	starter := func(config forkexec.Config) func() {
		runner, err := forkexec.Prepare(config)
		require.NoError(b, err)
		return func() { startAndWait(b, runner) }
	}
	for _, kind := range []struct {
		name  string
		start func()
	}{
		{"floor", func() { vforkExecWait(b, p) }},
		{"bare", starter(forkexec.Config{Path: testprog.Build(b, "tiny")})},
		{"isolated", starter(everything(b, 0))},
		{"isolated without net", starter(everything(b, forkexec.Network))},
	} {
		b.Run(kind.name, func(b *testing.B) {
			const batch = 50
			var one, two []time.Duration
			for b.Loop() {
				one = append(one, atOnce(1, batch, kind.start))
				two = append(two, atOnce(2, batch, kind.start)/2)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(batch)/median(one).Seconds(), "starts/s")
			b.ReportMetric(float64(median(one))/float64(median(two)), "speedup")
		})
	}
}

// atOnce has each of some workers start so many, and returns how long all took.
func atOnce(workers, each int, start func()) time.Duration {
	begin := time.Now()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range each {
				start()
			}
		})
	}
	all.Wait()
	return time.Since(begin)
}

func BenchmarkPrepare(b *testing.B) {
	config := everything(b, 0)
	for b.Loop() {
		if _, err := forkexec.Prepare(config); err != nil {
			b.Fatal(err)
		}
	}
}
