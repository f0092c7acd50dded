package rows

import (
	"strings"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
)

const mendNamespaces = "be root, or let ordinary users make user namespaces (/proc/sys/user/max_user_namespaces)"

// namespaces are the start of the program in each namespace, and in all.
func (e *Env) namespaces() []bench.Row {
	var rows []bench.Row
	row := func(name string, ns forkexec.Namespace) {
		rows = append(rows, bench.Row{Group: "namespace", Name: name,
			About: e.inUserNamespace("forkexec in a new " + strings.ReplaceAll(ns.String(), ",", ", ") + " namespace"),
			Open:  func() (*bench.Subject, error) { return e.isolated(e.namespaced(ns)) }})
	}
	for _, ns := range []forkexec.Namespace{forkexec.User, forkexec.PID, forkexec.Mount, forkexec.Network, forkexec.IPC,
		forkexec.UTS, forkexec.Cgroup, forkexec.Time} {
		row(ns.String(), ns)
	}
	row("all but time", forkexec.AllNamespaces&^forkexec.Time)
	return rows
}

// isolated starts in namespaces, which the kernel may refuse.
func (e *Env) isolated(config forkexec.Config) (*bench.Subject, error) {
	once, err := starter(config, forkexec.Inputs{})
	if err == nil {
		err = once()
	}
	if err != nil {
		return nil, refused(err, mendNamespaces)
	}
	return &bench.Subject{Measure: bench.Each(once)}, nil
}

// views are file system views, each in new mount and pid namespaces.
func (e *Env) views() []bench.Row {
	const scratch = 64 << 20
	var rows []bench.Row
	for _, v := range []struct {
		name, about string
		tree        func() *mount.Tree
	}{
		{"none", "forkexec in new mount and pid namespaces, with nothing mounted", func() *mount.Tree { return nil }},
		{"empty root", "mounts/none with an empty root in memory, the program bound into it, and pivot_root",
			func() *mount.Tree { return new(mount.Tree) }},
		{"5 binds", "mounts/empty root with five read-only binds of system directories", func() *mount.Tree { return systemBinds() }},
		{"5 binds, 2 tmpfs", "mounts/5 binds with two directories in memory", func() *mount.Tree {
			return systemBinds().Tmpfs("/tmp", mount.TmpfsOptions{Size: scratch, Mode: 0o1777}).
				Tmpfs("/box", mount.TmpfsOptions{Size: scratch})
		}},
		{"runner's", "mounts/none with the view that runner gives programs: /usr, /etc in part, devices, /proc, /tmp, /dev/shm", runner.SystemRoot},
	} {
		rows = append(rows, bench.Row{Group: "mounts", Name: v.name, About: e.inUserNamespace(v.about), Open: func() (*bench.Subject, error) {
			config := e.namespaced(forkexec.Mount | forkexec.PID)
			if tree := v.tree(); tree != nil {
				config.Mounts, config.Path = e.withTiny(tree), tinyInside
			}
			return e.isolated(config)
		}})
	}
	return rows
}

// systemBinds shows the five directories that a dynamic program needs.
func systemBinds() *mount.Tree {
	tree := new(mount.Tree)
	for _, dir := range []string{"/usr", "/bin", "/lib", "/lib64", "/etc"} {
		tree.Bind(dir, dir, mount.Optional)
	}
	return tree
}
