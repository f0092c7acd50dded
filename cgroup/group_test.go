package cgroup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const mib = 1 << 20

func TestNewGroupIsUnused(t *testing.T) {
	eachWorld(t, Options{CPUQuota: true}, func(t *testing.T, m *Manager) {
		s := stats(t, newGroup(t, m))
		for f := range numFeatures {
			_, err := m.By(f)
			want := err == nil && f != MemoryLimit && f != Kill && f != Freeze
			assert.Equal(t, want, s.Has(f), "%v", f)
		}
		s.PidsPeak = min(s.PidsPeak, 0)
		s.has = 0
		assert.Equal(t, Stats{}, s)
	})
}

func TestCPUTime(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		// The spinner is a grandchild, so that what is waited for isn't all there is.
		cmd := helper("spin", "200ms")
		cmd.Args = append([]string{"sh", "-c", `"$0" "$@" & wait`, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
		cmd = inGroup(g, cmd)
		defer closeExtra(cmd)
		require.NoError(t, cmd.Run())

		own := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		s := stats(t, g)
		assert.GreaterOrEqual(t, own, 200*time.Millisecond)
		// What the shell used before it joined, and what clone and exit cost, differ:
		// more on a machine with much to do.
		assert.InDelta(t, own.Seconds(), s.CPU.Seconds(), 0.080)
		assert.InDelta(t, s.CPU.Seconds(), (s.User + s.System).Seconds(), 0.080) // ticks
		// How the sum is split the kernel only samples, at each tick.
		assert.Positive(t, s.System)
		assert.Positive(t, s.User)
	}, CPUTime)
}

func TestMemoryPeak(t *testing.T) {
	m := openHere(t, Options{})
	need(t, m, MemoryPeak, MemoryUsage)
	peak := func(bytes int) int64 {
		g := newGroup(t, m)
		require.NoError(t, run(g, helper("hog", fmt.Sprint(bytes))))
		s := stats(t, g)
		assert.Less(t, s.Memory, s.MemoryPeak)
		return s.MemoryPeak
	}
	peak(4096) // to which the program's own file is charged, as far as nobody has read it before
	none, much := peak(4096), peak(100*mib)
	assert.InDelta(t, 100*mib, much-none, 3*mib)
}

func TestMemoryOfRunningProgram(t *testing.T) {
	m := openHere(t, Options{})
	need(t, m, MemoryUsage)
	g := newGroup(t, m)
	cmd := helper("hog", fmt.Sprint(20*mib))
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd = start(t, g, cmd)
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	assert.Greater(t, stats(t, g).Memory, int64(20*mib))
	in.Close()
	require.NoError(t, cmd.Wait())
	assert.Less(t, stats(t, g).Memory, int64(20*mib))
}

func TestMemoryLimit(t *testing.T) {
	m := openHere(t, Options{})
	need(t, m, MemoryLimit, OOMKills)
	const limit = 64 * mib
	for _, c := range []struct {
		name    string
		command *exec.Cmd
		kills   int64
	}{
		{"below", helper("hog", fmt.Sprint(limit/2)), 0},
		{"above", helper("hog", fmt.Sprint(limit+mib)), 1},
		{"above in a child of a parent that exits 0", func() *exec.Cmd {
			cmd := helper("hog", fmt.Sprint(limit+mib))
			cmd.Args = append([]string{"sh", "-c", `"$0" "$@"; exit 0`, cmd.Path}, cmd.Args[1:]...)
			cmd.Path = "/bin/sh"
			return cmd
		}(), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGroup(t, m)
			require.NoError(t, g.SetMemory(limit))
			err := run(g, c.command)
			s := stats(t, g)
			assert.Equal(t, c.kills, s.OOMKills)
			// A task that the kernel has chosen to die may charge what it needs to get there.
			assert.LessOrEqual(t, s.MemoryPeak, int64(limit+residue))
			if c.kills > 0 && s.Has(MemoryPeak) {
				assert.Greater(t, s.MemoryPeak, int64(limit-mib))
			}
			killed := c.kills > 0 && len(c.command.Args) < 6 // the hog itself, not a shell's child
			if killed {
				var exit *exec.ExitError
				require.ErrorAs(t, err, &exit)
				assert.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal())
			}
			// The next run starts from zero.
			require.NoError(t, g.Reset())
			assert.Zero(t, stats(t, g).OOMKills)
			assert.LessOrEqual(t, stats(t, g).MemoryPeak, int64(residue))
		})
	}
}

