package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// diary is who was measured, in what order, and who was closed.
type diary struct {
	turns, closed []string
	opened        int
}

// row takes one sample each time, which it says itself how long it took.
func (d *diary) row(name string, sample time.Duration) Row {
	return Row{Group: "test", Name: name, Open: func() (*Subject, error) {
		d.opened++
		return &Subject{
			Measure: func(time.Duration) (Batch, error) {
				d.turns = append(d.turns, name)
				return Batch{Samples: []time.Duration{sample}, Took: sample}, nil
			},
			Close: func() error { d.closed = append(d.closed, name); return nil },
		}, nil
	}}
}

// measure makes the least number of rounds, in which nobody sits out.
func measure(t *testing.T, rows []Row) *Report {
	t.Helper()
	report, err := Run(context.Background(), rows, Options{Duration: time.Millisecond, Floor: "test/a"})
	require.NoError(t, err)
	return report
}

func TestRowsTakeTurns(t *testing.T) {
	leakcheck.Check(t)
	var d diary
	names := []string{"a", "b", "c", "d", "e", "f"}
	report := measure(t, []Row{d.row("a", 10), d.row("b", 25), d.row("c", 30), d.row("d", 1), d.row("e", 1), d.row("f", 1)})
	require.Equal(t, leastRounds, report.Rounds)
	assert.Equal(t, report.Planned, report.Rounds)
	turns := d.turns[len(names):] // without the warm-up
	require.Len(t, turns, len(names)*report.Rounds)
	orders := map[string]bool{}
	for round := range slices.Chunk(turns, len(names)) {
		orders[fmt.Sprint(round)] = true
		assert.ElementsMatch(t, names, round, "each once in a round")
	}
	assert.Greater(t, len(orders), 1, "not always in the same order")
	slices.Reverse(names)
	assert.Equal(t, names, d.closed)

	for i, want := range []struct {
		p50    int64
		floors float64
	}{{10, 1}, {25, 2.5}, {30, 3}} {
		row := report.Rows[i]
		assert.Equal(t, want.p50, *row.P50)
		assert.Equal(t, want.floors, *row.Floors)
		assert.Equal(t, report.Rounds, row.Samples)
		assert.Len(t, row.Medians, report.Rounds)
	}
}

func TestTimeIsShared(t *testing.T) {
	const duration = 300 * time.Millisecond
	var budgets []time.Duration
	var rows []Row
	for i := range 4 {
		rows = append(rows, Row{Group: "test", Name: fmt.Sprint(i), Open: func() (*Subject, error) {
			return &Subject{Measure: func(budget time.Duration) (Batch, error) {
				budgets = append(budgets, budget)
				return Batch{Samples: []time.Duration{1}}, nil
			}}, nil
		}})
	}
	_, err := Run(context.Background(), rows, Options{Duration: duration, Floor: "test/0"})
	require.NoError(t, err)
	var sum time.Duration
	for _, b := range budgets[4:] {
		sum += b
	}
	assert.InDelta(t, float64(duration), float64(sum), float64(time.Millisecond))
}

func TestWhoTakesTooLongSitsOut(t *testing.T) {
	var d diary
	report, err := Run(context.Background(), []Row{d.row("a", 10), {Group: "test", Name: "slow", Open: func() (*Subject, error) {
		return &Subject{Measure: Each(func() error { time.Sleep(100 * time.Millisecond); return nil })}, nil
	}}}, Options{Duration: time.Second, Floor: "test/a"})
	require.NoError(t, err)
	require.Equal(t, 20, report.Rounds)
	assert.Equal(t, leastRounds, report.Rows[1].Samples)
	assert.Greater(t, report.Rows[0].Samples, leastRounds)
}

