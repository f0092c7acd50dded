package cgroup

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Feature is one thing a [Group] can limit, count or do.
type Feature uint8

// The features. What provides each of them is told by [Manager.Features].
const (
	MemoryLimit Feature = iota // SetMemory: bytes charged, with swap off
	MemoryUsage                // Stats.Memory
	MemoryPeak                 // Stats.MemoryPeak
	OOMKills                   // Stats.OOMKills
	PidsLimit                  // SetPids: processes and threads
	PidsPeak                   // Stats.PidsPeak
	CPUTime                    // Stats.CPU, User, System
	CPUQuota                   // SetCPUQuota, Stats.Throttled, ThrottledTime
	Kill                       // Group.Kill
	Freeze                     // Group.Freeze, Thaw
	numFeatures
)

// featureNames is the vocabulary: index, text form.
var featureNames = [numFeatures]string{
	MemoryLimit: "memory_limit",
	MemoryUsage: "memory_usage",
	MemoryPeak:  "memory_peak",
	OOMKills:    "oom_kills",
	PidsLimit:   "pids_limit",
	PidsPeak:    "pids_peak",
	CPUTime:     "cpu_time",
	CPUQuota:    "cpu_quota",
	Kill:        "kill",
	Freeze:      "freeze",
}

// String returns the feature's name, such as "memory_limit".
func (f Feature) String() string {
	if f < numFeatures {
		return featureNames[f]
	}
	return fmt.Sprintf("feature(%d)", uint8(f))
}

// featureSet is a bit set of Features.
type featureSet uint16

func (s featureSet) has(f Feature) bool { return s&(1<<f) != 0 }
func (s *featureSet) add(f Feature)     { *s |= 1 << f }

// A control is one way to provide a feature: a control file of a controller in one
// version of the interface. Sources: Documentation/admin-guide/cgroup-v2.rst and
// Documentation/admin-guide/cgroup-v1/ of the kernel.
type control struct {
	feature    Feature
	version    int
	controller string // "" is the core of version 2: there without any controller
	file       string // shown to the user as what provides the feature
	write      bool   // a Group keeps file open for writing
	also       string // a second file to write, if the kernel has it
	unlimited  string // what lifts the limit
	reset      string // written to file, starts a peak anew
	readings   []reading
}

// limit returns how a limit is written.
func (c *control) limit(n int64) string {
	if n == Unlimited {
		return c.unlimited
	}
	return strconv.FormatInt(n, 10)
}

// A reading is one number of one control file.
type reading struct {
	file  string
	key   string // of "key value" lines; "" is a file of one number
	unit  int64  // multiplies the number: to bytes, nanoseconds or pieces
	field field
}

