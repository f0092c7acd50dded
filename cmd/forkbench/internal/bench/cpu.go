package bench

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// userHz is the unit of /proc/stat's times, a second's hundredth on every
// architecture (USER_HZ).
const userHz = 100

// cpuUse is CPU time since some time in the past, of all CPUs.
type cpuUse struct {
	all, busy time.Duration // that passed, and that was spent on anything
	stolen    time.Duration // that a hypervisor gave to others
	own       time.Duration // by this process and the children it has waited for
}

// readCPU is the use until now.
func readCPU() (u cpuUse, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	if u, err = parseStat(string(text)); err != nil {
		return u, err
	}
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var usage unix.Rusage
		if err := unix.Getrusage(who, &usage); err != nil {
			return u, err
		}
		u.own += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return u, nil
}

// parseStat reads the first line of /proc/stat (proc(5)): user, nice, system,
// idle, iowait, irq, softirq, steal; what follows is part of the first two.
func parseStat(text string) (u cpuUse, err error) {
	const idle, iowait, steal, fields = 3, 4, 7, 8
	line, _, _ := strings.Cut(text, "\n")
	words := strings.Fields(line)
	if len(words) < 1+fields || words[0] != "cpu" {
		return u, errors.New("/proc/stat does not begin with the sum of all CPUs")
	}
	for i := range fields {
		ticks, err := strconv.ParseInt(words[1+i], 10, 64)
		if err != nil {
			return u, fmt.Errorf("/proc/stat: %w", err)
		}
		spent := time.Duration(ticks) * time.Second / userHz
		u.all += spent
		switch i {
		case idle, iowait:
		case steal:
			u.stolen = spent
		default:
			u.busy += spent
		}
	}
	return u, nil
}

// Others is the CPU time that did not go into what was measured, as shares of
// all there was.
type Others struct {
	// Programs is what other programs used, and the kernel on nobody's behalf.
	Programs float64 `json:"programs"`
	// Machines is what the hypervisor gave to other machines.
	Machines float64 `json:"machines"`
}

// since compares the use now with an earlier one.
func (u cpuUse) since(before cpuUse) Others {
	all := (u.all - before.all).Seconds()
	if all <= 0 {
		return Others{}
	}
	busy, own := (u.busy - before.busy).Seconds(), (u.own - before.own).Seconds()
	return Others{Programs: max(0, busy-own) / all, Machines: (u.stolen - before.stolen).Seconds() / all}
}
