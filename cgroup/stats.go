package cgroup

import (
	"time"

	"golang.org/x/sys/unix"
)

// field is a number that control files give.
type field uint8

const (
	cpuTotal field = iota // these only grow, and are counted from the last Reset
	cpuUser
	cpuSystem
	oomKills
	throttled
	throttledTime
	memoryUsage // these are as they are
	memoryPeak
	pidsNow
	pidsPeak
	numFields
)

// counts reports whether a field only grows.
func (f field) counts() bool { return f < memoryUsage }

type values [numFields]int64

// Stats is what a group has used since it was made or last [Group.Reset]. A field is
// zero where its feature is not supported; Has tells.
type Stats struct {
	// CPU is the CPU time of all processes, User and System its parts (CPUTime). The kernel
	// brings it up to date at each tick and context switch, so that of a program that
	// runs on another CPU is up to one tick (1 to 10 ms) behind; after the end it is exact.
	// It includes what the program's process spent before exec, from joining on.
	CPU, User, System time.Duration

	// Memory is what is charged now (MemoryUsage), and MemoryPeak the most that was
	// (MemoryPeak), in bytes: anonymous memory, page cache first touched by the group, tmpfs files, kernel
	// memory. The kernel charges in batches of 64 pages for each CPU, so both may be that much
	// too high.
	Memory, MemoryPeak int64

	// OOMKills counts the processes that the kernel killed because the group reached
	// its memory limit (OOMKills).
	OOMKills int64

	// Pids is the number of processes and threads now, zombies included (PidsLimit).
	Pids int64

	// PidsPeak is the most processes and threads at one time (PidsPeak), zombies included.
	PidsPeak int64

	// Throttled counts the periods in which the quota was used up, and ThrottledTime is how
	// long processes had to wait for the next (CPUQuota).
	Throttled     int64
	ThrottledTime time.Duration

	has featureSet
}

// Has reports whether the fields of a feature were measured.
func (s Stats) Has(f Feature) bool { return s.has.has(f) }

// Stats reads the group's counters.
func (g *Group) Stats() (Stats, error) {
	v, err := g.read()
	if err != nil {
		return Stats{}, err
	}
	return g.stats(v), nil
}

// stats are the numbers since the last Reset.
func (g *Group) stats(v values) Stats {
	for f := range numFields {
		if f.counts() {
			v[f] -= g.base[f]
		}
	}
	return Stats{
		CPU:           time.Duration(v[cpuTotal]),
		User:          time.Duration(v[cpuUser]),
		System:        time.Duration(v[cpuSystem]),
		Memory:        v[memoryUsage],
		MemoryPeak:    v[memoryPeak],
		OOMKills:      v[oomKills],
		Pids:          v[pidsNow],
		PidsPeak:      v[pidsPeak],
		Throttled:     v[throttled],
		ThrottledTime: time.Duration(v[throttledTime]),
		has:           g.m.counted,
	}
}

// read reads all numbers: one pread for each file.
func (g *Group) read() (values, error) {
	var v values
	if len(g.parts) == 0 {
		return v, errClosed
	}
	var buf [1024]byte
	for _, p := range g.parts {
		if p.dir < 0 {
			return v, errClosed // a Reset has failed halfway
		}
		for i, f := range p.branch.files {
			if len(f.readings) == 0 {
				continue
			}
			n, err := unix.Pread(p.files[i], buf[:], 0)
			for err == unix.EINTR {
				n, err = unix.Pread(p.files[i], buf[:], 0)
			}
			if err != nil {
				return v, p.fail("read", f.name, err)
			}
			for _, r := range f.readings {
				n, ok := parseValue(buf[:n], r.key)
				if !ok {
					return v, p.fail("find "+r.key+" in", f.name, unix.ENOENT)
				}
				v[r.field] = n * r.unit
			}
		}
	}
	return v, nil
}
