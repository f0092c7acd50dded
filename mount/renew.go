package mount

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/script"
)

// CompileRenewal returns the calls that put a fresh file system in the place of
// each that a program may have written to: each tmpfs, and what the tree has in
// it, and each mqueue. They must be made by a process that sees the tree as its
// root, in a copy of the mount namespace that [Tree.Compile]'s calls have set up,
// and with the same rights. So one standing view serves many programs, none of
// which finds what another wrote. What is bound writable is the caller's own, and
// stays as it is.
//
// A view whose writable parts can't be replaced so, such as an overlay with an
// upper directory, is an error that names the entry and matches ENOTSUP.
func (t *Tree) CompileRenewal(userNamespace bool) ([]script.Call, error) {
	return t.compileRenewal(userNamespace, kernel.Probe())
}

func (t *Tree) compileRenewal(userNamespace bool, features kernel.Features) ([]script.Call, error) {
	// What stands where is known by making it all once more; those calls are
	// not used.
	view := &compiler{userNamespace: userNamespace, features: features, at: map[string]content{"/": fresh}}
	for i := range t.entries {
		if e := &t.entries[i]; !e.absent() {
			if err := view.make(i, t); err != nil {
				return nil, e.wrap(i, err)
			}
		}
	}
	c := &compiler{userNamespace: userNamespace, features: features, at: maps.Clone(view.at), standing: true}
	var again []int // entries, in order
	var tops []string
	for i := range t.entries {
		e := &t.entries[i]
		inside := slices.ContainsFunc(tops, func(top string) bool { return strings.HasPrefix(e.target, top+"/") })
		switch {
		case e.absent():
			continue
		case e.kind == overlay && (e.upper != "" || inside):
			return nil, e.wrap(i, fmt.Errorf("an overlay can't be put in place again from within the view: %w", unix.ENOTSUP))
		case inside || slices.Contains(tops, e.target):
		case e.kind == tmpfs && view.at[e.target] != fresh:
			return nil, e.wrap(i, fmt.Errorf("a later entry hides this one: %w", unix.ENOTSUP))
		case e.kind == tmpfs || e.kind == mqueue:
			tops = append(tops, e.target)
		default:
			continue
		}
		again = append(again, i)
	}
	if len(again) == 0 {
		return nil, nil
	}
	for _, top := range tops {
		c.cover(top, view.at[top])
	}
	for _, i := range again {
		c.openSource(i, t)
	}
	c.enterRoot()
	const varUmask script.Var = "mount_umask"
	c.add(-1, "/", unix.SYS_UMASK, script.Int(0)).Out = varUmask
	for _, i := range again {
		if err := c.make(i, t); err != nil {
			return nil, t.entries[i].wrap(i, err)
		}
	}
	c.add(-1, "/", unix.SYS_UMASK, script.Value(varUmask))
	return c.calls, nil
}

// Sources lists the paths outside that the tree shows: those of its binds, and of
// the directories of its overlays.
func (t *Tree) Sources() []string {
	var list []string
	for i := range t.entries {
		e := &t.entries[i]
		switch e.kind {
		case bind:
			list = append(list, e.source)
		case overlay:
			list = append(list, e.lower...)
			if e.upper != "" {
				list = append(list, e.upper, e.work)
			}
		}
	}
	return list
}
