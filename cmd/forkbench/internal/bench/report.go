package bench

import (
	"fmt"
	"time"
)

// ReportVersion is that of the report's JSON form. It changes when a field
// changes its meaning or goes away; new fields may come without.
const ReportVersion = 1

// Report is what came of a run.
type Report struct {
	Version int       `json:"version"`
	Started time.Time `json:"started"`
	// Took is from the first round's begin to the last one's end, in ns.
	Took time.Duration `json:"took_ns"`
	// Rounds is how many there were, of Planned.
	Rounds  int     `json:"rounds"`
	Planned int     `json:"rounds_planned"`
	Machine Machine `json:"machine"`
	// Others is who else used the CPUs meanwhile.
	Others Others `json:"others"`
	// Floor is the ID of the row that Floors are counted in.
	Floor string `json:"floor"`
	// Warnings say what makes the figures doubtful.
	Warnings []string `json:"warnings"`
	Rows     []Result `json:"rows"`
}

// Result is what came of a row.
type Result struct {
	Group   string  `json:"group"`
	Name    string  `json:"name"`
	About   string  `json:"about"`
	Differs string  `json:"differs,omitempty"`
	Workers int     `json:"workers,omitempty"`
	X       float64 `json:"-"`
	Series  string  `json:"-"`
	Figures
	// Medians has that of each round, in ns, in the order they were taken: how
	// the machine changed meanwhile.
	Medians []int64 `json:"round_medians_ns,omitempty"`
	// Unavailable says why there are no figures.
	Unavailable *Unavailable `json:"unavailable,omitempty"`
	// Failed is the error that ended the row's measuring.
	Failed string `json:"failed,omitempty"`

	// Sorted are all samples, the shortest first.
	Sorted []time.Duration `json:"-"`
	// PerRound are those of each round.
	PerRound []Batch `json:"-"`
}

// ID names a row among all, as [Row.ID] does.
func (r *Result) ID() string { return r.Group + "/" + r.Name }

// Find returns the row of an ID, nil if there are no figures of such a row.
func (r *Report) Find(id string) *Result {
	for i := range r.Rows {
		if r.Rows[i].ID() == id && r.Rows[i].Samples > 0 {
			return &r.Rows[i]
		}
	}
	return nil
}

// Measured are the rows with figures.
func (r *Report) Measured() (rows []Result) {
	for _, row := range r.Rows {
		if row.Samples > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

// Failures are the rows whose measuring ended with an error, as one; nil if
// there are none.
func (r *Report) Failures() error {
	count, first := 0, ""
	for _, row := range r.Rows {
		if row.Failed == "" {
			continue
		}
		if count++; count == 1 {
			first = row.ID() + ": " + row.Failed
		}
	}
	switch count {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("a row failed: %s", first)
	}
	return fmt.Errorf("%d rows failed, the first: %s", count, first)
}

const (
	// busy is how many times its p50 the floor's p90 may be on an idle machine.
	busy = 1.5
	// shared is which share of the CPUs others may have before the figures are
	// theirs, too.
	shared = 0.1
)

// finish counts in floors, and warns of what makes the figures doubtful.
func (r *Report) finish() {
	r.Warnings = append([]string{}, r.Machine.warnings()...)
	if r.Rounds < r.Planned {
		r.Warnings = append(r.Warnings, fmt.Sprintf("interrupted after %d of %d rounds: the figures are of fewer samples", r.Rounds, r.Planned))
	}
	if r.Others.Programs > shared {
		r.Warnings = append(r.Warnings, fmt.Sprintf("other programs used %.0f %% of the CPUs meanwhile: stop them, and measure again", 100*r.Others.Programs))
	}
	if r.Others.Machines > shared {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the hypervisor gave %.0f %% of the CPUs to other machines meanwhile", 100*r.Others.Machines))
	}
	floor := r.Find(r.Floor)
	if floor == nil {
		r.Warnings = append(r.Warnings, "the floor was not measured, so nothing is compared with it")
		return
	}
	if spread := quotient(floor.P90, floor.P50); spread > busy {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the machine is busy, or its clock changes: the floor's p90 is %.1f times its p50 (at most %.1f on an idle one): trust the p50 and the ratios alone", spread, busy))
	}
	for i := range r.Rows {
		if row := &r.Rows[i]; row.P50 != nil {
			floors := quotient(row.P50, floor.P50)
			row.Floors = &floors
		}
	}
}

// Busy says whether others used so much of the CPUs meanwhile that the figures
// are theirs, too.
func (r *Report) Busy() bool { return max(r.Others.Programs, r.Others.Machines) > shared }

// quotient is 0 where one of the two is not known.
func quotient(a, b *int64) float64 {
	if a == nil || b == nil || *b == 0 {
		return 0
	}
	return float64(*a) / float64(*b)
}
