package runner

import "github.com/bailiff-judge/bailiff/internal/perf"

// instructions counts those of one run.
type instructions struct {
	wanted  bool
	counter *perf.Counter // nil if there is none, for the reason
	reason  string
}

// count attaches the counter to the program, which waits for its exec. That it
// can't be is no reason not to run it.
func (i *instructions) count(event perf.Event, pid int) {
	i.close()
	var err error
	if i.counter, err = perf.Open(event, pid); err != nil {
		i.counter, i.reason = nil, err.Error()
	}
}

// result reads the counter, when everything that the run has started is dead,
// and gives it back.
func (i *instructions) result(r *Result) {
	r.Instructions = Unmeasured
	if !i.wanted {
		return
	}
	if i.counter != nil {
		n, exact, err := i.counter.Count()
		switch {
		case err != nil:
			i.reason = err.Error()
		case exact:
			r.Instructions, r.MeasuredBy.Instructions = n, "perf_event_open"
		default:
			r.Instructions, r.MeasuredBy.Instructions = n, "perf_event_open, for a part of the time"
		}
	}
	r.InstructionsError = i.reason
	i.close()
}

func (i *instructions) close() {
	if i.counter != nil {
		i.counter.Close() // which only reads
		i.counter = nil
	}
	i.reason = ""
}
