package forkexec_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/rlimit"
)

const none = "0000000000000000"

func capabilitySets(got map[string]string) map[string]string {
	sets := map[string]string{}
	for _, name := range []string{"inheritable", "permitted", "effective", "bounding", "ambient"} {
		sets[name] = got["cap_"+name]
	}
	return sets
}

var noCapabilities = map[string]string{"inheritable": none, "permitted": none, "effective": none, "bounding": none, "ambient": none}

func TestCredential(t *testing.T) {
	needRoot(t, "only root may become somebody else")
	for _, who := range []forkexec.Credential{
		{UID: 65534, GID: 65533},
		{UID: 1234, GID: 5678, Groups: []uint32{9, 8, 4000000000}},
		{UID: 0, GID: 0},
	} {
		t.Run(fmt.Sprint(who.UID), func(t *testing.T) {
			leakcheck.Check(t)
			got := whoami(t, forkexec.Config{Credential: &who}, forkexec.Inputs{})
			for _, name := range []string{"uid", "euid", "suid", "fsuid"} {
				assert.Equal(t, fmt.Sprint(who.UID), got[name], name)
			}
			for _, name := range []string{"gid", "egid", "sgid", "fsgid"} {
				assert.Equal(t, fmt.Sprint(who.GID), got[name], name)
			}
			want := ""
			for i, gid := range []uint32{8, 9, 4000000000}[:len(who.Groups)] { // the kernel sorts
				if i > 0 {
					want += ","
				}
				want += fmt.Sprint(gid)
			}
			assert.Equal(t, want, got["groups"])
			assert.Equal(t, noCapabilities, capabilitySets(got))
			assert.Equal(t, "0xef", got["securebits"], "all set and locked but keep_caps, which is off and locked")
			assert.Equal(t, "1", got["no_new_privs"])
			assert.Equal(t, "0", got["secure_exec"])
		})
	}
}

func TestCapabilitiesAreGoneWithoutCredential(t *testing.T) {
	leakcheck.Check(t)
	got := whoami(t, in(forkexec.Config{}, forkexec.User), forkexec.Inputs{})
	assert.Equal(t, noCapabilities, capabilitySets(got))
	assert.Equal(t, "0xef", got["securebits"])
	assert.Equal(t, "1", got["no_new_privs"])
}

func TestKeepCapabilities(t *testing.T) {
	leakcheck.Check(t)
	got := whoami(t, in(forkexec.Config{KeepCapabilities: true}, forkexec.User), forkexec.Inputs{})
	assert.NotEqual(t, none, got["cap_effective"])
	assert.NotEqual(t, none, got["cap_bounding"])
	assert.Equal(t, "0", got["securebits"])
}

func TestOrdinaryUserCantBecomeAnother(t *testing.T) {
	if isRoot() {
		t.Skip("needs an ordinary user: root may")
	}
	_, err := forkexec.Prepare(forkexec.Config{Path: "/bin/true", Credential: &forkexec.Credential{UID: 1}})
	assert.ErrorIs(t, err, unix.EPERM)
	assert.ErrorContains(t, err, "add User to Namespaces")
}

// A child that changes its ids in our memory makes us, too, a process that
// can't be dumped or looked into.
func TestCallerStaysDumpable(t *testing.T) {
	needRoot(t, "an ordinary user's starts change no ids")
	leakcheck.Check(t)
	dumpable := func() int {
		value, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		require.NoError(t, err)
		return value
	}
	require.Equal(t, 1, dumpable())
	for range 20 {
		whoami(t, forkexec.Config{Credential: &forkexec.Credential{UID: 1000, GID: 1000}}, forkexec.Inputs{})
		require.Equal(t, 1, dumpable())
	}
	runner, err := forkexec.Prepare(forkexec.Config{Path: "/nonexistent", Credential: &forkexec.Credential{UID: 1000, GID: 1000}})
	require.NoError(t, err)
	_, err = runner.Start(forkexec.Inputs{})
	require.Error(t, err)
	assert.Equal(t, 1, dumpable(), "after a failure")
}

// Limits so low that the set-up itself could not live with them.
func TestRlimitsComeAfterTheSetUp(t *testing.T) {
	leakcheck.Check(t)
	config := in(forkexec.Config{Rlimits: rlimit.Set{
		rlimit.Files: rlimit.Exactly(0), rlimit.Processes: rlimit.Exactly(0), rlimit.FileSize: rlimit.Exactly(0),
	}}, forkexec.AllNamespaces)
	got := whoami(t, config, forkexec.Inputs{})
	assert.Equal(t, "0:0", got["rlimit_nofile"])
	assert.Equal(t, "0:0", got["rlimit_nproc"])
	assert.Equal(t, "0:0", got["rlimit_fsize"])
}

func TestCallersOwnProcessIsUnchanged(t *testing.T) {
	leakcheck.Check(t)
	dir, err := os.Getwd()
	require.NoError(t, err)
	mask := unix.Umask(0o22)
	defer unix.Umask(mask)
	umask := 0o777
	whoami(t, in(forkexec.Config{Dir: "/", Umask: &umask, NewSession: true}, forkexec.AllNamespaces), forkexec.Inputs{})
	after, err := os.Getwd()
	require.NoError(t, err)
	assert.Equal(t, dir, after)
	assert.Equal(t, 0o22, unix.Umask(0o22))
}
