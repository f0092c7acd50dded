package doctor

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// seen is how doctor reports a row. Where it says what is wanted, parts of the
// detail and of the mend are enough.
type seen struct{ State, Detail, Mend string }

// A change is a machine on which some rows are otherwise than on another one. It
// is a process's own: its mounts, its filters of system calls, its ids.
type change struct {
	name string
	make func() error // by a thread that is then the whole process
	want map[string]seen
	// meanwhile goes on beside the examination, if it is not nil.
	meanwhile func()
}

// changes are made here, whatever machine this is. A row that is not read but
// tried must be told otherwise by the kernel, or by who answers in its place.
func changes() []change {
	const cpu = "/sys/devices/system/cpu"
	const setCPUID = 0x1012 // ARCH_SET_CPUID, arch_prctl(2)
	old := seen{"degraded", "an older form is used", "a newer kernel"}
	none := seen{"missing", "no such file", "CONFIG_NAMESPACES"}
	counted := func(state string) seen { return seen{state, "no cgroups", "mount the controller"} }
	return []change{
		{"as it is", func() error { return nil }, map[string]seen{"root": {"ok", "yes", ""}}, nil},
		{"a kernel of before", answer(unix.ENOSYS, "clone3", "mount_setattr", "landlock_create_ruleset", "process_vm_readv"), map[string]seen{
			"clone3":              old,
			"clone into a cgroup": old,
			"mount_setattr":       old,
			"landlock":            {"missing", "function not implemented", "boot with lsm=landlock"},
			"process memory":      {"degraded", "/proc/PID/mem is read instead", "CONFIG_CROSS_MEMORY_ATTACH"},
			"mode ns":             {"ok", "works", ""},
		}, nil},
		{"a kernel of long before", answer(unix.ENOSYS, "clone3", "close_range", "pidfd_open", "seccomp", "uname"), map[string]seen{
			"version":           {"missing", "uname: function not implemented", "a newer kernel"},
			"close_range":       {"missing", "Linux 5.9 has it", "a newer kernel"},
			"setns by pidfd":    {"missing", "Linux 5.8 has it", "a newer kernel"},
			"seccomp":           {"missing", "function not implemented", "CONFIG_SECCOMP_FILTER"},
			"user notification": {"missing", "function not implemented", "Linux 5.5 or newer"},
			"mode ns":           {"missing", "", "see what is missing above"},
		}, nil},
		{"notifications of Linux 5.5", answerWhen(unix.EINVAL, seccomp.Equal(1, unix.SECCOMP_IOCTL_NOTIF_ADDFD), "ioctl"), map[string]seen{
			"user notification": {"degraded", "too old for mode notify", "5.14 for mode notify"},
			"mode notify":       {"missing", "", "Linux 5.14"},
		}, nil},
		{"notifications of Linux 5.14", answerWhen(unix.EINVAL, seccomp.AnyBit(1, unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), "seccomp"), map[string]seen{
			"user notification": {"degraded", "signals may interrupt", "Linux 5.5 or newer"},
			"mode notify":       {"ok", "works", ""},
		}, nil},
		{"notifications of Linux 5.19", answerWhen(unix.EINVAL, seccomp.Equal(1, unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS), "ioctl"), map[string]seen{
			"user notification": {"degraded", "wakes another processor", "Linux 5.5 or newer"},
		}, nil},
		{"in a sandbox", listened, map[string]seen{
			"user notification": {"missing", "device or resource busy", "a container's own filter"},
		}, nil},
		{"no cgroups", all(mounts, unmount("/sys/fs/cgroup")), map[string]seen{
			"cgroups":          {"missing", "", "mount the controller"},
			"memory limit":     counted("missing"),
			"memory peak":      counted("missing"),
			"kills for memory": counted("degraded"),
			"process limit":    counted("missing"),
			"process peak":     counted("degraded"),
			"CPU time":         counted("missing"),
			"kill":             counted("degraded"),
			"freeze":           counted("degraded"),
		}, nil},
		{"no namespaces", all(mounts, hide("/proc/self/ns")), map[string]seen{
			"mount namespaces":   none,
			"pid namespaces":     none,
			"network namespaces": none,
			"ipc namespaces":     none,
			"uts namespaces":     none,
			"cgroup namespaces":  {"missing", "no such file", "CONFIG_CGROUPS"},
		}, nil},
		{"an ordinary user", all(mounts, show("/proc/sys/user/max_user_namespaces", "0"), answerWhen(unix.ENOSPC, seccomp.AnyBit(0, unix.CLONE_NEWUSER), "clone", "unshare"), answer(unix.ENOSYS, "clone3"), become(1000)), map[string]seen{
			"root":            {"missing", "user id 1000", "run as root"},
			"subordinate ids": {"degraded", "runner: subordinate ids: ", "usermod --add-subuids"},
			"user namespaces": {"missing", "user.max_user_namespaces is 0", "sysctl user.max_user_namespaces=15000"},
			"mode ns":         {"missing", "", "see what is missing above"},
			"mode pool":       {"missing", "", "cgroups, as root"},
			"clocks from 0":   {"missing", "", "CAP_SYS_TIME"},
		}, nil},
		{"an ordinary user with subordinate ids", all(mounts, hide("/etc"), show("/etc/passwd", "judge:x:1000:1000::/:/bin/sh"), show("/etc/subuid", "judge:200000:10"), show("/etc/subgid", "judge:300000:10"), become(1000)), map[string]seen{
			"user namespaces": {"ok", "can be made", ""},
			"subordinate ids": withHelpers(seen{"ok", "can be used", ""}, seen{"degraded", "is not installed", "apt install uidmap"}),
			"mode ns":         {"ok", "works", ""},
		}, nil},
		{"nobody traces", all(mounts, answer(unix.EPERM, "ptrace"), hide("/proc/sys/kernel"), show("/proc/sys/kernel/yama/ptrace_scope", "3")), map[string]seen{
			"ptrace":       {"missing", "operation not permitted", "sysctl kernel.yama.ptrace_scope=1"},
			"ptrace scope": {"missing", "3: nobody may trace", "sysctl kernel.yama.ptrace_scope=1"},
			"mode ptrace":  {"missing", "operation not permitted", "see ptrace above"},
		}, nil},
		{"nothing to repeat by", all(answer(unix.EPERM, "personality", "perf_event_open"), answerWhen(unix.EPERM, seccomp.Equal(0, setCPUID), "arch_prctl"), answerWhen(unix.EINVAL, seccomp.Equal(0, unix.PR_GET_TSC), "prctl")), map[string]seen{
			"fixed addresses":     {"missing", "operation not permitted", "seccomp=unconfined"},
			"instruction counter": {"missing", "operation not permitted", "sysctl kernel.perf_event_paranoid=2"},
			"TSC refusal":         {"missing", "", "a kernel that knows PR_SET_TSC"},
		}, nil},
		{"all to repeat by", all(answer(0, "perf_event_open"), answerWhen(0, seccomp.Equal(0, setCPUID), "arch_prctl")), map[string]seen{
			"instruction counter": {"ok", "perf_event_open", ""},
			"CPUID faulting":      onAMD64(seen{"degraded", "exec takes it back", "no run uses it"}, seen{"missing", "only amd64", "no run uses it"}),
		}, nil},
		{"a processor that gives itself away", answerWhen(unix.ENODEV, seccomp.Equal(0, setCPUID), "arch_prctl"), map[string]seen{
			"CPUID faulting": {"missing", "", "no run uses it"},
		}, nil},
		{"a thousand ticks", ticks("a thousand ticks", time.Millisecond), map[string]seen{"tick": {"ok", "1ms", ""}}, nil},
		{"a hundred ticks", ticks("a hundred ticks", 10*time.Millisecond), map[string]seen{"tick": {"degraded", "10ms", "CONFIG_HZ=1000"}}, nil},
		{"a noisy machine", all(mounts, hide(cpu), hide("/sys/kernel/mm"), hide("/proc/sys/kernel"), slack(4e6),
			show(cpu+"/cpu0/cpufreq/scaling_governor", "powersave"),
			show(cpu+"/intel_pstate/no_turbo", "0"),
			show(cpu+"/smt/active", "1"),
			show(cpu+"/isolated", ""),
			show("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never"),
			show("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2"),
			show("/proc/sys/kernel/randomize_va_space", "2"),
			show("/proc/sys/kernel/numa_balancing", "1"),
			show("/proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P"),
			show("/proc/loadavg", "1.52 0.9 0.1 1/100 7"),
			show("/proc/cpuinfo", "processor : 0\nflags : fpu hypervisor sse"),
			show("/proc/filesystems", "\text4"),
			show("/proc/stat", "cpu  00000000 0 0 0 0 0 0 00000000 0 0"),
			show("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet"),
		), map[string]seen{
			"timer slack":            {"degraded", "4ms", "PR_SET_TIMERSLACK"},
			"frequency governor":     {"degraded", "powersave", "cpupower frequency-set -g performance"},
			"turbo":                  {"degraded", "on", "echo 1 >/sys/devices/system/cpu/intel_pstate/no_turbo"},
			"hyper-threads":          {"degraded", "on", "echo off >/sys/devices/system/cpu/smt/control"},
			"isolated processors":    {"degraded", "none", "isolcpus="},
			"transparent huge pages": {"degraded", "always", "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"},
			"swap":                   {"degraded", "1 areas", "swapoff -a"},
			"address randomization":  {"degraded", "on (2)", "runprog run --no-aslr"},
			"NUMA balancing":         {"degraded", "on", "sysctl kernel.numa_balancing=0"},
			"core dumps":             {"degraded", "handler |/usr/lib/systemd", "sysctl kernel.core_pattern=core"},
			"load":                   {"degraded", "1.52", "stop what else runs"},
			"virtual machine":        {"degraded", "yes", "judge on hardware"},
			"tmpfs":                  {"missing", "not in /proc/filesystems", "CONFIG_TMPFS"},
			"clock source":           {"degraded", "hpet", "boot with clocksource=tsc"},
			"stolen time":            {"degraded", "50.0 % in a second", "judge on a machine of one's own"},
		}, stealing},
		{"a quiet machine", all(mounts, hide(cpu), hide("/sys/kernel/mm"), hide("/proc/sys/kernel"), slack(5e4),
			show(cpu+"/cpu0/cpufreq/scaling_governor", "performance"),
			show(cpu+"/intel_pstate/no_turbo", "1"),
			show(cpu+"/smt/active", "0"),
			show(cpu+"/isolated", "2-3"),
			show("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never"),
			show("/proc/swaps", "Filename Type Size Used Priority"),
			show("/proc/sys/kernel/randomize_va_space", "0"),
			show("/proc/sys/kernel/numa_balancing", "0"),
			show("/proc/sys/kernel/core_pattern", "core"),
			show("/proc/loadavg", "0.02 0.9 0.1 1/100 7"),
			show("/proc/cpuinfo", "processor : 0\nflags : fpu sse"),
			show("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc"),
		), map[string]seen{
			"timer slack":            {"ok", "50µs", ""},
			"frequency governor":     {"ok", "performance", ""},
			"turbo":                  {"ok", "off", ""},
			"hyper-threads":          {"ok", "off", ""},
			"isolated processors":    {"ok", "2-3", ""},
			"transparent huge pages": {"ok", "madvise", ""},
			"swap":                   {"ok", "none", ""},
			"address randomization":  {"ok", "off", ""},
			"NUMA balancing":         {"ok", "off", ""},
			"core dumps":             {"ok", `"core"`, ""},
			"load":                   {"ok", "0.02", ""},
			"virtual machine":        {"ok", "no", ""},
			"clock source":           {"ok", "tsc", ""},
		}, nil},
	}
}

