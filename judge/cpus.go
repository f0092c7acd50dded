package judge

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// physicalCPUs lists one CPU of each core that this process may run on: what
// runs on two threads of one core takes each other's time. Where the kernel
// doesn't say what belongs together, each CPU is a core.
func physicalCPUs() []int { return coresOf("/sys/devices/system/cpu", allowedCPUs()) }

// allowedCPUs are those this process may run on.
func allowedCPUs() []int {
	var set unix.CPUSet
	var cpus []int
	if err := unix.SchedGetaffinity(0, &set); err == nil {
		for cpu := range len(set) * 64 {
			if set.IsSet(cpu) {
				cpus = append(cpus, cpu)
			}
		}
	}
	if len(cpus) > 0 {
		return cpus
	}
	for cpu := range runtime.NumCPU() {
		cpus = append(cpus, cpu)
	}
	return cpus
}

// coresOf reads the topology below a directory as of sysfs-devices-system-cpu.
func coresOf(dir string, allowed []int) []int {
	var cores []int
	seen := map[string]bool{}
	for _, cpu := range allowed {
		siblings := strconv.Itoa(cpu)
		for _, name := range []string{"core_cpus_list", "thread_siblings_list"} { // since Linux 5.3, and before
			text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("cpu%d/topology/%s", cpu, name)))
			if err == nil && strings.TrimSpace(string(text)) != "" {
				siblings = strings.TrimSpace(string(text))
				break
			}
		}
		if !seen[siblings] {
			seen[siblings] = true
			cores = append(cores, cpu)
		}
	}
	return cores
}

// pins says on which CPU each of n jobs has its runs: distinct cores, and where
// there are more jobs than that, distinct CPUs. Jobs beyond these are put
// nowhere in particular.
func pins(n int) [][]int {
	cpus := physicalCPUs()
	if n > len(cpus) {
		cpus = allowedCPUs()
	}
	list := make([][]int, n)
	if n <= len(cpus) {
		for i := range list {
			list[i] = []int{cpus[i]}
		}
	}
	return list
}
