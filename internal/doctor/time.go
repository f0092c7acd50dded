package doctor

import (
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/perf"
)

// timeChecks are about how exact clocks are.
func timeChecks() []Check {
	const class = "time"
	return []Check{
		{class, "clock source", 0, clockSource,
			"a slow clock costs programs that ask for the time, and the judge, microseconds a reading",
			"boot with clocksource=tsc, if the processor's is stable"},
		{class, "tick", 0, tick,
			"the kernel brings a running program's CPU time up to date at each tick: so much more than its limit a spinning program may get (the verdict is exact all the same)",
			"a kernel built with CONFIG_HZ=1000"},
		{class, "timer slack", 0, timerSlack,
			"how much later than asked for the judge's clocks may ring",
			"start the judge with a smaller slack (prctl(2), PR_SET_TIMERSLACK)"},
		{class, "instruction counter", 0, instructions,
			"a second clock that no load disturbs (runprog run --instructions)",
			"sysctl kernel.perf_event_paranoid=2, on a machine whose processor has counters"},
	}
}

func clockSource(m *Machine) Finding {
	v, err := m.line("sys/devices/system/clocksource/clocksource0/current_clocksource")
	switch {
	case err != nil:
		return ok("not told: %v", err)
	case slices.Contains([]string{"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"}, v):
		return ok("%s", v)
	}
	return degraded("%s", v)
}

func tick(*Machine) Finding {
	var ts unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &ts); err != nil {
		return ok("not told: %v", err)
	}
	if d := time.Duration(ts.Nano()); d > time.Millisecond {
		return degraded("%v", d)
	} else {
		return ok("%v", d)
	}
}

func timerSlack(m *Machine) Finding {
	v, err := m.line("proc/self/timerslack_ns")
	if err != nil {
		return ok("not told: %v", err)
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return ok("not told: %v", err)
	}
	if d := time.Duration(n); d > 50*time.Microsecond {
		return degraded("%v", d)
	} else {
		return ok("%v", d)
	}
}

func instructions(*Machine) Finding {
	if err := perf.Supported(perf.Instructions); err != nil {
		return missing("%v", err)
	}
	return ok("perf_event_open")
}
