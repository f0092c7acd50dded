package rows

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// PeerGroup is the group of the other sandboxes.
const PeerGroup = "peer"

// peer is another sandbox that is a command.
type peer struct {
	name, about, differs string
	// command is what must be there, get how to get it.
	command, get string
	// commands are those of one run, in the order in which they are executed;
	// each begins with the command's arguments, without itself.
	commands func(*Env) ([]command, error)
	// tidy removes what a run that went wrong may have left, if anything can.
	tidy func(path string) error
}

// command is one to execute, with what it has open behind stderr.
type command struct {
	args  []string
	files []*os.File
}

// peers are other sandboxes, each as near to what runner does as it comes.
func (e *Env) peers() []bench.Row {
	rows := e.goSandbox()
	for _, p := range []peer{bubblewrap(), isolate(), nsjail(), crun(), systemdRun()} {
		rows = append(rows, bench.Row{Group: PeerGroup, Name: p.name, About: p.about, Differs: p.differs,
			Open: func() (*bench.Subject, error) { return e.openPeer(p) }})
	}
	return rows
}

// openPeer tries a peer once, so that what it complains about can be told.
func (e *Env) openPeer(p peer) (_ *bench.Subject, err error) {
	path, err := exec.LookPath(p.command)
	if err != nil {
		return nil, &bench.Unavailable{Reason: p.command + " is not installed", Mend: p.get}
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	commands, err := p.commands(e)
	if err != nil {
		return nil, err
	}
	var files []*os.File
	for _, c := range commands {
		files = append(files, c.files...)
	}
	shut := func() (err error) {
		if p.tidy != nil {
			err = p.tidy(path)
		}
		for _, f := range files {
			err = errors.Join(err, f.Close())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, shut())
		}
	}()
	var steps []func() error
	for _, c := range commands {
		if err := c.try(path); err != nil {
			return nil, &bench.Unavailable{Reason: fmt.Sprintf("%s does not work here: %v", p.command, err)}
		}
		// Without os/exec, whose costs are none of the peer's.
		start, err := starter(forkexec.Config{Path: path, Args: append([]string{path}, c.args...), Env: os.Environ(),
			Files: 3 + len(c.files), KeepCapabilities: true}, forkexec.Inputs{Files: append(make([]*os.File, 3), c.files...)})
		if err != nil {
			return nil, err
		}
		steps = append(steps, func() error {
			if err := c.rewind(); err != nil {
				return err
			}
			return start()
		})
	}
	return &bench.Subject{Close: shut, Measure: bench.Each(func() error {
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})}, nil
}

// try executes the command once; the error is what it says.
func (c command) try(path string) error {
	if err := c.rewind(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), peerSeconds*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, c.args...)
	cmd.ExtraFiles = c.files
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("no end after %d seconds", peerSeconds)
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.Join(strings.Fields(said.String()), " "))
	}
	return nil
}

// rewind lets the command read its files from their beginning.
func (c command) rewind() error {
	for _, f := range c.files {
		if _, err := f.Seek(0, 0); err != nil {
			return err
		}
	}
	return nil
}

// filterFile is the default policy's filter as a file, as bubblewrap reads it.
func (e *Env) filterFile() (*os.File, error) {
	p, err := policy.Named("default")
	if err != nil {
		return nil, err
	}
	f, err := p.Filter(policy.FilterOptions{Kill: seccomp.KillProcess, Ask: seccomp.KillProcess})
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(e.dir, "filter-*")
	if err != nil {
		return nil, err
	}
	if err := binary.Write(file, binary.NativeEndian, f.Instructions()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