// controls lists all ways, the preferred first. It drives the probe, the files a
// Group keeps open, and what Stats reads.
//
// CPUTime prefers version 2's cpu.stat (microseconds) over cpuacct (nanoseconds): it
// is one file instead of three, needs no controller, and on a hybrid machine saves a
// hierarchy, as the one of cgroup.kill has it.
var controls = [...]control{
	{feature: Kill, version: 2, file: "cgroup.kill"},   // Linux 5.14
	{feature: Kill, version: 2, file: "cgroup.freeze"}, // Linux 5.2: freeze, signal each
	{feature: Kill, version: 1, controller: "freezer", file: "freezer.state"},
	{feature: Kill, version: 2, file: "cgroup.procs"}, // signal each, until none is left
	{feature: Kill, version: 1, controller: "pids", file: "cgroup.procs"},
	{feature: Kill, version: 1, controller: "memory", file: "cgroup.procs"},
	{feature: Kill, version: 1, controller: "cpuacct", file: "cgroup.procs"},

	{feature: Freeze, version: 2, file: "cgroup.freeze"},
	{feature: Freeze, version: 1, controller: "freezer", file: "freezer.state"},

	{feature: CPUTime, version: 2, file: "cpu.stat", readings: []reading{
		{"cpu.stat", "usage_usec", 1000, cpuTotal},
		{"cpu.stat", "user_usec", 1000, cpuUser},
		{"cpu.stat", "system_usec", 1000, cpuSystem},
	}},
	{feature: CPUTime, version: 1, controller: "cpuacct", file: "cpuacct.usage", readings: []reading{
		{"cpuacct.usage", "", 1, cpuTotal},
		{"cpuacct.usage_user", "", 1, cpuUser}, // Linux 4.9
		{"cpuacct.usage_sys", "", 1, cpuSystem},
	}},

	{feature: MemoryLimit, version: 2, controller: "memory", file: "memory.max", write: true, also: "memory.swap.max", unlimited: "max"},
	{feature: MemoryLimit, version: 1, controller: "memory", file: "memory.limit_in_bytes", write: true, also: "memory.memsw.limit_in_bytes", unlimited: "-1"},

	{feature: MemoryUsage, version: 2, controller: "memory", file: "memory.current", readings: []reading{
		{"memory.current", "", 1, memoryUsage},
	}},
	{feature: MemoryUsage, version: 1, controller: "memory", file: "memory.usage_in_bytes", readings: []reading{
		{"memory.usage_in_bytes", "", 1, memoryUsage},
	}},

	{feature: MemoryPeak, version: 2, controller: "memory", file: "memory.peak", reset: "reset", readings: []reading{
		{"memory.peak", "", 1, memoryPeak}, // Linux 5.19, reset through the same descriptor 6.12
	}},
	{feature: MemoryPeak, version: 1, controller: "memory", file: "memory.max_usage_in_bytes", reset: "0", readings: []reading{
		{"memory.max_usage_in_bytes", "", 1, memoryPeak},
	}},

	{feature: OOMKills, version: 2, controller: "memory", file: "memory.events", readings: []reading{
		{"memory.events", "oom_kill", 1, oomKills},
	}},
	{feature: OOMKills, version: 1, controller: "memory", file: "memory.oom_control", readings: []reading{
		{"memory.oom_control", "oom_kill", 1, oomKills}, // Linux 4.13
	}},

	{feature: PidsLimit, version: 2, controller: "pids", file: "pids.max", write: true, unlimited: "max", readings: []reading{
		{"pids.current", "", 1, pidsNow},
	}},
	{feature: PidsLimit, version: 1, controller: "pids", file: "pids.max", write: true, unlimited: "max", readings: []reading{
		{"pids.current", "", 1, pidsNow},
	}},

	{feature: PidsPeak, version: 2, controller: "pids", file: "pids.peak", readings: []reading{
		{"pids.peak", "", 1, pidsPeak}, // Linux 6.1
	}},
	{feature: PidsPeak, version: 1, controller: "pids", file: "pids.peak", readings: []reading{
		{"pids.peak", "", 1, pidsPeak},
	}},

	{feature: CPUQuota, version: 2, controller: "cpu", file: "cpu.max", write: true, unlimited: "max", readings: []reading{
		{"cpu.stat", "nr_throttled", 1, throttled},
		{"cpu.stat", "throttled_usec", 1000, throttledTime},
	}},
	{feature: CPUQuota, version: 1, controller: "cpu", file: "cpu.cfs_quota_us", write: true, also: "cpu.cfs_period_us", unlimited: "-1", readings: []reading{
		{"cpu.stat", "nr_throttled", 1, throttled},
		{"cpu.stat", "throttled_time", 1, throttledTime},
	}},
}

// Support says whether a feature is here.
type Support struct {
	Feature Feature
	By      string // the control file that provides it, such as "memory.max"; "" if none
	Err     error  // an *UnavailableError if nothing provides it
}

// UnavailableError says that control groups can't do something here, and why. It
// wraps the cause, and matches errors.ErrUnsupported.
type UnavailableError struct {
	Features []Feature // all of them, if Open failed
	Err      error     // the cause, which names the path and the mend
}

func (e *UnavailableError) Error() string {
	what := "nothing can be used"
	if len(e.Features) < int(numFeatures) {
		names := make([]string, len(e.Features))
		for i, f := range e.Features {
			names[i] = f.String()
		}
		what = "no " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("cgroup: %s: %v%s", what, e.Err, mend(e.Err))
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, errors.ErrUnsupported) true.
func (e *UnavailableError) Is(target error) bool { return target == errors.ErrUnsupported }