func TestSetMemory(t *testing.T) {
	m := openHere(t, Options{})
	need(t, m, MemoryLimit)
	g := newGroup(t, m)
	c, p, err := g.control(MemoryLimit)
	require.NoError(t, err)
	read := func(file string) int64 {
		data, err := readAt(p.dir, file)
		require.NoError(t, err)
		v, ok := parseValue(data, "")
		require.True(t, ok)
		return v
	}
	unlimited := read(c.file)
	// Down, up, lifted, down again, the same again: the order of the two files matters.
	for _, bytes := range []int64{64 * mib, 32 * mib, 128 * mib, Unlimited, 16 * mib, 16 * mib, math.MaxInt64, 16*mib + 1} {
		require.NoError(t, g.SetMemory(bytes))
		want := bytes &^ int64(unix.Getpagesize()-1)
		if bytes == Unlimited || bytes == math.MaxInt64 {
			want = unlimited
		}
		assert.Equal(t, want, read(c.file))
		if data, err := readAt(p.dir, c.also); err == nil && p.branch.version == 1 {
			swap, _ := parseValue(data, "")
			assert.Equal(t, want, swap)
		}
	}
	for _, bytes := range []int64{0, 1, -2, math.MinInt64} {
		assert.ErrorContains(t, g.SetMemory(bytes), "at least a page")
	}
}

func TestPids(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		require.NoError(t, g.SetPids(3))
		assert.NoError(t, run(g, sh("sleep 0 & sleep 0 & wait")))
		assert.Equal(t, int64(3), stats(t, g).PidsPeak)
		assert.Error(t, run(g, sh("sleep 0.2 & sleep 0.2 & sleep 0.2 & wait")))

		require.NoError(t, g.Kill(soon(t)))
		require.NoError(t, g.Reset())
		require.NoError(t, run(g, exec.Command("/bin/true")))
		assert.Equal(t, int64(1), stats(t, g).PidsPeak, "the peak starts anew")
		assert.Error(t, run(g, sh("sleep 0.2 & sleep 0.2 & sleep 0.2 & wait")), "the limit stays")

		require.NoError(t, g.Kill(soon(t)))
		require.NoError(t, g.Reset())
		require.NoError(t, g.SetPids(Unlimited))
		assert.NoError(t, run(g, sh("sleep 0.2 & sleep 0.2 & sleep 0.2 & wait")))
		require.NoError(t, g.SetPids(maxPids))
		for _, n := range []int64{0, -2, maxPids + 1, math.MaxInt64} {
			assert.ErrorContains(t, g.SetPids(n), "must be 1 to")
		}
	}, PidsLimit, PidsPeak)
}

func TestCPUQuota(t *testing.T) {
	m := openHere(t, Options{CPUQuota: true})
	need(t, m, CPUQuota)
	g := newGroup(t, m)
	require.NoError(t, g.SetCPUQuota(5*time.Millisecond, 20*time.Millisecond))
	require.NoError(t, run(g, helper("spin", "50ms")))
	s := stats(t, g)
	// How long is the machine's business: who waits for a CPU anyway needs no throttling.
	assert.Positive(t, s.Throttled)
	assert.Positive(t, s.ThrottledTime)

	require.NoError(t, g.Reset())
	require.NoError(t, g.SetCPUQuota(Unlimited, 20*time.Millisecond))
	require.NoError(t, run(g, helper("spin", "50ms")))
	assert.Zero(t, stats(t, g).Throttled)

	for _, c := range [][2]time.Duration{{0, time.Second}, {-2, time.Second}, {time.Second, 0}, {time.Second, 2 * time.Second}} {
		assert.ErrorContains(t, g.SetCPUQuota(c[0], c[1]), "CPU quota of")
	}
}

