package bench

import (
	"errors"
	"sync"
	"time"
)

// Together returns a Measure in which several workers call f at the same time.
// Each calls it at least once, and one call more before, that is not counted.
func Together(workers int, f func() error) func(time.Duration) (Batch, error) {
	return func(budget time.Duration) (Batch, error) {
		batches := make([]Batch, workers)
		errs := make([]error, workers)
		var ready, done sync.WaitGroup
		start := make(chan time.Time)
		ready.Add(workers)
		for i := range workers {
			done.Go(func() {
				err := f()
				ready.Done()
				begin := <-start
				for err == nil {
					before := time.Now()
					if err = f(); err == nil {
						after := time.Now()
						batches[i].Samples = append(batches[i].Samples, after.Sub(before))
						if after.Sub(begin) >= budget {
							break
						}
					}
				}
				errs[i] = err
			})
		}
		ready.Wait()
		begin := time.Now()
		for range workers {
			start <- begin
		}
		done.Wait()
		all := Batch{Took: time.Since(begin)}
		for _, b := range batches {
			all.Samples = append(all.Samples, b.Samples...)
		}
		return all, errors.Join(errs...)
	}
}
