// Package perf counts what a process and all that it starts do, by the
// kernel's performance counters (perf_event_open(2)).
//
// Its one idea: a counter is attached while the process still waits for its
// exec, is switched on by that exec, and is inherited by whatever comes after;
// so it counts the program, all of it, and nothing of its set-up.
package perf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Event is what is counted, as perf_event_open(2) has it.
type Event struct {
	Type   uint32 // PERF_TYPE_*
	Config uint64 // PERF_COUNT_*
}

// Instructions are those that the processor has completed, outside of the
// kernel: how many that are depends on no clock, and little on what else runs.
var Instructions = Event{unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS}

// Counter counts one event of one process and of its descendants.
type Counter struct {
	file *os.File
}

// Open attaches a counter to a process that has not been executed yet, by its
// pid; 0 is the calling thread. It counts from the exec on. The caller must be
// allowed to trace the process; the error is one of perf_event_open(2), with
// what it means: ENOENT where there is no such counter, EACCES or EPERM where
// kernel.perf_event_paranoid forbids it.
func Open(event Event, pid int) (*Counter, error) {
	attr := &unix.PerfEventAttr{
		Type: event.Type, Config: event.Config, Size: unix.PERF_ATTR_SIZE_VER1,
		Bits: unix.PerfBitDisabled | unix.PerfBitInherit | unix.PerfBitEnableOnExec |
			unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv,
		Read_format: unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
	}
	fd, err := unix.PerfEventOpen(attr, pid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("perf_event_open: %w%s", err, meaning(err))
	}
	return &Counter{os.NewFile(uintptr(fd), "perf_event")}, nil
}

func meaning(err error) string {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENODEV):
		return ": the processor, or the hypervisor, offers no such counter"
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return ": sysctl kernel.perf_event_paranoid=2 allows it, or CAP_PERFMON"
	}
	return ""
}

// Count is what the process and those of its descendants that have ended have
// counted, and those that still run so far. Where the processor had fewer
// counters than were asked of it, each counted for a part of the time: then
// the number is an estimate for all of it, and exact is false. An error that
// matches errors.ErrUnsupported says that there was nothing to count, since
// the kernel has taken the counter away: from a program that one may execute
// but not read.
func (c *Counter) Count() (n int64, exact bool, err error) {
	var data [24]byte
	if _, err := c.file.Read(data[:]); err != nil {
		return 0, false, fmt.Errorf("perf: %w", err)
	}
	count, enabled, running := word(data, 0), word(data, 1), word(data, 2)
	switch {
	case running == 0:
		return 0, false, fmt.Errorf("perf: the counter never ran: the program may not be read, or other counters are in use: %w", errors.ErrUnsupported)
	case running == enabled:
		return int64(count), true, nil
	}
	return int64(float64(count) * float64(enabled) / float64(running)), false, nil
}

func word(data [24]byte, i int) uint64 { return binary.NativeEndian.Uint64(data[8*i:]) }

// Close gives the counter back.
func (c *Counter) Close() error { return c.file.Close() }

// Supported says why an event can't be counted here, nil if it can.
func Supported(event Event) error {
	c, err := Open(event, 0)
	if err != nil {
		return err
	}
	return c.Close()
}
