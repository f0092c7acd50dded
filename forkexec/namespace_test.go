package forkexec_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/initstub"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// namespaces are all there are, by their names in /proc/self/ns.
var namespaces = map[string]forkexec.Namespace{
	"cgroup": forkexec.Cgroup, "ipc": forkexec.IPC, "mnt": forkexec.Mount, "net": forkexec.Network,
	"pid": forkexec.PID, "time": forkexec.Time, "user": forkexec.User, "uts": forkexec.UTS,
}

func isRoot() bool { return os.Geteuid() == 0 }

func needRoot(t testing.TB, why string) {
	t.Helper()
	if !isRoot() {
		t.Skip("needs root: " + why)
	}
}

// in gives config these new namespaces, in a user namespace of its own where
// the caller could not make them otherwise, or wants one.
func in(config forkexec.Config, ns forkexec.Namespace) forkexec.Config {
	if !isRoot() {
		ns |= forkexec.User
	}
	config.Namespaces = ns
	if ns&forkexec.User != 0 {
		config.UIDMap = []forkexec.IDMap{{Inside: 0, Outside: uint32(os.Geteuid()), Count: 1}}
		config.GIDMap = []forkexec.IDMap{{Inside: 0, Outside: uint32(os.Getegid()), Count: 1}}
	}
	return config
}

// inode is the identity of a namespace, as whoami prints it.
func inode(t testing.TB, pid, name string) string {
	t.Helper()
	var status unix.Stat_t
	require.NoError(t, unix.Stat("/proc/"+pid+"/ns/"+name, &status))
	return fmt.Sprint(status.Ino)
}

func TestNewNamespaces(t *testing.T) {
	sets := map[string]forkexec.Namespace{"none": 0, "all": forkexec.AllNamespaces}
	for name, ns := range namespaces {
		sets[name] = ns
	}
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			leakcheck.Check(t)
			config := forkexec.Config{}
			if set != 0 {
				config = in(config, set)
			}
			got := whoami(t, config, forkexec.Inputs{})
			for name, ns := range namespaces {
				if ns == forkexec.Time && !timeHolds(t) {
					continue
				}
				if config.Namespaces&ns != 0 {
					assert.NotEqual(t, inode(t, "self", name), got["ns_"+name], name)
				} else {
					assert.Equal(t, inode(t, "self", name), got["ns_"+name], name)
				}
			}
			if config.Namespaces&forkexec.PID != 0 {
				assert.Equal(t, "1", got["pid"])
				assert.Equal(t, "0", got["ppid"])
			}
		})
	}
}

// timeHolds says whether a time namespace is the process's own. Before Linux 6.3 it is
// only that of the children of one that shares memory, and nothing but the version tells.
func timeHolds(t *testing.T) bool {
	t.Helper()
	var name unix.Utsname
	require.NoError(t, unix.Uname(&name))
	var major, minor int
	_, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	require.NoError(t, err)
	return major > 6 || major == 6 && minor >= 3
}

func TestNamesAndLoopback(t *testing.T) {
	leakcheck.Check(t)
	got := whoami(t, in(forkexec.Config{Hostname: "judge", Domainname: "example.org", Loopback: true},
		forkexec.UTS|forkexec.Network), forkexec.Inputs{})
	assert.Equal(t, "judge", got["hostname"])
	assert.Equal(t, "example.org", got["domainname"])
	assert.Equal(t, "up", got["loopback"])

	got = whoami(t, in(forkexec.Config{}, forkexec.Network), forkexec.Inputs{})
	assert.Equal(t, "down", got["loopback"], "not asked for")
}

// holder starts a pid 1 with these namespaces, which lives until the test ends.
func holder(t testing.TB, ns forkexec.Namespace) *forkexec.Process {
	t.Helper()
	program, err := initstub.Open()
	require.NoError(t, err)
	defer program.Close()
	runner, err := forkexec.Prepare(in(forkexec.Config{
		Path: initstub.Name, ExecFile: true, Files: 1, BlockSignals: true, KeepCapabilities: true, Hostname: "held",
	}, ns|forkexec.PID|forkexec.UTS))
	require.NoError(t, err)
	lifeline, write, err := os.Pipe()
	require.NoError(t, err)
	defer lifeline.Close()
	process, err := runner.Start(forkexec.Inputs{Exec: program, Files: []*os.File{lifeline}})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, write.Close())
		state, err := process.Wait()
		assert.NoError(t, err)
		assert.True(t, state.Status.Exited() && state.Status.ExitStatus() == 0, "%v", state.Status)
	})
	return process
}

