package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// Options are the choices of [Run].
type Options struct {
	// Duration is how long is measured, all rows together. Preparing them and
	// warming up comes on top.
	Duration time.Duration
	// Floor is the ID of the row that all others are compared with.
	Floor string
	// Machine describes where it runs.
	Machine Machine
	// Progress is told what is done, if not nil.
	Progress func(Step)
}

// Step is what is done next.
type Step struct {
	// Done of Total steps are done; both are 0 while rows are prepared.
	Done, Total int
	// Row is the ID of the row whose turn it is.
	Row string
}

const (
	// turn is how long a row is measured in one go, if there is time enough:
	// long against what changes between rows, short against what changes on a
	// machine.
	turn = 25 * time.Millisecond
	// leastRounds is how many rounds there are at least, and in how many a row
	// is measured, however long it takes: so every row meets the machine at more
	// than one time, and benchstat wants six of each to say how sure it is.
	leastRounds = 6
	// warmup is how long each row is tried before.
	warmup = 5 * time.Millisecond
)

const interrupted = "interrupted before its turn came"

// Run measures the rows in turns. A row that can't be measured, or fails, says
// so in its result and stops nobody else. A context that ends stops the run
// after the row whose turn it is; what was measured so far is reported.
func Run(ctx context.Context, rows []Row, o Options) (*Report, error) {
	report := &Report{Version: ReportVersion, Machine: o.Machine, Floor: o.Floor, Started: time.Now(), Rows: make([]Result, len(rows))}
	subjects := make([]*Subject, len(rows))
	tell := func(s Step) {
		if o.Progress != nil {
			o.Progress(s)
		}
	}
	var closing []error
	shut := func(i int) {
		if s := subjects[i]; s != nil && s.Close != nil {
			if err := s.Close(); err != nil {
				closing = append(closing, fmt.Errorf("%s: %w", rows[i].ID(), err))
			}
		}
		subjects[i] = nil
	}
	var turns []int // of the rows that can be measured
	for i := range rows {
		row, result := &rows[i], &report.Rows[i]
		*result = Result{Group: row.Group, Name: row.Name, About: row.About, Differs: row.Differs,
			Workers: row.Workers, X: row.X, Series: row.Series}
		if ctx.Err() != nil {
			result.Unavailable = &Unavailable{Reason: interrupted}
			continue
		}
		tell(Step{Row: row.ID()})
		subject, err := row.Open()
		subjects[i] = subject
		if err == nil {
			_, err = subject.Measure(warmup)
		}
		if err != nil {
			shut(i)
			result.fail(err)
			continue
		}
		turns = append(turns, i)
	}

	before, err := readCPU()
	begin := time.Now()
	slot := turn
	if n := len(turns); n > 0 {
		report.Planned = max(leastRounds, int(o.Duration/(turn*time.Duration(n))))
		slot = o.Duration / time.Duration(n*report.Planned)
	}
	spent := make([]time.Duration, len(rows))
	done, total := 0, len(turns)*report.Planned
	for report.Rounds = 0; report.Rounds < report.Planned; report.Rounds++ {
		rand.Shuffle(len(turns), func(a, b int) { turns[a], turns[b] = turns[b], turns[a] })
		for _, i := range turns {
			if ctx.Err() != nil {
				break
			}
			tell(Step{Done: done, Total: total, Row: rows[i].ID()})
			done++
			if subjects[i] == nil {
				continue
			}
			// Who takes longer than its time sits out, so that all together don't.
			if had := len(report.Rows[i].PerRound); had >= leastRounds && spent[i] > slot*time.Duration(report.Rounds) {
				continue
			}
			runtime.GC() // so that no row pays for another's garbage
			turnBegin := time.Now()
			batch, err := subjects[i].Measure(slot)
			spent[i] += time.Since(turnBegin)
			report.Rows[i].add(batch)
			// Who interrupts from a terminal interrupts what is being measured, too.
			if err != nil && ctx.Err() == nil {
				report.Rows[i].fail(err)
				shut(i)
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	report.Took = time.Since(begin)
	if after, afterErr := readCPU(); err == nil && afterErr == nil {
		report.Others = after.since(before)
	}
	tell(Step{Done: total, Total: total})
	for i := range report.Rows {
		row := &report.Rows[i]
		if row.count(); row.Samples == 0 && row.Unavailable == nil && row.Failed == "" {
			row.Unavailable = &Unavailable{Reason: interrupted}
		}
	}
	report.finish()
	// The last opened is the first closed: it may use what one before it made.
	for i := range slices.Backward(subjects) {
		shut(i)
	}
	return report, errors.Join(closing...)
}

func (r *Result) fail(err error) {
	if reason, ok := errors.AsType[*Unavailable](err); ok {
		r.Unavailable = reason
		return
	}
	r.Failed = err.Error()
}

func (r *Result) add(b Batch) {
	if len(b.Samples) > 0 {
		r.PerRound = append(r.PerRound, b)
	}
}

// count makes the figures.
func (r *Result) count() {
	for _, b := range r.PerRound {
		r.Medians = append(r.Medians, int64(Median(b.Samples)))
	}
	sorted, took := gather(r.PerRound)
	r.Sorted, r.Figures = sorted, figures(sorted, took)
}
