package runner

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"
)

func TestNear(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		used, limit time.Duration
		margin      float64
		want        bool
	}{
		{s, s, 0.05, true},
		{950 * time.Millisecond, s, 0.05, true},
		{949 * time.Millisecond, s, 0.05, false},
		{1050 * time.Millisecond, s, 0.05, true},
		{1051 * time.Millisecond, s, 0.05, false},
		{s, s, 0, false},
		{s, s, -1, false},
		{s, Unlimited, 1, false},
		{Unmeasured, s, 0.05, false},
		{0, s, 1, true},
	} {
		assert.Equal(t, c.want, Near(c.used, c.limit, c.margin), "%v of %v by %v", c.used, c.limit, c.margin)
	}
}

func TestMarginOfALimit(t *testing.T) {
	l := Limits{CPU: 100 * time.Second, Wall: Unlimited, Memory: 7}
	assert.Equal(t, Limits{CPU: 105 * time.Second, Wall: Unlimited, Memory: 7}, l.beyond(0.05))
	assert.Equal(t, l, l.beyond(0))
	assert.Positive(t, Limits{CPU: math.MaxInt64 / 2, Wall: Unlimited}.beyond(1).CPU)

	for _, bad := range []float64{-0.1, 1.1, 5, math.NaN(), math.Inf(1)} {
		assert.ErrorIs(t, checkMargin(bad), unix.EINVAL, "%v", bad)
	}
	assert.NoError(t, checkMargin(0))
	assert.NoError(t, checkMargin(1))
}

// Only where time decides can it decide nearly otherwise.
func TestNearLimitIsAboutTime(t *testing.T) {
	l := Limits{CPU: time.Second, Wall: 3 * time.Second}
	for status := range numStatuses {
		r := Result{Status: status, CPU: 990 * time.Millisecond, Wall: time.Second}
		assert.Equal(t, status > MemoryLimit, r.near(l, 0.05), status)
		r.CPU, r.Wall = time.Millisecond, 2990*time.Millisecond
		assert.Equal(t, status > MemoryLimit, r.near(l, 0.05), status)
		assert.False(t, r.near(l, 0.001), status)
	}
}
