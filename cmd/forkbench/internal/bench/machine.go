package bench

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine is where the figures come from: what they depend on besides the code.
// A text that can't be found out is empty.
type Machine struct {
	Kernel string `json:"kernel"`
	Arch   string `json:"arch"`
	CPU    string `json:"cpu"`
	CPUs   int    `json:"cpus"` // that this process may use
	// Virtual names the hypervisor, "" on a machine of its own.
	Virtual string `json:"virtual"`
	// Governor is that of the first CPU (cpufreq).
	Governor string `json:"governor"`
	// Load is the load average of the last minute before the run.
	Load float64 `json:"load"`
	// HugePages is the setting of transparent huge pages, which make page
	// tables small.
	HugePages string `json:"huge_pages"`
	// Cgroups is "v1", "v2" or "hybrid".
	Cgroups string `json:"cgroups"`
	Root    bool   `json:"root"`
	Go      string `json:"go"`
	// Version is forkbench's own.
	Version string `json:"forkbench"`
}

// ThisMachine looks around.
func ThisMachine() Machine {
	m := Machine{Arch: runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0), Root: os.Geteuid() == 0, Go: runtime.Version(),
		CPU: cpuModel(read("/proc/cpuinfo")), Virtual: hypervisor(),
		Governor:  read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		HugePages: chosen(read("/sys/kernel/mm/transparent_hugepage/enabled")),
		Cgroups:   cgroupVersion(read("/proc/self/mountinfo")),
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	if first, _, ok := strings.Cut(read("/proc/loadavg"), " "); ok {
		m.Load, _ = strconv.ParseFloat(first, 64) // 0 if the kernel writes something else
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		m.Version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				m.Version = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return m
}

// read is a small file's text, "" if it can't be read: most of these exist on
// some machines only.
func read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(text), "\n\x00")
}

// cpuModel is the processor's name in /proc/cpuinfo.
func cpuModel(info string) string {
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name", "Model": // amd64; some arm64 boards
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// hypervisor asks where each kind of machine tells it: the flag that every
// hypervisor sets on amd64, what Xen, DMI and device trees say. On arm64 a guest
// without either can't be told from a machine.
func hypervisor() string {
	if kind := read("/sys/hypervisor/type"); kind != "" {
		return kind
	}
	vendor := read("/sys/class/dmi/id/sys_vendor")
	product := read("/sys/class/dmi/id/product_name")
	flagged := false
	for line := range strings.Lines(read("/proc/cpuinfo")) {
		if strings.HasPrefix(line, "flags") {
			flagged = slices.Contains(strings.Fields(line), "hypervisor")
			break
		}
	}
	if tree := read("/proc/device-tree/hypervisor/compatible"); tree != "" {
		return strings.ReplaceAll(tree, "\x00", " ")
	}
	known := strings.ToLower(vendor + " " + product)
	for _, word := range []string{"qemu", "kvm", "amazon ec2", "google", "virtual", "vmware", "xen", "openstack", "firecracker"} {
		// Bare machines of clouds have these vendors, too: there the flag decides.
		if strings.Contains(known, word) && (flagged || runtime.GOARCH != "amd64") {
			return strings.TrimSpace(vendor + " " + product)
		}
	}
	if !flagged {
		return ""
	}
	// Some have no DMI, but a clock of their own.
	clocks := read("/sys/devices/system/clocksource/clocksource0/available_clocksource")
	for _, kind := range [][2]string{{"kvm", "KVM"}, {"hyperv", "Hyper-V"}, {"xen", "Xen"}} {
		if strings.Contains(clocks, kind[0]) {
			return kind[1]
		}
	}
	return "a hypervisor that does not say its name"
}

// chosen is the word in brackets of a file such as "always [madvise] never".
func chosen(text string) string {
	_, after, _ := strings.Cut(text, "[")
	word, _, _ := strings.Cut(after, "]")
	return word
}

func cgroupVersion(mounts string) string {
	v1, v2 := strings.Contains(mounts, " - cgroup "), strings.Contains(mounts, " - cgroup2 ")
	switch {
	case v1 && v2:
		return "hybrid"
	case v1:
		return "v1"
	case v2:
		return "v2"
	}
	return ""
}

// loaded is the load for each CPU from which on others take part in what is
// measured.
const loaded = 0.5

func (m Machine) warnings() (list []string) {
	if m.Load > loaded*float64(m.CPUs) {
		list = append(list, fmt.Sprintf("the load was %.2f on %d CPUs before the run: other programs may take part in the figures", m.Load, m.CPUs))
	}
	switch m.Governor {
	case "", "performance":
	default:
		list = append(list, fmt.Sprintf("the CPU's governor is %s, so the clock follows the load: `cpupower frequency-set -g performance` holds it", m.Governor))
	}
	return list
}

// Lines are the machine in pairs of a name and a value, for people.
func (m Machine) Lines() [][2]string {
	or := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	user := "root"
	if !m.Root {
		user = "an ordinary user"
	}
	return [][2]string{
		{"kernel", "Linux " + m.Kernel + ", " + m.Arch},
		{"cpu", fmt.Sprintf("%s, %d to use", or(m.CPU, "not named"), m.CPUs)},
		{"virtual", or(m.Virtual, "no")},
		{"governor", or(m.Governor, "none to be seen")},
		{"load", fmt.Sprintf("%.2f before the run", m.Load)},
		{"huge pages", or(m.HugePages, "none")},
		{"cgroups", or(m.Cgroups, "none")},
		{"user", user},
		{"built", strings.TrimSpace(m.Version + " " + m.Go)},
	}
}
