package forkexec

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// Deputy is a process that stands: it has joined namespaces and loaded a filter,
// once, and starts processes that inherit both. That saves each start a clone and
// the filter, which is most of what a start costs.
//
// It shares the caller's memory and table of files, has the caller's rights, and
// runs nothing but rows that the caller has written down. It is outside of the pid
// namespace that its processes are in, so none of them can name it. It ends with the
// caller, or with Close: so close it before you change your user id, since it keeps the
// rights of before, and who may not send it a signal can't take it along.
type Deputy struct {
	pid    int
	served deputyKey
	home   *script.Instance
	// listener is the filter's, -1 if it has none.
	listener int
	ended    chan struct{}

	mutex sync.Mutex // held while it has a job
	// The job before is looked at until the next one is taken (script.Instance.Give).
	job, before *script.Instance
	closed      bool
}

// deputyKey is what a deputy has taken on.
type deputyKey struct {
	joined   string
	filter   [sha256.Size]byte
	flags    uintptr
	listener bool
	key      uint64
	weak     bool // keeps capabilities, so that there is no no_new_privs
}

func keyOf(config *Config) deputyKey {
	key := deputyKey{fmt.Sprint(config.Join), [sha256.Size]byte{}, config.SeccompFlags, config.Listener, config.Key, config.KeepCapabilities}
	if filter := config.Seccomp; len(filter) > 0 {
		size := uintptr(len(filter)) * unsafe.Sizeof(filter[0])
		key.filter = sha256.Sum256(unsafe.Slice((*byte)(unsafe.Pointer(&filter[0])), size))
	}
	return key
}

// Serves says whether a deputy can start what this runner was prepared for, in the
// namespaces that the deputy has joined.
func (r *Runner) Serves(d *Deputy) bool { return r.stand != nil && r.served == d.served }

// Deputy makes a deputy for this runner's starts, and for those of each that
// [Runner.Serves] says so of. The files are those of [Inputs.Join]. It takes a
// thread that lives as long as the deputy: the kernel ends the deputy with the thread
// that made it (PR_SET_PDEATHSIG, prctl(2)). Errors are as of [Runner.Start].
func (r *Runner) Deputy(join []*os.File) (*Deputy, error) {
	if r.stand == nil || len(join) != len(r.config.Join) {
		return nil, fmt.Errorf("forkexec: %s: a deputy is for a Config that has Deputy set, with %d files to join: %w", r.config.Path, len(r.config.Join), unix.EINVAL)
	}
	d := &Deputy{served: r.served, home: r.stand.Instance(), listener: -1, ended: make(chan struct{})}
	if err := r.fillCommon(d.home, join); err != nil {
		return nil, err
	}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := d.stand()
		failed <- err
		if err == nil {
			<-d.ended
		}
	}()
	err := <-failed
	runtime.KeepAlive(r) // whose filter and rows the deputy looks at
	runtime.KeepAlive(join)
	r.restoreDumpable()
	if err != nil {
		return nil, err
	}
	return d, nil
}

// stand clones the deputy and waits until it stands.
func (d *Deputy) stand() error {
	var err error
	d.home.Set(varListener, ^uint64(0)) // 0 may be free in the caller
	if d.pid, err = d.home.Spawn(unix.CLONE_FILES); err != nil {
		return asError(&script.Error{Call: script.Call{Step: "clone", Index: -1}, Errno: err.(unix.Errno)})
	}
	stands := await(d.home, varStanding, d.dead)
	if d.served.listener {
		d.listener = int(int32(d.home.Get(varListener)))
	}
	if !stands {
		_, _ = wait4(d.pid, nil)
		d.closeListener()
		return d.lost()
	}
	if d.listener >= 0 {
		if err := unix.SetNonblock(d.listener, true); err != nil {
			return errors.Join(fmt.Errorf("forkexec: listener: %w", err), d.Close())
		}
	}
	return nil
}

