package runner

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what a run's processes use now, where no cgroup counts it.
type usage struct {
	cpu    time.Duration
	memory int64 // bytes resident that are nobody else's: anonymous and shared memory
}

// exiting says whether a process has begun to end, or has ended.
func exiting(pid int) bool {
	const flags, pfExiting = 6, 0x4 // proc_pid_stat(5): 9, less 3; include/linux/sched.h
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	n, err := strconv.ParseUint(string(fields[flags]), 10, 64)
	return err != nil || n&pfExiting != 0
}

// userHZ is the unit of times in /proc, which is the same everywhere Go runs.
const userHZ = 100

// sample adds up the processes below these, themselves included. What changes
// meanwhile may be missed; the next sample sees it.
func sample(pids ...int) (sum usage) {
	for len(pids) > 0 {
		pid := pids[len(pids)-1]
		pids = pids[:len(pids)-1]
		sum.add(pid)
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err != nil {
			continue // gone
		}
		for _, task := range tasks {
			children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
			for word := range bytes.FieldsSeq(children) {
				if child, err := strconv.Atoi(string(word)); err == nil {
					pids = append(pids, child)
				}
			}
		}
	}
	return sum
}

func (u *usage) add(pid int) {
	u.cpu += processClock(pid)
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		// The name may be anything, so fields count from the last ")".
		const cutime, cstime = 13, 14 // proc_pid_stat(5): 16 and 17, less 3
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) > cstime {
			for _, field := range [][]byte{fields[cutime], fields[cstime]} {
				ticks, _ := strconv.ParseInt(string(field), 10, 64)
				u.cpu += time.Duration(ticks) * (time.Second / userHZ)
			}
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return
	}
	for line := range bytes.Lines(status) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if string(name) == "RssAnon" || string(name) == "RssShmem" {
			kib, _ := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(value), []byte("kB")))), 10, 64)
			u.memory += kib << 10
		}
	}
}

// processClock is the CPU time of all threads of a process, as of the last tick
// of each; 0 if it is gone. The clock's number is made as clock_getcpuclockid(3) does.
func processClock(pid int) time.Duration {
	const cpuclockSched = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|cpuclockSched), &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// ownPeak is the judge's largest resident set so far, in bytes.
func ownPeak() int64 {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 1 << 62
	}
	return usage.Maxrss << 10
}
