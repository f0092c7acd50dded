package rows

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/forkexec"
)

const (
	groupMemory    = 256 << 20
	groupProcesses = 16
)

// groups are what a cgroup costs: to make, to use again, to join.
func (e *Env) groups() []bench.Row {
	return []bench.Row{
		{Group: "cgroup", Name: "join", About: "forkexec of a program that starts in a cgroup that is there, with memory and pids limits",
			Open: e.groupSubject(func(m *cgroup.Manager, g *cgroup.Group) (func() error, error) {
				fd, cloned := g.CgroupFD()
				config := forkexec.Config{Path: e.tiny, KeepCapabilities: true, Cgroups: m.Joins(cloned), CgroupV2: cloned}
				return starter(config, forkexec.Inputs{Cgroups: g.JoinFDs(nil, cloned), CgroupV2: fd})
			})},
		{Group: "cgroup", Name: "use again", About: "no start: read a cgroup's counters, and make it as new",
			Open: e.groupSubject(func(_ *cgroup.Manager, g *cgroup.Group) (func() error, error) {
				return func() error {
					if _, err := g.Stats(); err != nil {
						return err
					}
					return g.Reset()
				}, nil
			})},
		{Group: "cgroup", Name: "make and remove", About: "no start: a new cgroup with its limits, and its end",
			Open: e.groupSubject(func(m *cgroup.Manager, _ *cgroup.Group) (func() error, error) {
				return func() error {
					g, err := limited(m)
					if err != nil {
						return err
					}
					return g.Close()
				}, nil
			})},
	}
}

// groupSubject opens cgroups and one in them; closing the first closes both.
func (e *Env) groupSubject(prepare func(*cgroup.Manager, *cgroup.Group) (func() error, error)) func() (*bench.Subject, error) {
	return func() (*bench.Subject, error) {
		m, err := cgroup.Open(cgroup.Options{})
		if errors.Is(err, unix.EACCES) {
			return nil, &bench.Unavailable{Reason: "this user may not make cgroups",
				Mend: "be root, or have some of one's own: `systemd-run --user --scope -p Delegate=yes forkbench`"}
		}
		if err != nil {
			return nil, refused(err, "") // which says itself how to mend it
		}
		g, err := limited(m)
		if err == nil {
			var once func() error
			if once, err = prepare(m, g); err == nil {
				return &bench.Subject{Measure: bench.Each(once), Close: m.Close}, nil
			}
		}
		return nil, errors.Join(err, m.Close())
	}
}

// limited makes a cgroup with the limits that there are.
func limited(m *cgroup.Manager) (*cgroup.Group, error) {
	g, err := m.New()
	if err != nil {
		return nil, err
	}
	if m.Has(cgroup.MemoryLimit) {
		err = g.SetMemory(groupMemory)
	}
	if err == nil && m.Has(cgroup.PidsLimit) {
		err = g.SetPids(groupProcesses)
	}
	if err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}
