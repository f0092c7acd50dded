// Package bench measures rows side by side.
//
// Its one idea: nothing is measured after another thing. A machine changes
// while it is measured, so the rows take turns, in rounds, each time in
// another order, and what is compared was measured in the same minute. A row is
// a name and a function that takes samples for a given time.
package bench

import (
	"errors"
	"time"
)

// Row is one thing to measure.
type Row struct {
	// Group and Name say what it is: "start", "plain fork".
	Group, Name string
	// About says what one sample is.
	About string
	// Differs says, of another sandbox, where its isolation is not what it is
	// compared with.
	Differs string
	// Workers is how many samples are taken at the same time; 0 is one.
	Workers int
	// X is where the row stands in a plot of its group: a number of workers, or
	// bytes. It is 0 for rows that are in no such plot.
	X float64
	// Series is the curve it belongs to there.
	Series string
	// Open prepares it. An error that is an [*Unavailable] says that the row
	// can't be measured here.
	Open func() (*Subject, error)
}

// ID names a row among all.
func (r *Row) ID() string { return r.Group + "/" + r.Name }

// Subject is a row that is ready to be measured.
type Subject struct {
	// Measure takes samples until the time is over, at least one.
	Measure func(budget time.Duration) (Batch, error)
	// Close gives back what Open took; it may be nil.
	Close func() error
}

// Batch is samples that were taken in one go.
type Batch struct {
	// Samples are how long each took.
	Samples []time.Duration
	// Took is how long all of them did, which is less than the sum where
	// several were taken at the same time.
	Took time.Duration
}

// Unavailable says why a row can't be measured here, and how to mend it.
type Unavailable struct {
	Reason string `json:"reason"`
	Mend   string `json:"mend,omitempty"`
}

func (u *Unavailable) Error() string {
	if u.Mend == "" {
		return u.Reason
	}
	return u.Reason + ": " + u.Mend
}

// Is makes errors.Is(err, errors.ErrUnsupported) true.
func (u *Unavailable) Is(target error) bool { return target == errors.ErrUnsupported }

// Each returns a Measure that times calls of f. The first call of a batch is
// not counted: it meets caches that are full of what another row did. Only if
// it used up the time by itself it is all there is.
func Each(f func() error) func(time.Duration) (Batch, error) {
	return Timed(func() (time.Duration, error) {
		begin := time.Now()
		err := f()
		return time.Since(begin), err
	})
}

// Timed is Each of a function that says itself how long it took.
func Timed(f func() (time.Duration, error)) func(time.Duration) (Batch, error) {
	return func(budget time.Duration) (b Batch, err error) {
		for begin, first := time.Now(), true; b.Took < budget || len(b.Samples) == 0; first = false {
			sample, err := f()
			if err != nil {
				return b, err
			}
			took := time.Since(begin)
			if first && took < budget {
				begin = time.Now()
				continue
			}
			b.Samples, b.Took = append(b.Samples, sample), took
		}
		return b, nil
	}
}
