package doctor

import (
	"sync"

	"github.com/bailiff-judge/bailiff/cgroup"
)

// limitChecks are what cgroups hold and count here.
func limitChecks() []Check {
	const class = "limits"
	const mend = "as root: mount the controller (cgroup v2: echo +memory +pids >…/cgroup.subtree_control); as a user: systemd-run --user --scope -p Delegate=yes"
	// Once for all rows: it makes a directory and tries everything in it.
	open := sync.OnceValues(func() (map[cgroup.Feature]string, error) {
		m, err := cgroup.Open(cgroup.Options{})
		if err != nil {
			return nil, err
		}
		by := map[cgroup.Feature]string{}
		for _, s := range m.Features() {
			by[s.Feature] = s.By
		}
		return by, m.Close()
	})
	checks := []Check{{class, "cgroups", Root | Contest, func(*Machine) Finding {
		if _, err := open(); err != nil {
			return missing("%v", err)
		}
		return ok("can be made")
	}, "limits and counters over all processes of a run together", mend}}
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
		checks = append(checks, Check{class, row.name, row.needed, func(*Machine) Finding {
			switch by, err := open(); {
			case err != nil:
				return Finding{row.without, "no cgroups"}
			case by[row.feature] == "":
				return Finding{row.without, "the cgroups here have none"}
			default:
				return ok("%s", by[row.feature])
			}
		}, row.why, mend})
	}
	return checks
}
