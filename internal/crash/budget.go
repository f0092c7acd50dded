package crash

import (
	"errors"
	"time"
)

// What the tables of one crash may cost. A program of a contest, with all of its
// debug information, takes a few percent of it.
const (
	mostSteps  = 100e6
	mostBytes  = 64 << 20
	longestRun = time.Second
)

// budget is what is left of that. When it has run out, everything that asks it
// gives up, and what was found until then stands.
//
// It is the reason why the tables aren't read by debug/elf and debug/dwarf: a
// count in a crafted file makes those allocate more than there is, which ends the
// process and can't be recovered from.
type budget struct {
	steps    int
	bytes    int
	deadline time.Time
	spent    bool
}

func newBudget() *budget {
	return &budget{steps: mostSteps, bytes: mostBytes, deadline: time.Now().Add(longestRun)}
}

// step spends n steps of some nanoseconds, and says whether there were any left.
// It looks at the clock now and then.
func (b *budget) step(n int) bool {
	const look = 1 << 16
	before := b.steps
	b.steps -= n
	if b.steps < 0 || before/look != b.steps/look && time.Now().After(b.deadline) {
		b.spent = true
	}
	return !b.spent
}

// take spends n bytes of memory.
func (b *budget) take(n uint64) bool {
	if n > uint64(b.bytes) {
		b.spent = true
		return false
	}
	b.bytes -= int(n)
	return !b.spent
}

var errSpent = errors.New("crash: the program's tables take too long to read")
