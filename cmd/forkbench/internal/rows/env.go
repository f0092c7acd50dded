// Package rows is what forkbench measures: each row is something that
// starting a program in a sandbox is made of, or a whole sandbox, ours or
// another.
package rows

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/tinyprog"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/mount"
)

// Floor is the ID of the row that all others are compared with.
const Floor = "start/floor"

// Env is what the rows have in common. It is not for concurrent use.
type Env struct {
	// Self is the command line of a [Serve] process, without its arguments.
	Self []string
	// CPUs is how many workers the machine has room for.
	CPUs int

	dir                string // for whatever must be a file
	tiny, calls, leave string // the programs of package tinyprog
	root               bool

	mutex   sync.Mutex
	servers map[int64]*shared[*server] // by the bytes they hold
}

// NewEnv makes the programs, in a temporary directory.
func NewEnv(self []string, cpus int) (_ *Env, err error) {
	e := &Env{Self: self, CPUs: cpus, root: os.Geteuid() == 0, servers: map[int64]*shared[*server]{}}
	if e.dir, err = os.MkdirTemp("", "forkbench-*"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	// Other sandboxes become other users before they look for the program.
	if err := os.Chmod(e.dir, 0o755); err != nil {
		return nil, err
	}
	if e.tiny, err = e.program("tiny", tinyprog.Exit); err != nil {
		return nil, err
	}
	if e.leave, err = e.program("leave", tinyprog.Leave); err != nil {
		return nil, err
	}
	if e.calls, err = e.program("calls", tinyprog.Calls); err != nil {
		return nil, err
	}
	once, err := vforkExec(e.tiny)
	if err != nil {
		return nil, err
	}
	if err := once(); err != nil {
		return nil, fmt.Errorf("a program in %s can't be executed: %w: set $TMPDIR to a directory where one can", e.dir, err)
	}
	return e, nil
}

// program makes an executable file.
func (e *Env) program(name string, make func() ([]byte, error)) (string, error) {
	image, err := make()
	if err != nil {
		return "", err
	}
	path := filepath.Join(e.dir, name)
	return path, os.WriteFile(path, image, 0o755)
}

// Close removes the directory.
func (e *Env) Close() error { return os.RemoveAll(e.dir) }

// subdir makes an empty directory for a row.
func (e *Env) subdir(pattern string) (string, error) { return os.MkdirTemp(e.dir, pattern) }

// All are the rows, in the order in which they are reported.
func (e *Env) All() []bench.Row {
	var all []bench.Row
	for _, group := range [][]bench.Row{
		e.starts(), e.namespaces(), e.views(), e.filters(), e.groups(), e.syscalls(), e.runs(), e.scaling(), e.parents(), e.peers(),
	} {
		all = append(all, group...)
	}
	return all
}

// The program that only exits, and the usual one.
const (
	aboutTiny = "a static program that only exits"
	truePath  = "/bin/true"
)

// needsTrue says why a row of the usual program can't be measured.
func needsTrue(open func() (*bench.Subject, error)) func() (*bench.Subject, error) {
	return func() (*bench.Subject, error) {
		if _, err := os.Stat(truePath); err != nil {
			return nil, &bench.Unavailable{Reason: err.Error(), Mend: "it is part of coreutils"}
		}
		return open()
	}
}

// namespaced returns a config with new namespaces. An ordinary user can make
// them in a user namespace of their own alone.
func (e *Env) namespaced(ns forkexec.Namespace) forkexec.Config {
	config := forkexec.Config{Path: e.tiny, Namespaces: ns, KeepCapabilities: true}
	if !e.root {
		config.Namespaces |= forkexec.User
	}
	if config.Namespaces&forkexec.User != 0 {
		config.UIDMap = []forkexec.IDMap{{Inside: 1000, Outside: uint32(os.Geteuid()), Count: 1}}
		config.GIDMap = []forkexec.IDMap{{Inside: 1000, Outside: uint32(os.Getegid()), Count: 1}}
	}
	return config
}

// inUserNamespace is added to what a row says of itself, where it holds.
func (e *Env) inUserNamespace(about string) string {
	if e.root {
		return about
	}
	return about + "; in a new user namespace, as ordinary users must"
}

// withTiny shows the program in a view.
func (e *Env) withTiny(view *mount.Tree) *mount.Tree { return view.Bind(e.tiny, tinyInside, 0) }

// tinyInside is where a view has the program.
const tinyInside = "/tiny"

// started is a subject that starts and waits for a program by forkexec.
func started(config forkexec.Config, inputs forkexec.Inputs) (*bench.Subject, error) {
	once, err := starter(config, inputs)
	if err != nil {
		return nil, err
	}
	return &bench.Subject{Measure: bench.Each(once)}, nil
}

// starter returns a function that starts a program and waits for it. A program
// that ends with anything but 0 is an error.
func starter(config forkexec.Config, inputs forkexec.Inputs) (func() error, error) {
	runner, err := forkexec.Prepare(config)
	if err != nil {
		return nil, err
	}
	return func() error {
		process, err := runner.Start(inputs)
		if err != nil {
			return err
		}
		state, err := process.Wait()
		if err != nil {
			return err
		}
		return ended(config.Path, state.Status)
	}, nil
}

func ended(path string, status unix.WaitStatus) error {
	switch {
	case status.Signaled():
		return fmt.Errorf("%s was ended by %v", path, status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("%s exited with %d", path, status.ExitStatus())
	}
	return nil
}

// refused turns a refusal of the kernel's into the reason why a row can't be
// measured; other errors stay what they are.
func refused(err error, mend string) error {
	for _, errno := range []error{unix.EPERM, unix.EACCES, unix.ENOSYS, unix.ENOSPC, errors.ErrUnsupported} {
		if errors.Is(err, errno) {
			return &bench.Unavailable{Reason: err.Error(), Mend: mend}
		}
	}
	return err
}