func TestCPUQuotaMustBeAskedFor(t *testing.T) {
	m := openHere(t, Options{})
	err := newGroup(t, m).SetCPUQuota(time.Second, time.Second)
	var u *UnavailableError
	require.ErrorAs(t, err, &u)
	assert.Equal(t, []Feature{CPUQuota}, u.Features)
	assert.ErrorContains(t, err, "Options.CPUQuota")
}

func TestMissingFeatureIsAnError(t *testing.T) {
	m := openHere(t, Options{})
	cause := &UnavailableError{[]Feature{MemoryLimit}, errAbsent}
	m.support[MemoryLimit].Err = cause
	g := newGroup(t, m)
	require.Equal(t, cause, g.SetMemory(mib))
	require.ErrorIs(t, cause, errors.ErrUnsupported)
}

func TestReset(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		file := path.Join(t.TempDir(), "cached")
		for _, c := range []struct{ name, script string }{
			{"one process", "exec true"},
			{"children", "true; true"},
			{"page cache", "head -c 20000000 /dev/zero > " + file},
			{"CPU", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"},
		} {
			t.Run(c.name, func(t *testing.T) {
				require.NoError(t, run(g, sh(c.script)))
				require.NoError(t, g.Reset())
				s := stats(t, g)
				assert.LessOrEqual(t, s.PidsPeak, int64(1))
				assert.LessOrEqual(t, s.Memory, int64(residue))
				assert.LessOrEqual(t, s.MemoryPeak, int64(residue))
				assert.Zero(t, s.CPU+s.User+s.System)
			})
		}
	})
}

func TestResetKeepsLimits(t *testing.T) {
	m := openHere(t, Options{CPUQuota: true})
	need(t, m, MemoryLimit, PidsLimit, CPUQuota)
	g := newGroup(t, m)
	require.NoError(t, g.SetMemory(32*mib))
	require.NoError(t, g.SetPids(7))
	require.NoError(t, g.SetCPUQuota(time.Second, time.Second))
	content := func() (all string) {
		for _, f := range []Feature{MemoryLimit, PidsLimit, CPUQuota} {
			c, p, err := g.control(f)
			require.NoError(t, err)
			data, err := readAt(p.dir, c.file)
			require.NoError(t, err)
			all += string(data)
		}
		return all
	}
	before := content()
	for _, p := range g.parts {
		require.NoError(t, g.renew(p))
	}
	assert.Equal(t, before, content())
}

func TestResetRefusesProcesses(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		start(t, g, exec.Command("/bin/sleep", "100"))
		waitProcs(t, g, 1)
		require.ErrorIs(t, g.Reset(), unix.EBUSY)
		require.NoError(t, g.Kill(soon(t)))
		require.NoError(t, g.Reset())
	})
}

func TestKill(t *testing.T) {
	for _, c := range []struct {
		name    string
		command func() *exec.Cmd
		procs   int
		needs   []Feature
	}{
		{"one", func() *exec.Cmd { return sh("exec sleep 100") }, 1, nil},
		{"tree", func() *exec.Cmd { return sh("sleep 100 & sh -c 'sleep 100 & sleep 100' & wait") }, 4, nil},
		{"daemons", func() *exec.Cmd { return helper("daemons", "3") }, 3, nil},
		{"deaf", func() *exec.Cmd { return sh("trap '' TERM INT HUP; sleep 100 & wait; sleep 100") }, 2, nil},
		{"stopped", func() *exec.Cmd { return sh("sleep 100 & kill -STOP $!; kill -STOP $$") }, 2, nil},
		{"forks without end", func() *exec.Cmd { return helper("bomb") }, 40, []Feature{PidsLimit}},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
				g := newGroup(t, m)
				if c.needs != nil {
					require.NoError(t, g.SetPids(int64(c.procs)+30)) // with threads of the helper
				}
				start(t, g, c.command())
				pids := waitProcs(t, g, c.procs)
				require.NoError(t, g.Kill(soon(t)))
				empty, err := g.Empty()
				require.NoError(t, err)
				assert.True(t, empty)
				requireDead(t, pids)

				require.NoError(t, g.Kill(soon(t)), "nothing to kill is fine")
				require.NoError(t, g.Reset())
				require.NoError(t, run(g, exec.Command("/bin/true")), "the next run isn't killed")
			}, c.needs...)
		})
	}
}

