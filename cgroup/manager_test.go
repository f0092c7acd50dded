package cgroup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// judge is a judge: it opens a Manager, keeps processes in groups, prints their pids, and
// waits to be killed.
func judge([]string) error {
	m, err := Open(Options{CPUQuota: true})
	if err != nil {
		return err
	}
	pids := ""
	for range 3 {
		g, err := m.New()
		if err != nil {
			return err
		}
		cmd := inGroup(g, exec.Command("/bin/sleep", "100"))
		if err := cmd.Start(); err != nil {
			return err
		}
		pids += fmt.Sprint(cmd.Process.Pid, " ")
		for {
			if ps, err := g.Procs(); err != nil || len(ps) > 0 {
				break
			}
		}
	}
	fmt.Println(m.name, pids)
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, m.Close())
}

// startJudge starts a judge, and returns what makes it end well when closed, the name of
// its directories, and the pids of its programs.
func startJudge(t *testing.T) (cmd *exec.Cmd, end io.Closer, name string, pids []int) {
	cmd = helper("judge")
	cmd.Stderr = os.Stderr
	end, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	words := strings.Fields(line)
	for _, w := range words[1:] {
		pid, err := strconv.Atoi(w)
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	return cmd, end, words[0], pids
}

// dirsNamed returns the directories that a judge has in all hierarchies.
func dirsNamed(m *Manager, name string) (dirs []string) {
	for _, h := range m.found {
		dir := path.Join(h.own, name)
		if _, err := os.Stat(dir); h.err == nil && err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// What Sweep returns is not looked at: other packages' tests sweep at the same
// time, and leave dead judges of their own.
func TestSweep(t *testing.T) {
	m := openHere(t, Options{})
	dead, _, deadName, deadPids := startJudge(t)
	alive, end, aliveName, alivePids := startJudge(t)
	deadDirs, aliveDirs := dirsNamed(m, deadName), dirsNamed(m, aliveName)
	require.NotEmpty(t, deadDirs)
	require.Len(t, aliveDirs, len(deadDirs))

	_, err := m.Sweep()
	require.NoError(t, err)
	assert.Equal(t, deadDirs, dirsNamed(m, deadName))

	require.NoError(t, dead.Process.Kill())
	require.Error(t, dead.Wait())
	assert.Eventually(t, func() bool {
		_, err := m.Sweep()
		return err == nil && len(dirsNamed(m, deadName)) == 0
	}, closeTimeout, time.Millisecond)
	requireDead(t, deadPids)
	assert.Equal(t, aliveDirs, dirsNamed(m, aliveName))
	for _, pid := range alivePids {
		require.NoError(t, unix.Kill(pid, 0), "the other judge's program lives")
	}
	_, err = m.Sweep()
	require.NoError(t, err)

	// A judge that ends well leaves nothing to sweep.
	require.NoError(t, end.Close())
	require.NoError(t, alive.Wait())
	assert.Empty(t, dirsNamed(m, aliveName))
}

func TestOpenAndClose(t *testing.T) {
	fds := openFDs(t)
	m, err := Open(Options{CPUQuota: true})
	skipUnavailable(t, err)
	require.NoError(t, err)
	dirs := managerDirs(m)
	assert.NotEmpty(t, dirs)
	g, err := m.New()
	require.NoError(t, err)
	cmd := start(t, g, exec.Command("/bin/sleep", "100"))
	waitProcs(t, g, 1)

	require.NoError(t, m.Close())
	requireDead(t, []int{cmd.Process.Pid})
	require.NoError(t, m.Close())
	require.NoError(t, g.Close())
	_, err = m.New()
	require.ErrorContains(t, err, "after Close")
	for _, d := range dirs {
		assert.NoDirExists(t, d)
	}
	cmd.Wait()
	assert.LessOrEqual(t, openFDs(t), fds+1) // the runtime's epoll, at the first pipe or process
}

func TestFeatures(t *testing.T) {
	m := openHere(t, Options{CPUQuota: true})
	all := m.Features()
	require.Len(t, all, int(numFeatures))
	for i, s := range all {
		assert.Equal(t, Feature(i), s.Feature)
		assert.NotContains(t, s.Feature.String(), "feature(")
		assert.NotEqual(t, s.By == "", s.Err == nil)
		by, err := m.By(s.Feature)
		assert.Equal(t, s.By, by)
		assert.Equal(t, s.Err, err)
	}
	_, err := m.By(numFeatures)
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

func TestEveryFeatureHasControls(t *testing.T) {
	for f := range numFeatures {
		for _, version := range []int{1, 2} {
			assert.True(t, slices.ContainsFunc(controls[:], func(c control) bool { return c.feature == f && c.version == version }), "%v in version %d", f, version)
		}
		assert.NotEmpty(t, f.String())
	}
	for _, c := range controls {
		assert.Equal(t, c.write, c.unlimited != "", "%s", c.file)
	}
}

func TestOpenWithoutAnything(t *testing.T) {
	readOnly := &hierarchy{version: 2, err: pathError("mkdir", "/cg", unix.EROFS)}
	gone := &hierarchy{version: 1, controllers: []string{"memory"}, top: "/nowhere", own: "/nowhere"}
	unmounted := &hierarchy{version: 1, controllers: []string{"pids"}, err: errors.New("the pids hierarchy is not mounted")}
	_, err := open([]*hierarchy{readOnly, gone, unmounted}, Options{})
	var u *UnavailableError
	require.ErrorAs(t, err, &u)
	assert.Len(t, u.Features, int(numFeatures))
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	assert.ErrorIs(t, err, unix.EROFS)
	assert.ErrorIs(t, err, unix.ENOENT)
	assert.ErrorContains(t, err, "mount the cgroup file system read-write")
	for _, once := range []string{"mkdir /cg:", "pids hierarchy is not mounted", "mount the cgroup file system"} {
		assert.Equal(t, 1, strings.Count(err.Error(), once), err.Error())
	}
	assert.NotContains(t, err.Error(), errAbsent.Error())

	_, err = open(nil, Options{})
	require.ErrorAs(t, err, &u)
	assert.ErrorIs(t, err, errAbsent)
}

func TestOpenAsOrdinaryUser(t *testing.T) {
	asNobody(t, func() {
		m, err := Open(Options{})
		if err == nil { // delegated
			require.NoError(t, m.Close())
			return
		}
		var u *UnavailableError
		require.ErrorAs(t, err, &u)
		assert.Len(t, u.Features, int(numFeatures))
		assert.ErrorContains(t, err, "nothing can be used")
	})
}

func TestOpenWithoutRoom(t *testing.T) {
	m := openHere(t, Options{})
	if m.v2 == nil {
		t.Skip("no version 2 hierarchy, whose room can be limited")
	}
	require.NoError(t, writeAt(m.used[0].fd, "cgroup.max.descendants", "0"))
	found, err := find()
	require.NoError(t, err)
	for _, h := range found {
		if h.version == 2 {
			h.own = m.used[0].dir
		}
	}
	_, err = open(found, Options{})
	require.ErrorIs(t, err, unix.EAGAIN)
	require.NotErrorIs(t, err, errors.ErrUnsupported)
	assert.ErrorContains(t, err, "cgroup.max.descendants")
}

// oneRun opens a Manager and runs a program.
func oneRun([]string) error {
	m, err := Open(Options{})
	if err != nil {
		return err
	}
	defer m.Close()
	g, err := m.New()
	if err != nil {
		return err
	}
	return run(g, exec.Command("/bin/true"))
}

// TestJudgeInKilledCgroup starts a judge in a cgroup in which others were killed before:
// the kernel then kills what it starts by CLONE_INTO_CGROUP in another.
func TestJudgeInKilledCgroup(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		start(t, g, exec.Command("/bin/sleep", "100"))
		waitProcs(t, g, 1)
		require.NoError(t, g.Kill(soon(t)))

		cmd := helper("run")
		cmd.Args = append([]string{"sh", "-c", `read go; exec "$0"`}, cmd.Path)
		cmd.Path = "/bin/sh"
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		assert.NoError(t, g.Add(cmd.Process.Pid))
		_, err = io.WriteString(in, "go\n")
		require.NoError(t, err)
		require.NoError(t, cmd.Wait())
	})
}

func TestLockDir(t *testing.T) {
	dir := path.Join(t.TempDir(), "d")
	fd, err := makeLocked(dir)
	require.NoError(t, err)
	_, err = lockDir(dir)
	require.ErrorIs(t, err, unix.EWOULDBLOCK)
	unix.Close(fd)
	fd, err = lockDir(dir)
	require.NoError(t, err)
	unix.Close(fd)
	_, err = lockDir(dir + "x")
	require.ErrorIs(t, err, unix.ENOENT)
	_, err = makeLocked(path.Join(dir, "no", "no"))
	require.ErrorIs(t, err, unix.ENOENT)
}

// TestMakeLockedWaits makes a directory that a sweeper has, which is slow to remove it:
// on a busy machine it may not run for a while.
func TestMakeLockedWaits(t *testing.T) {
	dir := path.Join(t.TempDir(), "d")
	require.NoError(t, unix.Mkdir(dir, 0o700))
	sweeper, err := lockDir(dir)
	require.NoError(t, err)
	removed := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() {
		removed <- unix.Rmdir(dir)
		unix.Close(sweeper)
	})
	fd, err := makeLocked(dir)
	require.NoError(t, err)
	defer unix.Close(fd)
	require.NoError(t, <-removed)
	require.DirExists(t, dir)
}

// TestSweepRace makes directories while others sweep them: none that is locked is lost.
func TestSweepRace(t *testing.T) {
	m := openHere(t, Options{})
	stop, swept := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				swept <- nil
				return
			default:
			}
			if _, err := m.Sweep(); err != nil {
				swept <- err
				return
			}
		}
	}()
	for range 30 {
		other, err := Open(Options{})
		require.NoError(t, err)
		for _, d := range managerDirs(other) {
			require.DirExists(t, d)
		}
		require.NoError(t, other.Close())
	}
	close(stop)
	require.NoError(t, <-swept)
}
