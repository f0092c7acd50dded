//go:build weaken

package forkexec

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// weaken lists the protections that BAILIFF_WEAKEN takes away, separated by
// commas: a step of the script ("capabilities", "rlimit nofile"), a namespace
// ("namespace net"), or the filter ("seccomp").
func weaken(what string) bool {
	return slices.Contains(strings.Split(os.Getenv("BAILIFF_WEAKEN"), ","), what)
}

func weakenConfig(c *Config) {
	for _, ns := range []struct {
		bit  Namespace
		name string
	}{{PID, "pid"}, {Network, "net"}, {IPC, "ipc"}, {UTS, "uts"}, {Cgroup, "cgroup"}} {
		if weaken("namespace " + ns.name) {
			c.Namespaces &^= ns.bit
		}
	}
	if weaken("namespace uts") {
		c.Hostname, c.Domainname = "", ""
	}
	if c.Seccomp != nil && weaken("seccomp") {
		c.Seccomp = []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}}
	}
	if c.Credential != nil && weaken("credentials") {
		c.Credential = nil
	}
}

// weakenCalls takes rows away from the script of that name, or has one fail.
func weakenCalls(name string, calls []script.Call) []script.Call {
	fail(name, calls)
	return slices.DeleteFunc(calls, func(call script.Call) bool {
		name := string(call.Step)
		if call.Nr == unix.SYS_MOUNT_SETATTR && weaken("readonly") {
			return true
		}
		return weaken(name) || weaken(name+" "+call.Name)
	})
}

// fail marks the row that BAILIFF_FAULT names: a script (what is started, "deputy",
// "renewal"), a row as errors name it, which of the rows with that name, from 0, and
// what its sixth argument is to be, separated by "|". A filter on the caller can then
// have that row fail, with whatever errno.
func fail(name string, calls []script.Call) {
	words := strings.Split(os.Getenv("BAILIFF_FAULT"), "|")
	if len(words) != 4 || words[0] != name {
		return
	}
	which, _ := strconv.Atoi(words[2])
	mark, _ := strconv.ParseUint(words[3], 0, 64)
	for i := range calls {
		if calls[i].Where() != words[1] {
			continue
		}
		if which--; which >= 0 {
			continue
		}
		args := append(slices.Clone(calls[i].Args), make([]script.Arg, 6)...)[:6]
		args[5] = script.Int(mark)
		calls[i].Args = args
		return
	}
}