func TestKillEndsWithContext(t *testing.T) {
	m := openHere(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	g := newGroup(t, m)
	start(t, g, exec.Command("/bin/sleep", "100"))
	waitProcs(t, g, 1)
	cancel()
	require.ErrorIs(t, g.WaitEmpty(ctx), context.Canceled)
	require.NoError(t, g.Kill(soon(t)))
	require.NoError(t, g.WaitEmpty(ctx), "empty already")
}

func TestFreeze(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		for _, end := range []struct {
			name string
			do   func(t *testing.T, g *Group)
		}{
			{"thaw", func(t *testing.T, g *Group) {
				before := stats(t, g).CPU
				require.NoError(t, g.Thaw())
				require.Eventually(t, func() bool { return stats(t, g).CPU > before }, 20*time.Second, time.Millisecond)
			}},
			{"kill", func(t *testing.T, g *Group) {
				require.NoError(t, g.Kill(soon(t)))
				require.NoError(t, g.Reset())
				require.NoError(t, run(g, exec.Command("/bin/true")), "not frozen")
			}},
			{"close", func(t *testing.T, g *Group) { require.NoError(t, g.Close()) }},
		} {
			t.Run(end.name, func(t *testing.T) {
				g := newGroup(t, m)
				start(t, g, sh("while :; do :; done"))
				pids := waitProcs(t, g, 1)
				require.NoError(t, g.Freeze(soon(t)))
				require.Eventually(t, func() bool { // the kernel may say so while the last is on its way
					used := stats(t, g).CPU
					time.Sleep(20 * time.Millisecond)
					return used == stats(t, g).CPU
				}, 20*time.Second, time.Millisecond)
				end.do(t, g)
				require.NoError(t, g.Close())
				requireDead(t, pids)
			})
		}
	}, Freeze, CPUTime)
}

func TestAdd(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		cmd := exec.Command("/bin/sleep", "100")
		require.NoError(t, cmd.Start())
		defer cmd.Wait()
		defer cmd.Process.Kill()
		require.NoError(t, g.Add(cmd.Process.Pid))
		pids, err := g.Procs()
		require.NoError(t, err)
		assert.Equal(t, []int{cmd.Process.Pid}, pids)
		for _, p := range g.parts {
			pids, err := procs(p.dir)
			require.NoError(t, err)
			assert.Equal(t, []int{cmd.Process.Pid}, pids)
		}
		assert.ErrorIs(t, g.Add(1<<30), unix.ESRCH)
	})
}

func TestJoinFDs(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		fd, ok := g.CgroupFD()
		all, rest := g.JoinFDs(nil, false), g.JoinFDs(nil, true)
		if ok {
			assert.ElementsMatch(t, all[1:], rest)
		} else {
			assert.Equal(t, -1, fd)
			assert.Equal(t, all, rest)
		}
		for _, fd := range all {
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			require.NoError(t, err)
			assert.Equal(t, unix.FD_CLOEXEC, flags)
		}
		// Written to from a process of one thread, also without CLONE_INTO_CGROUP.
		cmd := sh("")
		script := ""
		for i, fd := range all {
			cmd.ExtraFiles = append(cmd.ExtraFiles, dup(fd))
			script += fmt.Sprintf("echo 0 >&%d; ", i+3)
		}
		defer closeExtra(cmd)
		cmd.Args[2] = script + "cat /proc/self/cgroup"
		out, err := cmd.Output()
		require.NoError(t, err)
		members, err := parseMemberships(out)
		require.NoError(t, err)
		in := 0
		for _, m := range members {
			if strings.Contains(m.path, prefix) {
				in++
			}
		}
		assert.Equal(t, len(g.parts), in)
	})
}

func TestNewLeavesNothingOnFailure(t *testing.T) {
	m := openHere(t, Options{})
	last := m.used[len(m.used)-1]
	// As the kernel does when a hierarchy has no room: the last of the directories fails.
	blocker := path.Join(last.dir, "1")
	require.NoError(t, os.Mkdir(blocker, 0o755))
	_, err := m.New()
	require.ErrorIs(t, err, unix.EEXIST)
	assert.ErrorContains(t, err, blocker)
	for _, b := range m.used[:len(m.used)-1] {
		assert.NoDirExists(t, path.Join(b.dir, "1"))
	}
	require.NoError(t, os.Remove(blocker))
	newGroup(t, m)
}

