package doctor

import (
	"errors"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/runner"
)

func isolationChecks() []Check {
	const class, everyone = "isolation", Root | User
	checks := []Check{
		{class, "root", Root | Contest, func(m *Machine) Finding {
			if m.uid != 0 {
				return missing("user id %d", m.uid)
			}
			return ok("yes")
		}, "as root, programs have an id of their own, limits by cgroups, and clean slots that are used again", "run as root; or check --for user"},
		{class, "user namespaces", User, userNamespace,
			"an ordinary user can make no sandbox without; as root programs lose a wall: rights that they might gain would be rights outside",
			userNamespaceMend},
	}
	for _, ns := range []struct{ name, file, why string }{
		{"mount namespaces", "mnt", "a program sees only what it is shown of the file system"},
		{"pid namespaces", "pid", "a program sees and signals only its own processes, and all of them end with it"},
		{"network namespaces", "net", "a program reaches no network"},
		{"ipc namespaces", "ipc", "shared memory and queues end with the run"},
		{"uts namespaces", "uts", "a program does not know the machine's name"},
	} {
		checks = append(checks, Check{class, ns.name, everyone, namespaceFile(ns.file), ns.why, "a kernel built with CONFIG_NAMESPACES and what follows it"})
	}
	return append(checks,
		Check{class, "cgroup namespaces", 0, namespaceFile("cgroup"), "a program does not see where in the machine's cgroups it is", "a kernel built with CONFIG_CGROUPS"},
		Check{class, "tmpfs", everyone, fileSystem("tmpfs"), "writable places of bounded size that end with the run", "a kernel built with CONFIG_TMPFS"},
		Check{class, "subordinate ids", 0, subordinate, "with --sub-ids an ordinary user's programs have an id of their own, to which the user's files are a stranger's", "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER; apt install uidmap"},
	)
}

func namespaceFile(name string) func(*Machine) Finding {
	return func(m *Machine) Finding {
		if _, err := os.Lstat(path.Join(m.root, "proc/self/ns", name)); err != nil {
			return missing("%v", err)
		}
		return ok("there")
	}
}

// userNamespace makes one.
func userNamespace(m *Machine) Finding {
	runner, err := forkexec.Prepare(forkexec.Config{
		Path: "/proc/self/exe", Namespaces: forkexec.User, Dir: "/nonexistent",
		UIDMap: []forkexec.IDMap{{Outside: uint32(unix.Geteuid()), Count: 1}},
		GIDMap: []forkexec.IDMap{{Outside: uint32(unix.Getegid()), Count: 1}},
	})
	if err != nil {
		return missing("%v", err)
	}
	// It gets as far as the directory that isn't there, and runs nothing.
	if _, err = runner.Start(forkexec.Inputs{}); err == nil || isStep(err, "chdir") {
		return ok("can be made")
	}
	for _, reason := range []struct{ file, bad, text string }{
		{"proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0"},
		{"proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0"},
		{"proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns is 1"},
	} {
		if v, readErr := m.line(reason.file); readErr == nil && v == reason.bad {
			return missing("%s", reason.text)
		}
	}
	return missing("%v", err)
}

const userNamespaceMend = "sysctl user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist); " +
	"in Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined, or --privileged"

func isStep(err error, step string) bool {
	failed, is := errors.AsType[*forkexec.Error](err)
	return is && failed.Step == step
}

func fileSystem(name string) func(*Machine) Finding {
	return func(m *Machine) Finding {
		for _, line := range m.lines("proc/filesystems") {
			if slices.Contains(strings.Fields(line), name) {
				return ok("there")
			}
		}
		return missing("not in /proc/filesystems")
	}
}

// subordinate gives a program one, or what would.
func subordinate(m *Machine) Finding {
	if m.uid == 0 {
		return ok("not needed as root")
	}
	sandbox, err := runner.New(runner.Options{SubIDs: true})
	if err != nil {
		return degraded("%v", err)
	}
	if err := sandbox.Close(); err != nil {
		return degraded("%v", err)
	}
	return ok("can be used: runprog run --sub-ids")
}
