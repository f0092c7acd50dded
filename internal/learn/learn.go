// Package learn runs a program and writes down what it calls.
//
// Every call of the program stops for a listener (seccomp_unotify(2)), which
// notes it and lets the kernel execute it. The program is trusted: between the
// note and the execution another of its threads could change what pointers
// point at, and nothing here asks about paths.
package learn

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// Program is what to run.
type Program struct {
	Args []string // the first is looked up in $PATH
	Env  []string
	Dir  string
	// Stdin, Stdout and Stderr are its descriptors 0 to 2; nil is /dev/null.
	Stdin, Stdout, Stderr *os.File
}

// Run runs it to its end and that of all its descendants, and hands each call
// to learner, which must have no other user meanwhile. It needs Linux 5.9, which
// tells when nobody has a filter any more.
//
// The program runs as the caller, with no_new_privs and without capabilities.
// execve itself is not noted: the program needs it to start.
func Run(program Program, learner *policy.Learner) (unix.WaitStatus, error) {
	path, err := exec.LookPath(program.Args[0])
	if err != nil {
		return 0, fmt.Errorf("learn: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return 0, fmt.Errorf("learn: %w", err)
	}
	filter, err := seccomp.Compile(seccomp.Rules{
		// Its answer to the first execve could only come once the program has
		// been executed: before, nobody has the listener.
		Rules:   []seccomp.Rule{{Syscalls: []string{"execve", "execveat"}, Action: seccomp.Allow}},
		Default: seccomp.Notify,
		Foreign: seccomp.KillProcess,
	})
	if err != nil {
		return 0, fmt.Errorf("learn: %w", err)
	}
	starter, err := forkexec.Prepare(forkexec.Config{Path: path, Args: program.Args, Env: program.Env, Dir: program.Dir,
		Files: 3, Seccomp: filter.Instructions(), Listener: true})
	if err != nil {
		return 0, fmt.Errorf("learn: %w", err)
	}
	process, err := starter.Start(forkexec.Inputs{Files: []*os.File{program.Stdin, program.Stdout, program.Stderr}})
	if err != nil {
		return 0, fmt.Errorf("learn: %w", err)
	}
	// Waited for meanwhile: before Linux 6.11 an unreaped process keeps its filter.
	var state forkexec.State
	waited := make(chan error, 1)
	go func() {
		var err error
		state, err = process.Wait()
		waited <- err
	}()
	err = answer(process.Listener.Fd(), learner)
	if err != nil { // whoever waits for an answer would wait for ever
		if killErr := process.Kill(); !errors.Is(killErr, os.ErrProcessDone) {
			err = errors.Join(err, killErr)
		}
	}
	err = errors.Join(err, process.Listener.Close(), <-waited)
	return state.Status, err
}

// answer answers until nobody has the filter any more.
func answer(fd uintptr, learner *policy.Learner) error {
	for {
		note, gone, err := listener.Receive(fd, -1)
		if err != nil {
			return fmt.Errorf("learn: %w", err)
		}
		if gone {
			return nil
		}
		reply := listener.Response{ID: note.ID, Flags: listener.Continue}
		if action := learner.Observe(&note.Data); !action.Permits() {
			reply.Flags, reply.Error = 0, -int32(action.Data())
		}
		if _, err := listener.Send(fd, reply); err != nil {
			return fmt.Errorf("learn: %w", err)
		}
	}
}