func TestNewWithoutRoom(t *testing.T) {
	m := openHere(t, Options{})
	if m.v2 == nil {
		t.Skip("no version 2 hierarchy, whose room can be limited")
	}
	fds := openFDs(t)
	require.NoError(t, writeAt(m.used[0].fd, "cgroup.max.descendants", "0"))
	_, err := m.New()
	require.ErrorIs(t, err, unix.EAGAIN)
	assert.ErrorContains(t, err, "cgroup.max.descendants")
	assert.Equal(t, fds, openFDs(t))
	for _, b := range m.used {
		assert.NoDirExists(t, path.Join(b.dir, "1"))
	}
}

func TestNewWithoutDescriptors(t *testing.T) {
	m := openHere(t, Options{})
	var old unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	fds := openFDs(t)
	for extra := range 8 {
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(fds + extra), Max: old.Max}))
		_, err := m.New()
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &old))
		require.ErrorIs(t, err, unix.EMFILE)
	}
	assert.Equal(t, fds, openFDs(t))
	for _, b := range m.used {
		entries, err := os.ReadDir(b.dir)
		require.NoError(t, err)
		for _, e := range entries {
			assert.False(t, e.IsDir(), e.Name())
		}
	}
}

func openFDs(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}

func TestCloseIsIdempotent(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		fds := openFDs(t)
		g, err := m.New()
		require.NoError(t, err)
		require.NoError(t, g.Close())
		require.NoError(t, g.Close())
		assert.Equal(t, fds, openFDs(t))
		_, err = g.Stats()
		require.ErrorIs(t, err, errClosed)
		require.ErrorIs(t, g.Reset(), errClosed)
		require.ErrorIs(t, g.Kill(context.Background()), errClosed)
		if _, err := m.By(PidsLimit); err == nil {
			require.ErrorIs(t, g.SetPids(1), errClosed)
		}
	})
}

func TestCloseKillsAndRemovesBelow(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		for _, p := range g.parts {
			require.NoError(t, os.MkdirAll(path.Join(p.path(), "a", "b"), 0o755))
		}
		cmd := start(t, g, exec.Command("/bin/sleep", "100"))
		waitProcs(t, g, 1)
		for _, p := range g.parts {
			require.NoError(t, writeFile(path.Join(p.path(), "a", "b", "cgroup.procs"), fmt.Sprint(cmd.Process.Pid)))
		}
		require.NoError(t, g.Close())
		requireDead(t, []int{cmd.Process.Pid})
	})
}

// Turn is Stats and Reset in one, and changes nothing while a process is inside.
func TestTurn(t *testing.T) {
	eachWorld(t, Options{}, func(t *testing.T, m *Manager) {
		g := newGroup(t, m)
		cmd := inGroup(g, helper("spin", "100ms"))
		defer closeExtra(cmd)
		require.NoError(t, cmd.Start())
		var s Stats
		var err error
		require.Eventually(t, func() bool { s, err = g.Turn(); return err != nil }, 5*time.Second, time.Millisecond, "it joins by itself")
		assert.ErrorIs(t, err, unix.EBUSY)
		if s.Has(PidsLimit) {
			assert.Positive(t, s.Pids)
		}
		require.NoError(t, cmd.Wait())
		var used Stats
		require.Eventually(t, func() bool { used, err = g.Turn(); return err == nil }, 5*time.Second, time.Millisecond)
		assert.GreaterOrEqual(t, used.CPU, 20*time.Millisecond)
		next, err := g.Turn()
		require.NoError(t, err)
		assert.Zero(t, next.CPU)
		assert.Zero(t, next.Pids)
		assert.Less(t, next.MemoryPeak, int64(residue))
	}, CPUTime)
}

