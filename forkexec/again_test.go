package forkexec_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/initstub"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
)

// standing starts a stub in namespaces of its own, with a view, for others to
// join, and returns its pidfd.
func standing(t testing.TB, view *mount.Tree) *os.File {
	t.Helper()
	stub, err := initstub.Open()
	require.NoError(t, err)
	defer stub.Close()
	lifeline, end, err := os.Pipe()
	require.NoError(t, err)
	defer lifeline.Close()
	r, err := forkexec.Prepare(in(forkexec.Config{
		Path: initstub.Name, ExecFile: true, Files: 1, BlockSignals: true, Mounts: view,
	}, forkexec.PID|forkexec.Mount|forkexec.IPC|forkexec.Network))
	require.NoError(t, err)
	process, err := r.Start(forkexec.Inputs{Exec: stub, Files: []*os.File{lifeline}})
	require.NoError(t, err)
	pidfd, err := process.PIDFD()
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, end.Close())
		_, err := process.Wait()
		assert.NoError(t, err)
		assert.NoError(t, pidfd.Close())
	})
	return pidfd
}

// again is how one program after the other uses a standing view.
func again(view *mount.Tree, path string, args ...string) forkexec.Config {
	join := forkexec.PID | forkexec.Mount
	if !isRoot() {
		join |= forkexec.User
	}
	return forkexec.Config{
		Path: path, Args: append([]string{path}, args...), Dir: "/tmp", Files: 3, KeepBounding: true,
		Join: []forkexec.Namespace{join}, Namespaces: forkexec.Mount | forkexec.IPC | forkexec.Network, NewKeyring: true, Renew: view, FirstPID: 2,
	}
}

// Each program that joins finds a view as new, and the same process ids; whoever
// starts it.
func TestRenewedView(t *testing.T) {
	for _, deputy := range []bool{false, true} {
		t.Run(fmt.Sprintf("deputy %t", deputy), func(t *testing.T) { renewedView(t, deputy) })
	}
}

func renewedView(t *testing.T, standingDeputy bool) {
	leakcheck.Check(t)
	view := new(mount.Tree).Bind(testprog.Build(t, "residue"), "/residue", 0).Proc("/proc", true).
		Tmpfs("/tmp", mount.TmpfsOptions{Mode: 0o1777, Size: 1 << 20, Inodes: 100}).File("/tmp/in/note", "x", 0).
		Tmpfs("/dev/shm", mount.TmpfsOptions{Mode: 0o1777})
	pidfd := standing(t, view)
	lastPID, err := os.OpenFile("/proc/sys/kernel/ns_last_pid", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer lastPID.Close()
	inputs := forkexec.Inputs{Join: []*os.File{pidfd}, LastPID: lastPID}
	start := func(mode string) string {
		config := again(view, "/residue", mode)
		config.Deputy = standingDeputy
		r, err := forkexec.Prepare(config)
		require.NoError(t, err)
		if standingDeputy && inputs.Deputy == nil {
			inputs.Deputy = deputy(t, r, inputs.Join...)
		}
		out := openTemp(t)
		inputs.Files = []*os.File{nil, out, out}
		process, err := r.Start(inputs)
		require.NoError(t, err)
		var others []unix.PollFd
		ended, err := process.EndedOr(10*time.Second, others)
		require.NoError(t, err)
		assert.True(t, ended)
		state, err := process.Wait()
		require.NoError(t, err)
		text, err := os.ReadFile(out.Name())
		require.NoError(t, err)
		require.Equal(t, 0, state.Status.ExitStatus(), "%s", text)
		return string(text)
	}
	fresh := start("find")
	assert.Equal(t, "2", testprog.Values(fresh)["pid"])
	assert.Equal(t, "3", testprog.Values(fresh)["child"])
	assert.NotContains(t, fresh, "/tmp=E")
	for range 3 {
		start("plant")
		assert.Equal(t, fresh, start("find"))
	}
}

// A renewal takes away what was left in the view that all share, and in IPC.
func TestRenewal(t *testing.T) {
	leakcheck.Check(t)
	view := new(mount.Tree).Bind(testprog.Build(t, "touch"), "/touch", 0).Bind(testprog.Build(t, "ipc_sysv"), "/ipc_sysv", 0).
		Tmpfs("/tmp", mount.TmpfsOptions{Mode: 0o1777})
	pidfd := standing(t, view)
	prepare := func(path string, args ...string) *forkexec.Runner {
		config := again(view, path, args...)
		config.Namespaces, config.Renew, config.FirstPID, config.Deputy = 0, nil, 0, true
		r, err := forkexec.Prepare(config)
		require.NoError(t, err)
		return r
	}
	plant := prepare("/ipc_sysv", "plant", "4711")
	d := deputy(t, plant, pidfd)
	renewal, err := forkexec.PrepareRenewal(view, !isRoot(), forkexec.IPC, 0)
	require.NoError(t, err)
	for _, line := range []string{"unshare(CLONE_NEWIPC)", `umount2("tmp", MNT_DETACH|UMOUNT_NOFOLLOW)`, `mount("tmpfs", "tmp"`} {
		assert.Contains(t, renewal.Explain(), line)
	}
	var shown [2]string
	for i := range shown {
		places, err := d.Renew(renewal)
		require.NoError(t, err)
		require.Len(t, places, 1)
		var stat unix.Statfs_t
		require.NoError(t, unix.Fstatfs(places[0], &stat))
		assert.Equal(t, int64(unix.TMPFS_MAGIC), stat.Type)
		dir := os.NewFile(uintptr(places[0]), "place")
		names, err := dir.Readdirnames(-1)
		require.NoError(t, err)
		assert.Empty(t, names)
		for _, r := range []*forkexec.Runner{plant, prepare("/ipc_sysv", "find", "4711")} {
			out := openTemp(t)
			process, err := r.Start(forkexec.Inputs{Deputy: d, Join: []*os.File{pidfd}, Files: []*os.File{nil, out, out}})
			require.NoError(t, err)
			_, err = process.Wait()
			require.NoError(t, err)
			text, err := os.ReadFile(out.Name())
			require.NoError(t, err)
			shown[i] += string(text)
		}
		// What is there is seen by the caller, too.
		require.NoError(t, unix.Mkdirat(int(dir.Fd()), "left", 0o700))
		require.NoError(t, dir.Close())
	}
	assert.Equal(t, shown[0], shown[1])

	_, err = forkexec.PrepareRenewal(view, false, forkexec.PID, 0)
	assert.ErrorIs(t, err, unix.EINVAL)
	_, err = forkexec.PrepareRenewal(new(mount.Tree).Tmpfs("/tmp", mount.TmpfsOptions{}).File("/tmp/x", "", 0), false, 0, 0)
	assert.ErrorIs(t, err, unix.ENOTSUP)
	other, err := forkexec.PrepareRenewal(view, false, 0, 7)
	require.NoError(t, err)
	_, err = d.Renew(other)
	assert.ErrorContains(t, err, "another key")
}

func openTemp(t testing.TB) *os.File {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "out")
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	return file
}

