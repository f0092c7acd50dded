package doctor

import (
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/landlock"
)

// kernelChecks are about calls. Most have an older form that is used instead.
func kernelChecks() []Check {
	const class, everyone, upgrade = "kernel", Root | User, "a newer kernel"
	feature := func(name string, needed Use, has func(kernel.Features) bool, since, why string) Check {
		return Check{class, name, needed, func(*Machine) Finding {
			switch {
			case has(kernel.Probe()):
				return ok("works")
			case needed != 0:
				return missing("Linux %s has it", since)
			}
			return degraded("Linux %s has it; an older form is used", since)
		}, why, upgrade}
	}
	return []Check{
		{class, "version", 0, version, "what else is here depends on it; each part is tried below", upgrade},
		feature("close_range", everyone, func(f kernel.Features) bool { return f.CloseRange }, "5.9",
			"no descriptor of the judge's reaches a program"),
		feature("setns by pidfd", everyone, func(f kernel.Features) bool { return f.SetnsPIDFD }, "5.8",
			"a program joins its sandbox"),
		feature("clone3", 0, func(f kernel.Features) bool { return f.Clone3 }, "5.5",
			"signals are reset in one call"),
		feature("clone into a cgroup", 0, func(f kernel.Features) bool { return f.CloneIntoCgroup }, "5.7",
			"a program is in its cgroup from its first instruction"),
		feature("mount_setattr", 0, func(f kernel.Features) bool { return f.MountSetattr }, "5.12",
			"directories are made read-only with everything mounted below them, in one call"),
		{class, "seccomp", everyone, seccompFilter, "forbidden system calls are stopped by the kernel", "a kernel built with CONFIG_SECCOMP_FILTER"},
		{class, "user notification", everyone, userNotification, "a forbidden call is named in the result; mode notify",
			"Linux 5.5 or newer for naming, 5.14 for mode notify; a container's own filter may have the one listener there can be"},
		{class, "landlock", 0, landlockABI, "a second wall behind rules about files", "boot with lsm=landlock,… and a kernel with CONFIG_SECURITY_LANDLOCK"},
	}
}

func version(*Machine) Finding {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return missing("uname: %v", err)
	}
	return ok("%s", unix.ByteSliceToString(name.Release[:]))
}

func seccompFilter(*Machine) Finding {
	// Without a filter to load the kernel says EFAULT; one that has no
	// seccomp says something else.
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, 0)
	if errno != unix.EFAULT {
		return missing("seccomp: %v", errno)
	}
	return ok("works")
}

func userNotification(*Machine) Finding {
	n := kernel.ProbeNotify()
	switch {
	case n.Err != nil:
		return missing("%v", n.Err)
	case !n.Continue, !n.SendFD:
		return degraded("names forbidden calls, but is too old for mode notify")
	case !n.Killable:
		return degraded("works; signals may interrupt a call that is answered (Linux 5.19)")
	case !n.SyncWakeUp:
		return degraded("works; each question wakes another processor (Linux 6.6)")
	}
	return ok("works")
}

func landlockABI(*Machine) Finding {
	abi, err := landlock.ABI()
	if err != nil {
		return missing("%v", err)
	}
	return ok("ABI %d", abi)
}