// TestVersion2Files checks what is written and read on a machine whose version 2
// hierarchy has all controllers, in a directory of plain files.
func TestVersion2Files(t *testing.T) {
	files := map[string]string{
		"memory.max": "", "memory.swap.max": "", "pids.max": "", "cpu.max": "",
		"memory.current": "4096\n", "memory.peak": "8192\n", "pids.current": "2\n", "pids.peak": "3\n", "cgroup.procs": "",
		"memory.events": "low 0\nhigh 0\nmax 17\noom 2\noom_kill 1\noom_group_kill 0\n",
		"cpu.stat":      "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnice_usec 0\nnr_periods 5\nnr_throttled 4\nthrottled_usec 7\n",
		"cgroup.kill":   "", "cgroup.freeze": "0\n",
	}
	dir := t.TempDir()
	for _, d := range []string{dir, path.Join(dir, "g")} {
		os.Mkdir(d, 0o755)
		for name, content := range files {
			require.NoError(t, os.WriteFile(path.Join(d, name), []byte(content), 0o644))
		}
	}
	fd, err := openAt(unix.AT_FDCWD, dir, unix.O_RDONLY)
	require.NoError(t, err)
	defer unix.Close(fd)
	b := &branch{hierarchy: &hierarchy{version: 2}, dir: dir, fd: fd}
	m := &Manager{used: []*branch{b}}
	for i := range controls {
		if c := &controls[i]; c.version == 2 && m.chosen[c.feature] == nil {
			require.NoError(t, b.offer(c))
			m.chosen[c.feature], m.where[c.feature] = c, b
		}
	}
	assert.Equal(t, "cgroup.kill", m.chosen[Kill].file)
	p := &part{branch: b, name: "g"}
	require.NoError(t, p.open())
	defer p.close()
	g := &Group{m: m, parts: []*part{p}, memory: Unlimited, pids: Unlimited, quota: Unlimited}

	require.NoError(t, g.SetMemory(64*mib))
	require.NoError(t, g.SetPids(12))
	require.NoError(t, g.SetCPUQuota(time.Millisecond, 100*time.Millisecond))
	for name, want := range map[string]string{"memory.max": "67108864", "memory.swap.max": "0", "pids.max": "12", "cpu.max": "1000 100000"} {
		data, err := os.ReadFile(path.Join(dir, "g", name))
		require.NoError(t, err)
		assert.Equal(t, want, string(data), name)
	}
	assert.Equal(t, Stats{
		CPU: 30 * time.Microsecond, User: 20 * time.Microsecond, System: 10 * time.Microsecond,
		Memory: 4096, MemoryPeak: 8192, OOMKills: 1, Pids: 2, PidsPeak: 3, Throttled: 4, ThrottledTime: 7 * time.Microsecond,
	}, stats(t, g))
	for _, f := range []Feature{MemoryLimit, PidsLimit} {
		assert.Equal(t, "max", m.chosen[f].limit(Unlimited))
	}
}

func TestParseValue(t *testing.T) {
	for _, c := range []struct {
		data, key string
		want      int64
		ok        bool
	}{
		{"42\n", "", 42, true},
		{"42", "", 42, true},
		{"max\n", "", Unlimited, true},
		{"18446744073709551615\n", "", math.MaxInt64, true},
		{"18446744073709551616\n", "", 0, false},
		{"-1\n", "", 0, false},
		{"", "", 0, false},
		{"\n", "", 0, false},
		{"oom 3\noom_kill 4\n", "oom_kill", 4, true},
		{"oom_kill 4\noom 3\n", "oom", 3, true},
		{"oom 3\n", "oom_kill", 0, false},
		{"oom_kill\n", "oom_kill", 0, false},
		{"oom_kill \n", "oom_kill", 0, false},
		{"oom_kill x\n", "oom_kill", 0, false},
	} {
		got, ok := parseValue([]byte(c.data), c.key)
		assert.Equal(t, c.ok, ok, "%q", c.data)
		if ok {
			assert.Equal(t, c.want, got, "%q", c.data)
		}
	}
}

func FuzzParseValue(f *testing.F) {
	f.Add([]byte("oom 3\noom_kill 4\n"), "oom_kill")
	f.Add([]byte("max\n"), "")
	f.Fuzz(func(t *testing.T, data []byte, key string) {
		if v, ok := parseValue(data, key); ok {
			assert.GreaterOrEqual(t, v, int64(Unlimited))
		}
	})
}
