package runner_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
)

// floor is the least that starting and waiting for a program can cost: a vfork,
// an exec and a wait, of one that only calls exit. It is taken in turn with what
// is measured, so that what else the machine does slows down both alike.
func floor(b *testing.B) func() {
	program := testprog.Build(b, "tiny")
	p, err := script.Assemble([]script.Call{
		{Step: "exec", Index: -1, Nr: unix.SYS_EXECVE, Args: []script.Arg{
			script.String(program), script.Strings([]string{program}), script.Strings(nil)}},
	})
	require.NoError(b, err)
	return func() {
		in := p.Instance()
		pid, err := in.Spawn(unix.CLONE_VFORK)
		for err == nil {
			if _, err = unix.Wait4(pid, nil, unix.WALL, nil); err == nil {
				return
			}
			if err == unix.EINTR {
				err = nil
			}
		}
		b.Error(err)
	}
}

// warmKinds are what a warm run costs with and without a directory to write to.
func warmKinds(b *testing.B) map[string]runner.Spec {
	program := testprog.Build(b, "tiny")
	bare := new(mount.Tree).Bind(program, "/program", 0)
	return map[string]runner.Spec{
		"no directory":  {Args: []string{"/program"}, Dir: "/", Root: bare},
		"one directory": {Args: []string{"/program"}, Dir: "/tmp", Root: bare.Clone().Tmpfs("/tmp", mount.TmpfsOptions{Size: 1 << 20, Inodes: 100, Mode: 0o1777})},
		"system":        spec(b, "tiny"),
	}
}

// A run in a sandbox that stands ready, beside the floor.
func BenchmarkWarm(b *testing.B) {
	for name, sp := range warmKinds(b) {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			least := floor(b)
			runOnce(b, s, sp)
			var floors, runs, setups []time.Duration
			for b.Loop() {
				begin := time.Now()
				least()
				between := time.Now()
				setups = append(setups, runOnce(b, s, sp).Setup)
				floors, runs = append(floors, between.Sub(begin)), append(runs, time.Since(between))
			}
			f := at(floors, 0.5)
			b.ReportMetric(0, "ns/op") // of both together, which means nothing
			b.ReportMetric(float64(f.Microseconds()), "floor-µs")
			b.ReportMetric(float64(at(runs, 0.5).Microseconds()), "run-µs")
			b.ReportMetric(float64(at(runs, 0.5))/float64(f), "floors")
			b.ReportMetric(float64(at(runs, 0.99))/float64(f), "p99-floors")
			b.ReportMetric(float64(at(setups, 0.5))/float64(f), "to-exec-floors")
		})
	}
}

// Sixteen workers; what one alone makes is measured in turn with them.
func BenchmarkWarmSixteen(b *testing.B) {
	s := open(b)
	sp := warmKinds(b)["one directory"]
	const batch = 20
	var one, all, each []time.Duration
	var mutex sync.Mutex
	work := func() {
		for range batch {
			begin := time.Now()
			if _, err := s.Run(context.Background(), sp); err != nil {
				b.Error(err)
			}
			took := time.Since(begin)
			mutex.Lock()
			each = append(each, took)
			mutex.Unlock()
		}
	}
	for b.Loop() {
		begin := time.Now()
		work()
		one = append(one, time.Since(begin)/batch)
		begin = time.Now()
		var crowd sync.WaitGroup
		for range 16 {
			crowd.Go(work)
		}
		crowd.Wait()
		all = append(all, time.Since(begin)/(16*batch))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(1/at(all, 0.5).Seconds(), "runs/s")
	b.ReportMetric(float64(at(one, 0.5))/float64(at(all, 0.5)), "speedup")
	b.ReportMetric(float64(at(each, 0.999).Microseconds())/1000, "p99.9-ms")
}
