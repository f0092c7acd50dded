package cgroup

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkOpenClose(b *testing.B) {
	openHere(b, Options{}) // skips where there is nothing to open
	for b.Loop() {
		m, err := Open(Options{})
		require.NoError(b, err)
		require.NoError(b, m.Close())
	}
}

func BenchmarkNewClose(b *testing.B) {
	m := openHere(b, Options{})
	for b.Loop() {
		g, err := m.New()
		require.NoError(b, err)
		require.NoError(b, g.Close())
	}
}

// BenchmarkReuse is what a group of a pool costs for each run, without the run.
func BenchmarkReuse(b *testing.B) {
	m := openHere(b, Options{})
	need(b, m, MemoryLimit, PidsLimit)
	g := newGroup(b, m)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, g.Reset())
		require.NoError(b, g.SetMemory(64*mib))
		require.NoError(b, g.SetPids(16))
		_, err := g.Stats()
		require.NoError(b, err)
	}
}

// BenchmarkRenew is Reset where every directory must be replaced.
func BenchmarkRenew(b *testing.B) {
	m := openHere(b, Options{})
	for _, br := range m.used {
		b.Run(br.name(), func(b *testing.B) {
			g := newGroup(b, m)
			for b.Loop() {
				for _, p := range g.parts {
					if p.branch == br {
						require.NoError(b, g.renew(p))
					}
				}
			}
		})
	}
}

func BenchmarkStats(b *testing.B) {
	m := openHere(b, Options{})
	g := newGroup(b, m)
	b.ReportAllocs()
	for b.Loop() {
		_, err := g.Stats()
		require.NoError(b, err)
	}
}

func BenchmarkSetMemory(b *testing.B) {
	m := openHere(b, Options{})
	need(b, m, MemoryLimit)
	g := newGroup(b, m)
	for i := int64(0); b.Loop(); i++ {
		require.NoError(b, g.SetMemory((64+i%2)*mib))
	}
}

// BenchmarkKill is Kill of one process until the group is empty, with the start before.
func BenchmarkKill(b *testing.B) {
	m := openHere(b, Options{})
	for b.Loop() {
		b.StopTimer()
		g := newGroup(b, m)
		cmd := exec.Command("/bin/sleep", "100")
		fd, ok := g.CgroupFD()
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: ok, CgroupFD: fd}
		require.NoError(b, cmd.Start())
		if !ok {
			require.NoError(b, g.Add(cmd.Process.Pid))
		}
		b.StartTimer()
		require.NoError(b, g.Kill(soon(b)))
		b.StopTimer()
		cmd.Wait()
		require.NoError(b, g.Close())
		b.StartTimer()
	}
}

func BenchmarkSweepNothing(b *testing.B) {
	m := openHere(b, Options{})
	for b.Loop() {
		_, err := m.Sweep()
		require.NoError(b, err)
	}
}
