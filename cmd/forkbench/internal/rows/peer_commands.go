package rows

import (
	"fmt"
	"os"
	"strconv"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// The limits that peers are given, where they have such.
const (
	peerMemory    = 256 << 20
	peerProcesses = 16
	peerScratch   = 64 << 20
	peerSeconds   = 10
	peerID        = 60000 // whom programs are run as, where that can be said
)

func bubblewrap() peer {
	return peer{name: "bubblewrap", command: "bwrap", get: "apt-get install bubblewrap",
		about:   "bwrap: new namespaces and mounts, /usr, /proc, /dev, a /tmp of limited size, the default policy's filter, a reaper as pid 1",
		differs: "no cgroup, so no limit on memory, processes or CPU time and nothing measured; every run is from nothing",
		commands: func(e *Env) ([]command, error) {
			filter, err := e.filterFile()
			if err != nil {
				return nil, err
			}
			args := []string{"--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr"}
			for _, dir := range []string{"/bin", "/lib", "/lib64", "/sbin"} {
				if to, err := os.Readlink(dir); err == nil {
					args = append(args, "--symlink", to, dir)
				} else {
					args = append(args, "--ro-bind-try", dir, dir)
				}
			}
			args = append(args, "--proc", "/proc", "--dev", "/dev", "--size", strconv.Itoa(peerScratch), "--tmpfs", "/tmp",
				"--ro-bind", e.tiny, tinyInside, "--seccomp", "3", "--", tinyInside)
			return []command{{args: args, files: []*os.File{filter}}}, nil
		}}
}

func isolate() peer {
	const box = "--box-id=999" // the last one of isolate's default configuration, so nobody's
	return peer{name: "isolate", command: "isolate", get: "apt-get install isolate where the distribution has it, else a package from ucw.cz/isolate",
		about:   "isolate's --init, --run and --cleanup, one after another, of a box",
		differs: "without its control-group mode, so memory is limited for each process alone; no filter; the three commands are what its manual has for a run",
		commands: func(e *Env) ([]command, error) {
			dir := "--dir=forkbench=" + e.dir
			return []command{
				{args: []string{box, "--init"}},
				{args: []string{box, "--silent", dir, fmt.Sprintf("--mem=%d", peerMemory>>10), fmt.Sprintf("--time=%d", peerSeconds),
					"--run", "--", "/forkbench/tiny"}},
				{args: []string{box, "--cleanup"}},
			}, nil
		},
		tidy: func(path string) error { return command{args: []string{box, "--cleanup"}}.try(path) }}
}

func nsjail() peer {
	return peer{name: "nsjail", command: "nsjail", get: "build it from github.com/google/nsjail",
		about:   "nsjail: new namespaces and mounts, /usr, /proc, a /tmp, resource limits",
		differs: "no cgroup and no filter; every run is from nothing",
		commands: func(e *Env) ([]command, error) {
			args := []string{"--mode", "o", "-Q", "--iface_no_lo", "--time_limit", strconv.Itoa(peerSeconds),
				"--bindmount_ro", "/usr:/usr", "--tmpfsmount", "/tmp", "--tmpfs_size", strconv.Itoa(peerScratch), "--bindmount_ro", e.tiny + ":" + tinyInside}
			for _, dir := range []string{"/bin", "/lib", "/lib64"} {
				if _, err := os.Stat(dir); err == nil {
					args = append(args, "--bindmount_ro", dir+":"+dir)
				}
			}
			if e.root {
				id := strconv.Itoa(peerID)
				args = append(args, "--user", id, "--group", id)
			}
			return []command{{args: append(args, "--", tinyInside)}}, nil
		}}
}

func systemdRun() peer {
	return peer{name: "systemd-run", command: "systemd-run", get: "it is part of systemd",
		about: "systemd-run --wait of a transient service: private network, /tmp, devices and IPC, a read-only system, limits on memory and processes, " +
			"no new privileges, and systemd's filter @system-service",
		differs: "no pid namespace; the service is started by systemd, over D-Bus; its counters are systemd's",
		commands: func(e *Env) ([]command, error) {
			if _, err := os.Stat("/run/systemd/system"); err != nil { // sd_booted(3)
				return nil, &bench.Unavailable{Reason: "the machine was not booted with systemd", Mend: "measure it where it was"}
			}
			args := []string{"--quiet", "--wait", "--collect", "--pipe"}
			if !e.root {
				args = append(args, "--user")
			}
			for _, property := range []string{"PrivateNetwork=yes", "PrivateTmp=yes", "PrivateDevices=yes", "PrivateIPC=yes",
				"ProtectSystem=strict", "ProtectHome=yes", "ProtectHostname=yes", "NoNewPrivileges=yes", "SystemCallFilter=@system-service",
				fmt.Sprintf("MemoryMax=%d", peerMemory), fmt.Sprintf("TasksMax=%d", peerProcesses), "BindReadOnlyPaths=" + e.tiny + ":" + tinyInside} {
				args = append(args, "--property="+property)
			}
			return []command{{args: append(args, "--", tinyInside)}}, nil
		}}
}
