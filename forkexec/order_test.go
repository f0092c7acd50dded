package forkexec_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/rlimit"
)

// steps are those of a script in order, each named once where it begins.
func steps(t testing.TB, config forkexec.Config) (list []string) {
	t.Helper()
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	for line := range strings.Lines(runner.Explain()) {
		step := strings.FieldsFunc(line, func(r rune) bool { return r == '[' || r == ' ' })[0]
		if len(list) == 0 || list[len(list)-1] != step {
			list = append(list, step)
		}
	}
	return list
}

// The order is what makes the set-up safe; compile says why.
func TestOrderOfTheSteps(t *testing.T) {
	umask := 0
	config := forkexec.Config{
		Path: "/bin/true", Dir: "/", Umask: &umask, Files: 2, Cgroups: 1, Hostname: "h", Domainname: "d", Loopback: true,
		Namespaces: forkexec.AllNamespaces &^ forkexec.IPC, Join: []forkexec.Namespace{forkexec.IPC},
		UIDMap: []forkexec.IDMap{{Inside: 0, Outside: uint32(os.Geteuid()), Count: 1}},
		GIDMap: []forkexec.IDMap{{Inside: 0, Outside: uint32(os.Getegid()), Count: 1}},
		Mounts: new(mount.Tree), Sysctls: []forkexec.Sysctl{{Path: "user/max_user_namespaces", Value: "0"}},
		CPUs: []int{0}, FixedAddresses: true, ZeroClocks: true, Rlimits: rlimit.Set{rlimit.Core: rlimit.Exactly(0)}, Credential: &forkexec.Credential{},
		Seccomp: notifyOn(unix.SYS_ACCT), Listener: true, NewKeyring: true, NewSession: true,
		Ignore: []unix.Signal{unix.SIGPIPE}, ParentDeath: unix.SIGKILL, Sync: true,
	}
	assert.Equal(t, strings.Fields(`
		parent_death join clone
		parent_death id_map keyring cgroup unshare clock_offsets affinity hostname domainname loopback sysctl mount
		fd close_range setsid chdir umask rlimit
		capability_bounding securebits setgroups setgid setuid capability_ambient capabilities no_new_privs
		parent_death signal sigmask personality sync clock seccomp exec
		listener exit`), steps(t, config))
}

// What is not asked for is not done.
func TestStepsOfAPlainStart(t *testing.T) {
	got := steps(t, forkexec.Config{Path: "/bin/true", KeepCapabilities: true})
	for _, step := range []string{"join", "id_map", "keyring", "cgroup", "affinity", "unshare", "clock_offsets", "personality", "tsc", "hostname", "mount", "fd", "setsid", "chdir", "rlimit",
		"capabilities", "no_new_privs", "setuid", "sync", "seccomp", "listener"} {
		assert.NotContains(t, got, step)
	}
}

func TestScriptIsTheSameEveryTime(t *testing.T) {
	config := isolated(t, "tiny", 0)
	first, err := forkexec.Prepare(config)
	require.NoError(t, err)
	second, err := forkexec.Prepare(config)
	require.NoError(t, err)
	assert.Equal(t, first.Explain(), second.Explain())
}
