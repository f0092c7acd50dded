package runner

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/forkexec"
)

// watch ends a run when it must end. Nothing here runs while nothing is due.
type watch struct {
	limits  Limits
	init    *forkexec.Process
	program *forkexec.Process
	group   *cgroup.Group
	polled  bool

	mutex      sync.Mutex
	stopped    bool
	killed     bool // by us; final once stopped
	timers     []*time.Timer
	cpu        time.Duration // the most that was seen
	memoryOver bool
	memory     int64 // the most that was seen, if polled
	errs       []error
}

// pollInterval is how often memory is looked at where no cgroup limits it.
const pollInterval = 5 * time.Millisecond

// soonest is the shortest wait between two looks at the CPU clock.
const soonest = 500 * time.Microsecond

func (w *watch) start() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.limits.Wall != Unlimited {
		w.timers = append(w.timers, time.AfterFunc(w.limits.Wall-(now()-w.program.Started)+time.Microsecond, w.kill))
	}
	if w.limits.CPU != Unlimited {
		w.again(w.untilCPU(0), w.checkCPU)
	}
	if w.polled {
		w.again(pollInterval, w.checkMemory)
	}
}

// again calls f after d, with the mutex held, and after what f returns.
func (w *watch) again(d time.Duration, f func() time.Duration) {
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		if !w.stopped {
			timer.Reset(f())
		}
	})
	w.timers = append(w.timers, timer)
}

// stop makes sure that nothing is done to the processes from now on.
func (w *watch) stop() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.stopped = true
	for _, t := range w.timers {
		t.Stop()
	}
}

// kill ends everything: the kernel kills what is in the namespace of pid 1. It
// does nothing to a run that is over: what a pump finds in a pipe, it may find
// later than that.
func (w *watch) kill() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !w.stopped {
		w.killHeld()
	}
}

// untilCPU is how long it takes at least to use up the rest of the CPU limit.
func (w *watch) untilCPU(used time.Duration) time.Duration {
	return max(soonest, (w.limits.CPU-used)/time.Duration(runtime.NumCPU()))
}

func (w *watch) checkCPU() time.Duration {
	used := w.usedCPU()
	w.cpu = max(w.cpu, used)
	if used > w.limits.CPU {
		w.killHeld()
	}
	return w.untilCPU(used)
}

// killHeld is kill with the mutex held. The program is killed first: it runs,
// so it dies at once, while pid 1 has to be scheduled before it can die.
func (w *watch) killHeld() {
	w.killed = true
	for _, p := range []*forkexec.Process{w.program, w.init} {
		if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			w.errs = append(w.errs, err)
		}
	}
}

// usedCPU is the CPU time of all processes. For those that run on another CPU
// the kernel brings it up to date at each tick (up to 10 ms; 4 at HZ=250), so
// that much more than the limit may be used before it is known.
func (w *watch) usedCPU() time.Duration {
	used := time.Duration(0)
	if w.group == nil {
		used = sample(w.init.PID, w.program.PID).cpu
	} else if stats, err := w.group.Stats(); err == nil {
		used = stats.CPU
	} else {
		w.errs = append(w.errs, err)
	}
	return used - min(used, w.program.SetupCPU)
}

func (w *watch) checkMemory() time.Duration {
	w.memory = max(w.memory, sample(w.init.PID, w.program.PID).memory)
	if w.memory > w.limits.Memory {
		w.memoryOver = true
		w.killHeld()
	}
	return pollInterval
}

// cancelled kills when the context ends. stop returns whether it did.
func (w *watch) cancelled(ctx context.Context) (stop func() bool) {
	undo := context.AfterFunc(ctx, w.kill)
	return func() bool { return !undo() && ctx.Err() != nil }
}

func (w *watch) err() error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return errors.Join(w.errs...)
}

func now() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return time.Duration(ts.Nano())
}
