package crash

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// What the tables of one crash may cost. A program of a contest, with all of its
// debug information, takes a few percent of it.
const (
	mostSteps   = 100e6
	mostBytes   = 64 << 20
	longestRun  = time.Second     // of this thread's CPU time
	longestWait = 5 * time.Second // of time, for files that come slowly
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
	cpu      time.Duration // when there is no more
	deadline time.Time
	spent    bool
}

func newBudget() *budget {
	return &budget{steps: mostSteps, bytes: mostBytes, cpu: threadTime() + longestRun, deadline: time.Now().Add(longestWait)}
}

// threadTime is the CPU time of this thread. Whoever traces is locked to one.
func threadTime() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now) != nil {
		return 0 // then the other limits hold alone
	}
	return time.Duration(now.Nano())
}

// step spends n steps of some nanoseconds, and says whether there were any left.
// It looks at the clocks now and then.
func (b *budget) step(n int) bool {
	const look = 1 << 16
	before := b.steps
	b.steps -= n
	if b.steps < 0 || before/look != b.steps/look && (threadTime() > b.cpu || time.Now().After(b.deadline)) {
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
