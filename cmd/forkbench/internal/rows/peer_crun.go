package rows

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func crun() peer {
	id := fmt.Sprintf("forkbench-%d", os.Getpid())
	return peer{name: "crun", command: "crun", get: "apt-get install crun",
		about:   "crun run of an OCI bundle: new namespaces and mounts, /usr, /proc, /dev, a /tmp of limited size, a cgroup with limits on memory and processes, a filter",
		differs: "the program is pid 1; as root no user namespace; the filter is compiled anew for each run; nothing is measured",
		commands: func(e *Env) ([]command, error) {
			bundle, err := e.subdir("crun-*")
			if err != nil {
				return nil, err
			}
			text, err := json.Marshal(e.ociConfig())
			if err != nil {
				return nil, err
			}
			if err := errors.Join(os.Mkdir(filepath.Join(bundle, "rootfs"), 0o755),
				os.WriteFile(filepath.Join(bundle, "config.json"), text, 0o644)); err != nil {
				return nil, err
			}
			return []command{{args: []string{"--root", filepath.Join(bundle, "state"), "--cgroup-manager", "cgroupfs",
				"run", "--bundle", bundle, id}}}, nil
		},
		// crun leaves the cgroup of a container whose limits it could not set.
		tidy: func(string) (err error) {
			for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
				left, _ := filepath.Glob(pattern + id) // the pattern is well-formed
				for _, dir := range left {
					err = errors.Join(err, os.Remove(dir))
				}
			}
			return err
		}}
}

// object is one of a JSON text.
type object map[string]any

// ociConfig is the runtime configuration of the Open Container Initiative.
func (e *Env) ociConfig() object {
	mounts := []object{
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "mode=755", "size=65536k"}},
		{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "nodev", "mode=1777", fmt.Sprintf("size=%d", peerScratch)}},
	}
	bind := func(from, to string) {
		mounts = append(mounts, object{"destination": to, "type": "bind", "source": from, "options": []string{"rbind", "ro", "nosuid", "nodev"}})
	}
	for _, dir := range []string{"/usr", "/bin", "/lib", "/lib64"} {
		if _, err := os.Stat(dir); err == nil {
			bind(dir, dir)
		}
	}
	bind(e.tiny, tinyInside)
	namespaces := []object{{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}}
	linux := object{
		"resources": object{"memory": object{"limit": peerMemory}, "pids": object{"limit": peerProcesses}},
		"seccomp": object{"defaultAction": "SCMP_ACT_ERRNO",
			"syscalls": []object{{"names": allowed(), "action": "SCMP_ACT_ALLOW"}}},
	}
	if !e.root {
		namespaces = append(namespaces, object{"type": "user"})
		linux["uidMappings"] = []object{{"containerID": 0, "hostID": os.Geteuid(), "size": 1}}
		linux["gidMappings"] = []object{{"containerID": 0, "hostID": os.Getegid(), "size": 1}}
	}
	linux["namespaces"] = namespaces
	return object{
		"ociVersion": "1.0.0",
		"process": object{"user": object{"uid": 0, "gid": 0}, "args": []string{tinyInside}, "cwd": "/", "noNewPrivileges": true,
			"env": []string{}, "capabilities": object{}},
		"root":   object{"path": "rootfs"},
		"mounts": mounts,
		"linux":  linux,
	}
}