// A pid that is taken is an error, which says so.
func TestFirstPIDTaken(t *testing.T) {
	leakcheck.Check(t)
	view := new(mount.Tree).Bind(testprog.Build(t, "tiny"), "/tiny", 0).Tmpfs("/tmp", mount.TmpfsOptions{})
	pidfd := standing(t, view)
	lastPID, err := os.OpenFile("/proc/sys/kernel/ns_last_pid", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer lastPID.Close()
	config := again(view, "/tiny")
	config.FirstPID = 1
	r, err := forkexec.Prepare(config)
	require.NoError(t, err)
	_, err = r.Start(forkexec.Inputs{Join: []*os.File{pidfd}, LastPID: lastPID})
	assert.ErrorIs(t, err, unix.EEXIST)
	assert.ErrorContains(t, err, "FirstPID")

	r, err = forkexec.Prepare(again(view, "/tiny"))
	require.NoError(t, err)
	_, err = r.Start(forkexec.Inputs{Join: []*os.File{pidfd}})
	assert.ErrorContains(t, err, "last_pid")
}

func TestRenewRefuses(t *testing.T) {
	for name, change := range map[string]func(*forkexec.Config){
		"no copy":     func(c *forkexec.Config) { c.Namespaces = 0 },
		"a view, too": func(c *forkexec.Config) { c.Mounts = new(mount.Tree) },
	} {
		config := again(new(mount.Tree).Tmpfs("/tmp", mount.TmpfsOptions{}), "/tiny")
		change(&config)
		_, err := forkexec.Prepare(config)
		assert.Error(t, err, name)
	}
	config := again(new(mount.Tree).Overlay("/o", []string{"/usr"}, "/a", "/b"), "/tiny")
	_, err := forkexec.Prepare(config)
	assert.ErrorIs(t, err, unix.ENOTSUP)
}

// What the script says of it all.
func TestExplainAgain(t *testing.T) {
	config := again(new(mount.Tree).Tmpfs("/tmp", mount.TmpfsOptions{Size: 4096}), "/tiny")
	config.Join = append(config.Join, forkexec.User)
	config.Join[0] &^= forkexec.User
	r, err := forkexec.Prepare(config)
	require.NoError(t, err)
	text := r.Explain()
	for _, line := range []string{"set_tid={2}", `mount("tmpfs", "tmp", "tmpfs", MS_NOSUID|MS_NODEV|MS_NOATIME, "mode=755,size=4096")`, `pwrite64($last_pid, "2", 1, 0)`} {
		assert.Contains(t, text, line)
	}
	assert.NotContains(t, text, "PR_CAPBSET_DROP")
	// The user namespace comes when nothing is left that it would forbid.
	var order []int
	for _, part := range []string{"setns($join0", "clone3(", "mount(", "$last_pid, ", "setns($join1", "execve("} {
		order = append(order, strings.Index(text, part))
	}
	assert.IsIncreasing(t, order, fmt.Sprint(order))
}
