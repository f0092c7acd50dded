package runner

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// Near says whether a time is so near its limit, above or below it, that another
// run may come out on the other side: by no more than the margin, which is a part
// of the limit. Nothing is near [Unlimited], and by a margin of 0 or less nothing is.
func Near(used, limit time.Duration, margin float64) bool {
	if limit == Unlimited || margin <= 0 {
		return false
	}
	return math.Abs(float64(used-limit)) <= margin*float64(limit)
}

// checkMargin says what is wrong with a margin.
func checkMargin(margin float64) error {
	if !(margin >= 0 && margin <= 1) { // NaN is neither
		return fmt.Errorf("runner: margin %v: it is a part of the time limits, from 0 to 1: %w", margin, unix.EINVAL)
	}
	return nil
}

// beyond returns the limits at which a run is stopped: those on time are further
// away by a margin, so that what was nearly in time is told from what never ends.
func (l Limits) beyond(margin float64) Limits {
	for _, limit := range []*time.Duration{&l.CPU, &l.Wall} {
		if *limit != Unlimited {
			*limit += time.Duration(min(float64(*limit)*margin, math.MaxInt64/2))
		}
	}
	return l
}

// near says whether time decided a result, and nearly otherwise.
func (r *Result) near(limits Limits, margin float64) bool {
	switch r.Status {
	case InternalError, ForbiddenAccess, MemoryLimit:
		return false
	}
	return Near(r.CPU, limits.CPU, margin) || Near(r.Wall, limits.Wall, margin)
}