const joinable = forkexec.AllNamespaces &^ forkexec.Time

func TestJoinByPIDFD(t *testing.T) {
	leakcheck.Check(t)
	for _, set := range []forkexec.Namespace{joinable &^ forkexec.User, joinable} {
		if set&forkexec.User == 0 && !isRoot() {
			continue // an ordinary user's namespaces are all in a user namespace
		}
		t.Run(set.String(), func(t *testing.T) {
			leakcheck.Check(t)
			held := holder(t, set)
			fd, err := held.PIDFD()
			require.NoError(t, err)
			defer fd.Close()
			got := whoami(t, forkexec.Config{Join: []forkexec.Namespace{set}}, forkexec.Inputs{Join: []*os.File{fd}})
			for name, ns := range namespaces {
				if set&ns != 0 {
					assert.Equal(t, inode(t, fmt.Sprint(held.PID), name), got["ns_"+name], name)
				} else {
					assert.Equal(t, inode(t, "self", name), got["ns_"+name], name)
				}
			}
			assert.Equal(t, "held", got["hostname"])
			assert.Equal(t, "2", got["pid"], "beside the holder")
			assert.Equal(t, none, got["cap_effective"])
		})
	}
}

func TestJoinByFiles(t *testing.T) {
	leakcheck.Check(t)
	held := holder(t, joinable)
	var config forkexec.Config
	var inputs forkexec.Inputs
	for _, name := range []string{"user", "ipc", "uts", "net", "mnt", "pid", "cgroup"} {
		file, err := os.Open(fmt.Sprintf("/proc/%d/ns/%s", held.PID, name))
		require.NoError(t, err)
		defer file.Close()
		config.Join = append(config.Join, namespaces[name])
		inputs.Join = append(inputs.Join, file)
	}
	got := whoami(t, config, inputs)
	for _, name := range []string{"user", "ipc", "uts", "net", "mnt", "pid", "cgroup"} {
		assert.Equal(t, inode(t, fmt.Sprint(held.PID), name), got["ns_"+name], name)
	}
}

// What is joined and what is new may be mixed: a warm sandbox gives each run
// a mount namespace of its own.
func TestJoinSomeAndMakeOthers(t *testing.T) {
	leakcheck.Check(t)
	held := holder(t, joinable)
	fd, err := held.PIDFD()
	require.NoError(t, err)
	defer fd.Close()
	const joined = forkexec.User | forkexec.Network | forkexec.PID
	got := whoami(t, forkexec.Config{Join: []forkexec.Namespace{joined}, Namespaces: forkexec.Mount | forkexec.IPC},
		forkexec.Inputs{Join: []*os.File{fd}})
	for _, name := range []string{"user", "net", "pid"} {
		assert.Equal(t, inode(t, fmt.Sprint(held.PID), name), got["ns_"+name], name)
	}
	for _, name := range []string{"mnt", "ipc"} {
		assert.NotEqual(t, inode(t, fmt.Sprint(held.PID), name), got["ns_"+name], name)
		assert.NotEqual(t, inode(t, "self", name), got["ns_"+name], name)
	}
}

func TestUserNamespaceOfOneOwnID(t *testing.T) {
	leakcheck.Check(t)
	for _, inside := range []uint32{0, 1000} {
		config := in(forkexec.Config{}, forkexec.User)
		config.UIDMap[0].Inside, config.GIDMap[0].Inside = inside, inside
		got := whoami(t, config, forkexec.Inputs{})
		for _, name := range []string{"uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid"} {
			assert.Equal(t, fmt.Sprint(inside), got[name], name)
		}
		assert.Equal(t, none, got["cap_effective"])
		assert.Equal(t, none, got["cap_bounding"])
		assert.Equal(t, "1", got["no_new_privs"])
	}
}

