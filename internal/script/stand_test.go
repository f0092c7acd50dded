package script

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A process that stands walks one job after another, also after one whose clone
// has failed.
func TestStand(t *testing.T) {
	stand, err := Assemble([]Call{
		{Step: "stand", Nr: unix.SYS_FUTEX, Kind: Stand, Ignore: []unix.Errno{unix.EAGAIN, unix.EINTR},
			Args: []Arg{Address("job", 1), Int(0), Int(0), Null()}},
	})
	require.NoError(t, err)
	const flags = unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_PARENT | unix.CLONE_PARENT_SETTID
	job, err := Assemble([]Call{
		{Step: "clone", Nr: unix.SYS_CLONE, Kind: Fork, Args: []Arg{Value("flags"), Int(0), Address("pid", 1), Int(0), Int(0)}},
		{Step: "exit", Nr: unix.SYS_EXIT_GROUP, Args: []Arg{Value("code")}},
		{Step: "done", Nr: unix.SYS_GETTID, Kind: Parent, Out: "done"},
		{Step: "done", Nr: unix.SYS_FUTEX, Kind: Back, Args: []Arg{Address("done", 1), Int(1), Int(1)}},
	})
	require.NoError(t, err)
	home := stand.Instance()
	pid, err := home.Spawn(0)
	require.NoError(t, err)
	var jobs []*Instance
	for i := range uint64(20) {
		in := job.Instance()
		jobs = append(jobs, in)
		in.Set("flags", flags)
		if i%5 == 4 {
			in.Set("flags", unix.CLONE_NEWNS|unix.CLONE_FS) // which exclude each other
		}
		in.Set("code", i)
		in.Give(home, "job")
		require.Eventually(t, func() bool { return in.Get("done") != 0 }, 10*time.Second, 10*time.Microsecond)
		if i%5 == 4 {
			assert.ErrorIs(t, in.Failure(), unix.EINVAL)
			continue
		}
		assert.NoError(t, in.Failure())
		assert.Equal(t, int(i), wait(t, int(in.Get("pid"))).ExitStatus())
	}
	require.NoError(t, unix.Kill(pid, unix.SIGKILL))
	assert.Equal(t, unix.SIGKILL, wait(t, pid).Signal())
	runtime.KeepAlive(home)
	runtime.KeepAlive(jobs)
}
