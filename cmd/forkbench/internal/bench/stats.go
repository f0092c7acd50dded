package bench

import (
	"math"
	"slices"
	"time"
)

// Quantile is the value that a share of the sorted samples, from 0 to 1, is
// not above: the nearest rank, so it is always one that was measured.
func Quantile(sorted []time.Duration, share float64) time.Duration {
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median is the middle of samples in any order, or the higher of the two in
// the middle.
func Median(samples []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2]
}

// enough is how many samples it takes until one of them is expected above a
// quantile: below that the figure would be the maximum by another name.
func enough(share float64) int {
	return int(math.Round(1 / (1 - share)))
}

// Figures are what is reported of samples.
type Figures struct {
	// Samples is how many there are.
	Samples int `json:"samples"`
	// P50, P90 and P99 are in ns; nil where there are too few samples to tell.
	P50 *int64 `json:"p50_ns"`
	P90 *int64 `json:"p90_ns"`
	P99 *int64 `json:"p99_ns"`
	// Floors is P50 in floors, nil without a floor.
	Floors *float64 `json:"floors"`
	// PerSecond is how many there were in a second, by all workers together.
	PerSecond float64 `json:"per_second"`
}

// FiguresOf are those of all samples of some batches, in any order.
func FiguresOf(batches []Batch) Figures {
	return figures(gather(batches))
}

// gather sorts the samples of batches, and adds up how long these took.
func gather(batches []Batch) (sorted []time.Duration, took time.Duration) {
	for _, b := range batches {
		sorted = append(sorted, b.Samples...)
		took += b.Took
	}
	slices.Sort(sorted)
	return sorted, took
}

// figures are those of sorted samples that took so long altogether.
func figures(sorted []time.Duration, took time.Duration) Figures {
	f := Figures{Samples: len(sorted)}
	if len(sorted) == 0 {
		return f
	}
	for _, q := range []struct {
		share float64
		value **int64
	}{{0.5, &f.P50}, {0.9, &f.P90}, {0.99, &f.P99}} {
		if len(sorted) >= enough(q.share) {
			ns := int64(Quantile(sorted, q.share))
			*q.value = &ns
		}
	}
	if f.P50 == nil { // one sample is its own median
		ns := int64(sorted[0])
		f.P50 = &ns
	}
	if took > 0 {
		f.PerSecond = float64(len(sorted)) / took.Seconds()
	}
	return f
}