// withHelpers is what is seen where ids can be mapped for an ordinary user.
func withHelpers(there, elsewhere seen) seen {
	if _, err := exec.LookPath("newuidmap"); err == nil {
		return there
	}
	return elsewhere
}

// onAMD64 is what is seen there, and elsewhere.
func onAMD64(there, elsewhere seen) seen {
	if runtime.GOARCH == "amd64" {
		return there
	}
	return elsewhere
}

// TestChangedMachine has the real doctor look at machines that are changed.
// Each row is so seen in two states at least.
func TestChangedMachine(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root mounts over /proc and /sys")
	}
	if !kernel.ProbeNotify().SyncWakeUp {
		t.Skip("an older kernel is a changed machine already: what it lacks is in no other state there")
	}
	leakcheck.Check(t)
	states := map[string]map[string]bool{}
	for _, c := range Checks() {
		states[c.Name] = map[string]bool{}
	}
	found := examineAll(t, changes())
	for i, c := range changes() {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, found[i].err)
			got := map[string]seen{}
			for _, l := range found[i].lines {
				got[l.Name] = seen{l.State, l.Detail, l.Mend}
				states[l.Name][l.State] = true
			}
			for row, want := range c.want {
				assert.Equal(t, want.State, got[row].State, "%s: %s", row, got[row].Detail)
				assert.Contains(t, got[row].Detail, want.Detail, row)
				assert.Contains(t, got[row].Mend, want.Mend, row)
			}
		})
	}
	for row, in := range states {
		if runtime.GOARCH != "amd64" && (row == "CPUID faulting" || row == "TSC refusal") {
			continue // other processors have neither
		}
		assert.Greater(t, len(in), 1, "%s was seen in no other state than %v", row, in)
	}
}