// stand is where a deputy waits for jobs.
func (c *compiler) stand() {
	const futexWait = 0
	c.signalWord("stand", varStanding, script.Plain, script.Plain)
	wait := once("stand", unix.SYS_FUTEX, script.Address(varJob, 1), script.Symbol(futexWait, "FUTEX_WAIT"), script.Int(0), script.Null())
	wait.Kind, wait.Ignore = script.Stand, []unix.Errno{unix.EAGAIN, unix.EINTR}
	c.add(wait)
}

// done is the end of a deputy's part in a start.
func (c *compiler) done() { c.signalWord("done", varDone, script.Parent, script.Back) }

// signalWord sets a word that the caller may wait for, and wakes him.
func (c *compiler) signalWord(step script.Step, word script.Var, set, wake script.Kind) {
	const futexWake = 1
	identify := once(step, unix.SYS_GETTID) // any number but 0
	identify.Out, identify.Kind = word, set
	call := once(step, unix.SYS_FUTEX, script.Address(word, 1), script.Symbol(futexWake, "FUTEX_WAKE"), script.Int(1))
	call.Kind = wake
	c.add(identify, call)
}

// errKilled is for processes that do not come to where they say so themselves.
var errKilled = errors.New("it was killed")

func (d *Deputy) dead() bool { return ended(d.pid) }

// lost is why a deputy is dead.
func (d *Deputy) lost() error {
	if failure := d.home.Failure(); failure != nil {
		return asError(failure)
	}
	return fmt.Errorf("forkexec: the deputy: %w", errKilled)
}

func (d *Deputy) closeListener() {
	if d.listener >= 0 {
		unix.Close(d.listener)
		d.listener = -1
	}
}

// do has the deputy walk in, and meanwhile the caller do its own part. It says
// whether the deputy lives.
func (d *Deputy) do(in *script.Instance, meanwhile func(over func() bool) error) (lives bool, err error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.closed {
		return false, nil
	}
	d.before, d.job = d.job, in
	in.Give(d.home, varJob)
	err = meanwhile(func() bool { return in.Get(varDone) != 0 || d.dead() })
	return await(in, varDone, d.dead), err
}

// Listener returns a file of the caller's own for the notifications of the filter
// ([Config.Listener]): those of all that the deputy has started. That nobody has the
// filter any more it doesn't tell: the deputy has.
func (d *Deputy) Listener() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(d.listener), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("forkexec: listener: %w", err)
	}
	return os.NewFile(uintptr(fd), "seccomp listener"), nil
}

// ListenerFD is the listener's descriptor, to be polled for notifications; it stays
// the deputy's. -1 if it has none.
func (d *Deputy) ListenerFD() int { return d.listener }

// Close ends the deputy. Processes that it has started go on. A caller that has given up
// the rights it had when the deputy was made may not end it: that is an error.
func (d *Deputy) Close() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.closed {
		return nil
	}
	if err := unix.Kill(d.pid, unix.SIGKILL); err != nil { // not reaped yet, so the pid is its own
		return fmt.Errorf("forkexec: end the deputy: %w", err)
	}
	d.closed = true
	_, err := wait4(d.pid, nil)
	close(d.ended)
	d.closeListener()
	if err != nil {
		return fmt.Errorf("forkexec: wait for the deputy: %w", err)
	}
	return nil
}

// fillCommon sets what a deputy that stands and its processes both use.
func (r *Runner) fillCommon(in *script.Instance, join []*os.File) error {
	in.Set(varCaller, uint64(os.Getpid()))
	if filter := r.config.Seccomp; len(filter) > 0 {
		in.Set(varFilter, uint64(len(filter)), uint64(uintptr(unsafe.Pointer(&filter[0]))))
	}
	in.Set(varKey, r.config.Key)
	for i, file := range join {
		if err := setFile(in, r.joins[i], "join", i, file); err != nil {
			return err
		}
	}
	return nil
}
