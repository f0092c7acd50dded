package rows

import (
	"fmt"
	"slices"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/runner"
)

// ScalingGroup is the group whose rows are plotted over workers.
const ScalingGroup = "scaling"

// scaling is the same at the same time, by so many workers; how much it is a
// second says what a machine gives a judge that is busy.
func (e *Env) scaling() []bench.Row {
	var rows []bench.Row
	for _, kind := range []struct {
		name, about string
		open        func() (once, shut func() error, err error)
	}{
		{"floor", "the floor", func() (once, shut func() error, err error) {
			once, err = vforkExec(e.tiny)
			return once, nil, err
		}},
		{"warm run", "warm runs in one sandbox", e.scaledRuns(runner.Pool)},
		{"cold run", "cold runs in one sandbox", e.scaledRuns(runner.NS)},
	} {
		for _, workers := range workerCounts(e.CPUs) {
			rows = append(rows, bench.Row{
				Group: ScalingGroup, Name: fmt.Sprintf("%s, %d at once", kind.name, workers), Workers: workers,
				About: fmt.Sprintf("%s, by %d at the same time", kind.about, workers),
				X:     float64(workers), Series: kind.name,
				Open: func() (*bench.Subject, error) {
					once, shut, err := kind.open()
					if err != nil {
						return nil, err
					}
					return &bench.Subject{Measure: bench.Together(workers, once), Close: shut}, nil
				}})
		}
	}
	return rows
}

// scaledRuns opens one sandbox for all workers.
func (e *Env) scaledRuns(mode runner.Mode) func() (once, shut func() error, err error) {
	return func() (func() error, func() error, error) {
		once, shut, err := openRuns(mode, e.spec(e.tiny), e.root)
		return discarding(once), shut, err
	}
}

// workerCounts are those from 1 to twice the CPUs: all of them if they are few,
// else the powers of two, and the CPUs and twice the CPUs themselves.
func workerCounts(cpus int) (counts []int) {
	const few = 4
	for n := 1; n < 2*cpus; {
		counts = append(counts, n)
		if n < few {
			n++
		} else {
			n *= 2
		}
	}
	counts = append(counts, cpus, 2*cpus)
	slices.Sort(counts)
	return slices.Compact(counts)
}
