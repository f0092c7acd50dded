package doctor

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// repeatabilityChecks are about times that come out the same again. No verdict
// on a single run is wrong without them.
func repeatabilityChecks() []Check {
	const class = "repeatability"
	return append([]Check{
		{class, "frequency governor", 0, governor,
			"a processor that changes its frequency gives the same program different times",
			"cpupower frequency-set -g performance"},
		{class, "turbo", 0, turbo,
			"a frequency that depends on heat and on what the other cores do",
			"echo 1 >/sys/devices/system/cpu/intel_pstate/no_turbo, or echo 0 >/sys/devices/system/cpu/cpufreq/boost"},
		{class, "hyper-threads", 0, smt,
			"two runs on one core take each other's time",
			"echo off >/sys/devices/system/cpu/smt/control, or give --jobs no more than the cores"},
		{class, "transparent huge pages", 0, hugePages,
			"whether a program gets huge pages depends on how fragmented memory is: times and memory change from run to run",
			"echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"},
		{class, "swap", 0, swap,
			"a program that is swapped out is slow, and its memory may not be counted",
			"swapoff -a"},
		{class, "address randomization", 0, randomization,
			"where things lie changes from run to run, and with it caches and hash tables that use addresses",
			"runprog run --no-aslr, for one program; sysctl kernel.randomize_va_space=0 for all: only for measuring, it is a wall against attacks on the judge itself"},
		{class, "NUMA balancing", 0, numaBalancing,
			"the kernel moves a program's pages while it runs",
			"sysctl kernel.numa_balancing=0"},
		{class, "isolated processors", 0, isolated,
			"a processor that nothing else is scheduled on gives the steadiest times",
			"boot with isolcpus=, or use a cpuset partition"},
		{class, "core dumps", 0, corePattern,
			"a handler is started for each crash; runs have core dumps off, but a pipe handler is started all the same by some kernels",
			"sysctl kernel.core_pattern=core"},
		{class, "stolen time", 0, steal,
			"the host takes the processor away from a virtual machine, and programs pay with wall time",
			"judge on a machine of one's own, or on dedicated processors"},
		{class, "load", 0, load,
			"what else runs takes caches and memory bandwidth even from other processors",
			"stop what else runs"},
		{class, "virtual machine", 0, virtual,
			"CPUID traps (a C program's start-up executes dozens), waking another processor is dear",
			"judge on hardware where start-up time matters"},
	}, repeatableChecks()...)
}

// processors says how many have which of a file's values.
func (m *Machine) processors(file string) map[string]int {
	values := map[string]int{}
	names, _ := filepath.Glob(path.Join(m.root, "sys/devices/system/cpu/cpu[0-9]*", file))
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil {
			values[strings.TrimSpace(string(data))]++
		}
	}
	return values
}

func governor(m *Machine) Finding {
	values := m.processors("cpufreq/scaling_governor")
	if len(values) == 0 {
		return ok("the kernel doesn't change frequencies here")
	}
	var others []string
	for name := range values {
		if name != "performance" {
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		slices.Sort(others)
		return degraded("%s", strings.Join(others, ", "))
	}
	return ok("performance")
}

func turbo(m *Machine) Finding {
	if v, err := m.line("sys/devices/system/cpu/intel_pstate/no_turbo"); err == nil {
		if v == "0" {
			return degraded("on")
		}
		return ok("off")
	}
	if v, err := m.line("sys/devices/system/cpu/cpufreq/boost"); err == nil {
		if v == "1" {
			return degraded("on")
		}
		return ok("off")
	}
	return ok("not the kernel's to switch here")
}

func smt(m *Machine) Finding {
	switch v, err := m.line("sys/devices/system/cpu/smt/active"); {
	case err != nil:
		return ok("not told: %v", err)
	case v == "1":
		return degraded("on")
	}
	return ok("off")
}

// chosen is the bracketed word of a sysfs choice.
func chosen(text string) string {
	_, rest, _ := strings.Cut(text, "[")
	word, _, _ := strings.Cut(rest, "]")
	return word
}

func hugePages(m *Machine) Finding {
	v, err := m.line("sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil {
		return ok("the kernel has none")
	}
	if chosen(v) == "always" {
		return degraded("always")
	}
	return ok("%s", chosen(v))
}

func swap(m *Machine) Finding {
	if n := len(m.lines("proc/swaps")); n > 1 {
		return degraded("%d areas", n-1)
	}
	return ok("none")
}

func randomization(m *Machine) Finding {
	switch v, err := m.line("proc/sys/kernel/randomize_va_space"); {
	case err != nil:
		return ok("not told: %v", err)
	case v != "0":
		return degraded("on (%s)", v)
	}
	return ok("off")
}

func numaBalancing(m *Machine) Finding {
	if v, err := m.line("proc/sys/kernel/numa_balancing"); err == nil && v != "0" {
		return degraded("on")
	}
	return ok("off")
}

func isolated(m *Machine) Finding {
	if v, _ := m.line("sys/devices/system/cpu/isolated"); v != "" {
		return ok("%s", v)
	}
	return degraded("none")
}

func corePattern(m *Machine) Finding {
	v, err := m.line("proc/sys/kernel/core_pattern")
	switch {
	case err != nil:
		return ok("not told: %v", err)
	case strings.HasPrefix(v, "|"), strings.HasPrefix(v, "@"):
		return degraded("handler %s", v)
	}
	return ok("%q", v)
}

// stealTime is how long stolen time is looked at.
const stealTime = time.Second

func steal(m *Machine) Finding {
	before, total, err := m.stolen()
	if err != nil {
		return ok("not told: %v", err)
	}
	time.Sleep(stealTime)
	after, totalAfter, err := m.stolen()
	if err != nil || totalAfter == total {
		return ok("not told")
	}
	share := 100 * float64(after-before) / float64(totalAfter-total)
	if share >= 0.5 {
		return degraded("%.1f %% in a second", share)
	}
	return ok("%.1f %% in a second", share)
}

// stolen reads the steal column of all processors, in ticks, and the sum of all
// columns (proc_stat(5)).
func (m *Machine) stolen() (stolen, total int64, err error) {
	line, err := m.line("proc/stat")
	if err != nil {
		return 0, 0, err
	}
	for i, field := range strings.Fields(line) {
		if i == 0 || i > 8 { // the name; guest time, which user time contains
			continue
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, err
		}
		if total += n; i == 8 {
			stolen = n
		}
	}
	return stolen, total, nil
}

func load(m *Machine) Finding {
	v, err := m.line("proc/loadavg")
	if err != nil {
		return ok("not told: %v", err)
	}
	first, _, _ := strings.Cut(v, " ")
	if n, err := strconv.ParseFloat(first, 64); err == nil && n >= 0.5 {
		return degraded("%s over the last minute", first)
	}
	return ok("%s over the last minute", first)
}

func virtual(m *Machine) Finding {
	for _, line := range m.lines("proc/cpuinfo") {
		if strings.HasPrefix(line, "flags") && slices.Contains(strings.Fields(line), "hypervisor") {
			return degraded("yes")
		}
	}
	return ok("no")
}
