package bench

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

func TestWorkersWorkAtTheSameTime(t *testing.T) {
	leakcheck.Check(t)
	const workers = 5
	var inside, most atomic.Int32
	batch, err := Together(workers, func() error {
		n := inside.Add(1)
		defer inside.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		return nil
	})(20 * time.Millisecond)
	require.NoError(t, err)
	assert.EqualValues(t, workers, most.Load())
	assert.GreaterOrEqual(t, len(batch.Samples), workers)
	var sum time.Duration
	for _, s := range batch.Samples {
		assert.GreaterOrEqual(t, s, 5*time.Millisecond)
		sum += s
	}
	assert.Less(t, batch.Took, sum, "not one after another")
}

func TestErrorsOfWorkersAreTold(t *testing.T) {
	leakcheck.Check(t)
	var calls atomic.Int32
	_, err := Together(3, func() error {
		if calls.Add(1) == 5 {
			return errors.New("no")
		}
		return nil
	})(time.Millisecond)
	assert.EqualError(t, err, "no")
	_, err = Together(2, func() error { return errors.New("at once") })(time.Hour)
	assert.ErrorContains(t, err, "at once")
}