func TestUserNamespaceOfSeveralRanges(t *testing.T) {
	needRoot(t, "only root may map ids that are not its own")
	leakcheck.Check(t)
	var uids, gids, groups []byte
	config := forkexec.Config{
		Namespaces: forkexec.User, Setgroups: true, Sync: true,
		UIDMap:     []forkexec.IDMap{{Inside: 0, Outside: 100000, Count: 1}, {Inside: 1000, Outside: 300000, Count: 10}},
		GIDMap:     []forkexec.IDMap{{Inside: 0, Outside: 100000, Count: 5}, {Inside: 50, Outside: 60, Count: 1}},
		Credential: &forkexec.Credential{UID: 1003, GID: 4, Groups: []uint32{1, 50}},
	}
	got := whoami(t, config, forkexec.Inputs{Sync: func(pid int) error {
		uids, _ = os.ReadFile(fmt.Sprintf("/proc/%d/uid_map", pid))
		gids, _ = os.ReadFile(fmt.Sprintf("/proc/%d/gid_map", pid))
		groups, _ = os.ReadFile(fmt.Sprintf("/proc/%d/setgroups", pid))
		return nil
	}})
	assert.Equal(t, "1003", got["uid"])
	assert.Equal(t, "1003", got["fsuid"])
	assert.Equal(t, "4", got["gid"])
	assert.Equal(t, "50,1", got["groups"], "sorted by what they are outside")
	assert.Regexp(t, `^\s+0\s+100000\s+1\n\s+1000\s+300000\s+10\n$`, string(uids))
	assert.Regexp(t, `^\s+0\s+100000\s+5\n\s+50\s+60\s+1\n$`, string(gids))
	assert.Equal(t, "allow\n", string(groups))
}

// Who may not write a map has it written by who may, for ids that are granted: root's
// are nobody's to grant.
func TestUserNamespaceOfOthersIDs(t *testing.T) {
	if isRoot() {
		t.Skip("needs an ordinary user: root may")
	}
	leakcheck.Check(t)
	runner, err := forkexec.Prepare(forkexec.Config{
		Path: "/bin/true", Namespaces: forkexec.User, Setgroups: true,
		UIDMap: []forkexec.IDMap{{Inside: 0, Outside: 0, Count: 1}},
		GIDMap: []forkexec.IDMap{{Inside: 0, Outside: 0, Count: 1}},
	})
	require.NoError(t, err)
	_, err = runner.Start(forkexec.Inputs{})
	assert.ErrorIs(t, err, unix.EPERM)
	assert.ErrorContains(t, err, "forkexec: id_map gid_map \"0 0 1\": operation not permitted")
	assert.ErrorContains(t, err, "newgidmap")
}

// A range without root inside: the process must not need to be root there.
func TestUserNamespaceWithoutRoot(t *testing.T) {
	needRoot(t, "only root may map ids that are not its own")
	leakcheck.Check(t)
	got := whoami(t, forkexec.Config{
		Namespaces: forkexec.AllNamespaces, Hostname: "judge", Setgroups: true,
		UIDMap:     []forkexec.IDMap{{Inside: 7, Outside: 100000, Count: 1}},
		GIDMap:     []forkexec.IDMap{{Inside: 8, Outside: 100000, Count: 1}},
		Credential: &forkexec.Credential{UID: 7, GID: 8},
	}, forkexec.Inputs{})
	assert.Equal(t, "7", got["uid"])
	assert.Equal(t, "8", got["gid"])
	assert.Equal(t, "judge", got["hostname"])
	assert.Empty(t, got["groups"])
}

func TestSysctl(t *testing.T) {
	leakcheck.Check(t)
	unshare := forkexec.Config{
		Path: testprog.Build(t, "syscall"),
		Args: []string{"syscall", fmt.Sprint(unix.SYS_UNSHARE), fmt.Sprint(unix.CLONE_NEWUSER)},
	}
	text, _ := output(t, in(unshare, forkexec.User), forkexec.Inputs{})
	assert.Equal(t, "returned=0\n", text, "without")
	unshare.Sysctls = []forkexec.Sysctl{{Path: "user/max_user_namespaces", Value: "0"}}
	text, _ = output(t, in(unshare, forkexec.User), forkexec.Inputs{})
	assert.Equal(t, "errno=ENOSPC\n", text)
}

func TestNewKeyring(t *testing.T) {
	leakcheck.Check(t)
	const sessionKeyring = -3
	own, err := unix.KeyctlGetKeyringID(sessionKeyring, false)
	if err != nil {
		t.Skipf("no keyrings here: %v", err)
	}
	config := forkexec.Config{
		Path: testprog.Build(t, "syscall"),
		Args: []string{"syscall", fmt.Sprint(unix.SYS_KEYCTL), fmt.Sprint(unix.KEYCTL_GET_KEYRING_ID), fmt.Sprint(sessionKeyring), "0"},
	}
	text, _ := output(t, config, forkexec.Inputs{})
	assert.Equal(t, fmt.Sprintf("returned=%d\n", own), text, "the caller's")
	config.NewKeyring = true
	text, _ = output(t, config, forkexec.Inputs{})
	assert.Contains(t, text, "returned=")
	assert.NotEqual(t, fmt.Sprintf("returned=%d\n", own), text)
}
