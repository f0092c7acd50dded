package runner

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/forkexec"
)

// outcome is what is known when a run is over.
type outcome struct {
	program forkexec.State
	rest    forkexec.State // pid 1, with the orphans that it has reaped
	orphans time.Duration  // the same with those that were alive, if there is no cgroup
	stats   cgroup.Stats   // all zero if there is no cgroup
	end     time.Duration
	ownPeak int64
	watch   *watch
}

// result puts the numbers together, each with the best source there is.
func (r *run) result(o *outcome, failed error) *Result {
	p := r.plan
	res := &Result{
		ExitCode: Unmeasured, Mode: NS, MeasuredBy: p.by,
		Wall: o.end - r.program.Started, Setup: r.program.Started - r.begin,
		Memory: Unmeasured, RSS: Unmeasured, ProcessesPeak: Unmeasured,
		Output: r.stdio.written.Load(), Violation: r.violation,
	}
	switch {
	case supervised(p.mode) != "":
		res.Mode = p.mode
	case r.slot != nil:
		res.Mode = Pool
	}
	status := o.program.Status
	if status.Signaled() {
		res.Signal = status.Signal()
	} else {
		res.ExitCode = status.ExitStatus()
	}
	if o.stats.Has(cgroup.CPUTime) {
		res.CPU, res.User, res.System = o.stats.CPU, o.stats.User, o.stats.System
	} else {
		res.User = userTime(&o.program.Rusage) + userTime(&o.rest.Rusage)
		res.System = systemTime(&o.program.Rusage) + systemTime(&o.rest.Rusage)
		unseen := max(0, o.orphans-userTime(&o.rest.Rusage)-systemTime(&o.rest.Rusage))
		res.CPU = res.User + res.System + unseen
	}
	// What the set-up has used was used in the kernel.
	res.System -= min(res.System, r.program.SetupCPU)
	res.CPU -= min(res.CPU, r.program.SetupCPU)
	// The kernel samples how the whole is split.
	res.User = min(res.User, res.CPU-min(res.CPU, res.System))
	// The watcher may have killed for a reading that these counters, which
	// begin a little later or are rounded, are just short of.
	res.CPU = max(res.CPU, o.watch.cpu)
	// Counted from our own peak on; of whoever has the most.
	if peak := o.program.Rusage.Maxrss << 10; peak > o.ownPeak {
		res.RSS, res.MeasuredBy.RSS = peak, "wait4"
	}
	switch {
	case o.stats.Has(cgroup.MemoryPeak):
		res.Memory = o.stats.MemoryPeak
	case max(o.watch.memory, res.RSS) > 0:
		res.Memory = max(o.watch.memory, res.RSS)
	default:
		res.MeasuredBy.Memory = ""
	}
	if o.stats.Has(cgroup.PidsPeak) {
		res.ProcessesPeak = o.stats.PidsPeak
	}
	res.Status, res.Limit = verdict(evidence{
		failed: failed, end: status, killedBy: p.killedBy, violation: r.violation, oomKills: o.stats.OOMKills,
		memoryPeak: res.Memory, memoryOver: o.watch.memoryOver || p.polled && res.Memory > p.limits.Memory,
		cpu: res.CPU, wall: res.Wall, outputOver: r.stdio.overflow.Load(), limits: p.limits, by: res.MeasuredBy,
	})
	res.NearLimit = res.near(p.limits, p.margin)
	r.instructions.result(res)
	if res.Status == RuntimeError {
		res.Crash = r.supervision.crash
	}
	if failed != nil {
		res.Error = failed.Error()
	}
	return res
}

func userTime(u *unix.Rusage) time.Duration   { return time.Duration(u.Utime.Nano()) }
func systemTime(u *unix.Rusage) time.Duration { return time.Duration(u.Stime.Nano()) }
