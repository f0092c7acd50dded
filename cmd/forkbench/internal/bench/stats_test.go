package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// upTo is 1, 2, ... n ns.
func upTo(n int) (list []time.Duration) {
	for i := range n {
		list = append(list, time.Duration(i+1))
	}
	return list
}

func TestQuantileIsTheNearestRank(t *testing.T) {
	for _, test := range []struct {
		n     int
		share float64
		want  time.Duration
	}{
		{1, 0, 1}, {1, 0.5, 1}, {1, 1, 1},
		{2, 0.5, 1}, {3, 0.5, 2}, {4, 0.5, 2},
		{10, 0.9, 9}, {10, 0.99, 10},
		{100, 0, 1}, {100, 0.5, 50}, {100, 0.9, 90}, {100, 0.99, 99}, {100, 1, 100},
		{1000, 0.99, 990},
	} {
		assert.Equal(t, test.want, Quantile(upTo(test.n), test.share), "%v of %d", test.share, test.n)
	}
}

func TestMedianNeedsNoOrder(t *testing.T) {
	samples := []time.Duration{5, 1, 9}
	assert.Equal(t, time.Duration(5), Median(samples))
	assert.Equal(t, []time.Duration{5, 1, 9}, samples, "left as they were")
	assert.Equal(t, time.Duration(7), Median([]time.Duration{7}))
}

func TestNoFigureOfTooFewSamples(t *testing.T) {
	value := func(ns *int64) int64 {
		if ns == nil {
			return -1
		}
		return *ns
	}
	for _, test := range []struct {
		n             int
		p50, p90, p99 int64
	}{
		{0, -1, -1, -1},
		{1, 1, -1, -1},
		{9, 5, -1, -1},
		{10, 5, 9, -1},
		{99, 50, 90, -1},
		{100, 50, 90, 99},
	} {
		f := FiguresOf([]Batch{{Samples: upTo(test.n), Took: time.Second}})
		assert.Equal(t, test.n, f.Samples)
		assert.Equal(t, [3]int64{test.p50, test.p90, test.p99}, [3]int64{value(f.P50), value(f.P90), value(f.P99)}, "of %d", test.n)
		assert.Equal(t, float64(test.n), f.PerSecond)
	}
}

func TestFiguresOfSeveralBatches(t *testing.T) {
	f := FiguresOf([]Batch{{Samples: []time.Duration{3, 9}, Took: time.Second}, {Samples: []time.Duration{1}, Took: time.Second / 2}})
	require.NotNil(t, f.P50)
	assert.EqualValues(t, 3, *f.P50)
	assert.Equal(t, 2.0, f.PerSecond)
	assert.Nil(t, f.Floors)
}