func TestWhatCanNotBeMeasuredSaysSo(t *testing.T) {
	var d diary
	report := measure(t, []Row{
		d.row("a", 10),
		{Group: "test", Name: "absent", Open: func() (*Subject, error) {
			return nil, fmt.Errorf("looked: %w", &Unavailable{Reason: "not installed", Mend: "install it"})
		}},
		{Group: "test", Name: "broken", Open: func() (*Subject, error) { return nil, errors.New("no luck") }},
		{Group: "test", Name: "breaks", Open: func() (*Subject, error) {
			n := 0
			return &Subject{
				Measure: func(time.Duration) (Batch, error) {
					if n++; n > 3 {
						return Batch{}, errors.New("had enough")
					}
					return Batch{Samples: []time.Duration{50}}, nil
				},
				Close: func() error { d.closed = append(d.closed, "breaks"); return nil },
			}, nil
		}},
	})
	assert.Equal(t, "not installed: install it", report.Rows[1].Unavailable.Error())
	assert.Equal(t, "no luck", report.Rows[2].Failed)
	assert.Equal(t, "had enough", report.Rows[3].Failed)
	assert.Equal(t, 2, report.Rows[3].Samples, "what was measured before is kept")
	assert.Equal(t, []string{"breaks", "a"}, d.closed)
	assert.Equal(t, leastRounds, min(leastRounds, report.Rows[0].Samples), "the others go on")
	assert.EqualError(t, report.Failures(), "2 rows failed, the first: test/broken: no luck")
	assert.ErrorIs(t, report.Rows[1].Unavailable, errors.ErrUnsupported)
}

func TestInterruptReportsWhatThereIs(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var d diary
	n := 0
	interrupting := Row{Group: "test", Name: "b", Open: func() (*Subject, error) {
		return &Subject{Measure: func(time.Duration) (Batch, error) {
			if n++; n == 4 {
				cancel()
				return Batch{}, errors.New("interrupted, too")
			}
			return Batch{Samples: []time.Duration{20}}, nil
		}}, nil
	}}
	report, err := Run(ctx, []Row{d.row("a", 10), interrupting}, Options{Duration: time.Second, Floor: "test/a"})
	require.NoError(t, err)
	assert.Equal(t, 2, report.Rounds)
	assert.NoError(t, report.Failures(), "being interrupted is no failure")
	assert.Equal(t, 2, report.Rows[1].Samples)
	assert.Contains(t, fmt.Sprint(report.Warnings), "interrupted after 2 of")

	ctx, cancel = context.WithCancel(context.Background())
	report, err = Run(ctx, []Row{d.row("a", 10)}, Options{Duration: time.Second, Floor: "test/a",
		Progress: func(s Step) {
			if s.Total > 0 {
				cancel()
			}
		}})
	require.NoError(t, err)
	assert.NotEmpty(t, report.Rows[0].ID())
	assert.True(t, report.Rows[0].Samples > 0 || report.Rows[0].Unavailable != nil, "nothing is missing silently")

	report, err = Run(ctx, []Row{d.row("a", 10)}, Options{Duration: time.Second, Floor: "test/a"})
	require.NoError(t, err)
	assert.NotNil(t, report.Rows[0].Unavailable, "interrupted before anything was measured")
}

func TestErrorsOfClosingAreTold(t *testing.T) {
	row := Row{Group: "test", Name: "a", Open: func() (*Subject, error) {
		return &Subject{Measure: Each(func() error { return nil }), Close: func() error { return errors.New("left a mount") }}, nil
	}}
	_, err := Run(context.Background(), []Row{row}, Options{Duration: time.Millisecond, Floor: "test/a"})
	assert.EqualError(t, err, "test/a: left a mount")
}

func TestProgressIsTold(t *testing.T) {
	var d diary
	var steps []Step
	report, err := Run(context.Background(), []Row{d.row("a", 1), d.row("b", 1)},
		Options{Duration: time.Millisecond, Floor: "test/a", Progress: func(s Step) { steps = append(steps, s) }})
	require.NoError(t, err)
	assert.Equal(t, []Step{{Row: "test/a"}, {Row: "test/b"}}, steps[:2], "preparing")
	total := 2 * report.Rounds
	assert.Equal(t, total, steps[2].Total)
	assert.Equal(t, Step{Done: total, Total: total}, steps[len(steps)-1])
}

func TestTheFirstOfABatchDoesNotCount(t *testing.T) {
	calls := 0
	batch, err := Timed(func() (time.Duration, error) { calls++; return time.Duration(calls), nil })(time.Millisecond)
	require.NoError(t, err)
	assert.Equal(t, time.Duration(2), batch.Samples[0])
	assert.Len(t, batch.Samples, calls-1)
	assert.GreaterOrEqual(t, batch.Took, time.Millisecond)

	batch, err = Each(func() error { time.Sleep(2 * time.Millisecond); return nil })(time.Millisecond)
	require.NoError(t, err)
	assert.Len(t, batch.Samples, 1, "all there is")
	assert.GreaterOrEqual(t, batch.Samples[0], 2*time.Millisecond)

	_, err = Each(func() error { return errors.New("no") })(time.Hour)
	assert.EqualError(t, err, "no")
}
