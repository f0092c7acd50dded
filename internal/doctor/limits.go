package doctor

import (
	"errors"

	"github.com/bailiff-judge/bailiff/cgroup"
)

// limitChecks are what cgroups hold and count here.
func limitChecks() []Check {
	const class = "limits"
	const mend = "as root: mount the controller (cgroup v2: echo +memory +pids >…/cgroup.subtree_control); as a user: systemd-run --user --scope -p Delegate=yes"
	var checks []Check
	for _, row := range []struct {
		feature cgroup.Feature
		name    string
		needed  Use
		without State
		why     string
	}{
		{cgroup.MemoryLimit, "memory limit", Root | Contest, Missing, "the kernel holds a run to its memory; without, memory is looked at every few milliseconds"},
		{cgroup.MemoryPeak, "memory peak", Contest, Missing, "the exact peak of all processes together; without, the largest reading"},
		{cgroup.OOMKills, "kills for memory", 0, Degraded, "tells a kill by the kernel from the program's own"},
		{cgroup.PidsLimit, "process limit", Root | Contest, Missing, "holds fork bombs; without, RLIMIT_NPROC, for ordinary users alone"},
		{cgroup.PidsPeak, "process peak", 0, Degraded, "how many there were at once"},
		{cgroup.CPUTime, "CPU time", Contest, Missing, "of all processes, also those that nobody reaps; without, /proc and wait4"},
		{cgroup.Kill, "kill", 0, Degraded, "all processes at once; without, the pid namespace's end does it"},
		{cgroup.Freeze, "freeze", 0, Degraded, "a cgroup can be stopped as a whole"},
	} {
		checks = append(checks, Check{class, row.name, row.needed, func(*Machine) Finding { return provided(row.feature, row.without) }, row.why, mend})
	}
	return checks
}

// provided asks the manager that runs use.
func provided(f cgroup.Feature, without State) Finding {
	m, err := cgroup.Open(cgroup.Options{})
	if err != nil {
		return Finding{without, "no cgroups: " + err.Error()}
	}
	defer m.Close()
	by, err := m.By(f)
	if err != nil {
		reason := err
		if cause := errors.Unwrap(err); cause != nil {
			reason = cause
		}
		return Finding{without, reason.Error()}
	}
	return ok("%s", by)
}
