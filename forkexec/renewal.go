package forkexec

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/script"
	"github.com/bailiff-judge/bailiff/mount"
)

// Renewal is what a deputy does between two programs that have the same namespaces
// one after the other: it makes new what the first may have left something in. It is
// immutable and safe for concurrent use.
type Renewal struct {
	program *script.Program
	places  []script.Var
	key     uint64
}

// PrepareRenewal prepares a renewal: a fresh file system in the place of each tmpfs
// of a view that stands ([mount.Tree.CompileReplacement], whose errors it returns;
// nil has none), and new namespaces of these kinds, of IPC, Network and UTS, for what
// the deputy starts from then on. userNamespace says that the deputy has joined a
// user namespace; key is that of its filter.
func PrepareRenewal(view *mount.Tree, userNamespace bool, own Namespace, key uint64) (*Renewal, error) {
	if extra := own &^ (IPC | Network | UTS); extra != 0 {
		return nil, fmt.Errorf("forkexec: a deputy can't renew its %s namespace: %w", extra, unix.EINVAL)
	}
	r := &Renewal{key: key}
	c := compiler{config: &Config{Key: key}, features: kernel.Probe()}
	if own != 0 {
		row := once("unshare", unix.SYS_UNSHARE, script.Symbol(own, own.flags()))
		row.Name = own.String()
		c.add(row)
	}
	if view != nil {
		calls, places, err := view.CompileReplacement(userNamespace)
		if err != nil {
			return nil, fmt.Errorf("forkexec: %w", err)
		}
		c.add(calls...)
		r.places = places
	}
	c.done()
	c.withKey(c.calls)
	var err error
	if r.program, err = script.Assemble(weakenCalls("renewal", c.calls)); err != nil {
		return nil, fmt.Errorf("forkexec: %w", err)
	}
	return r, nil
}

// Explain prints the calls, as [Runner.Explain] does.
func (r *Renewal) Explain() string { return r.program.String() }

// Renew has the deputy do that, when nothing that it has started is left. It returns
// a descriptor of each fresh directory, in the order of the view, which the caller
// closes. After an error, an [*Error] if a step failed, the deputy is of no use.
func (d *Deputy) Renew(r *Renewal) (places []int, err error) {
	if r.key != d.served.key {
		return nil, fmt.Errorf("forkexec: the renewal is for a deputy with another key: %w", unix.EINVAL)
	}
	in := r.program.Instance()
	in.Set(varKey, r.key)
	for _, place := range r.places {
		in.Set(place, ^uint64(0))
	}
	lives, _ := d.do(in, func(func() bool) error { return nil })
	for _, place := range r.places {
		if fd := int(int32(in.Get(place))); fd >= 0 { // else the call was not made
			places = append(places, fd)
		}
	}
	runtime.KeepAlive(in)
	if failure := in.Failure(); failure != nil {
		err = asError(failure)
	} else if !lives {
		err = d.lost()
	}
	if err != nil {
		for _, fd := range places {
			unix.Close(fd)
		}
		return nil, err
	}
	return places, nil
}
