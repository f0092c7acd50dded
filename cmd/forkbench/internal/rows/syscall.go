package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/tinyprog"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/notify"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// SyscallGroup is the group of rows whose samples are system calls, not starts.
const SyscallGroup = "system call"

// watched is a program whose calls somebody may be asked about.
type watched struct {
	config forkexec.Config
	inputs forkexec.Inputs
	output *os.File // where what it wrote is read
}

// nobody is the id of programs that are asked about.
const nobody = 65534

// syscalls are what a program's system call costs, by who is asked about it.
func (e *Env) syscalls() []bench.Row {
	row := func(name, about string, action seccomp.Action, open func(*watched) (run func() error, shut func(), err error)) bench.Row {
		return bench.Row{Group: SyscallGroup, Name: name,
			About: fmt.Sprintf("no start: a getppid %s; a sample is the mean of %d", about, tinyprog.Count),
			Open:  func() (*bench.Subject, error) { return e.openCalls(action, open) }}
	}
	return []bench.Row{
		row("free", "of a program without a filter", 0, unwatched),
		row("filtered", "that a filter allows", seccomp.Allow, unwatched),
		row("refused", "that a filter refuses with an errno", seccomp.Errno(1), unwatched),
		row("ptrace", "that package ptracer is asked about, which brings itself and the program to one CPU", ptracer.Ask, traced(ptracer.Options{})),
		row("ptrace, any CPU", "that package ptracer is asked about, on whatever CPU it is", ptracer.Ask, traced(ptracer.Options{NoAffinity: true})),
		row("notify", "that package notify is asked about, with the program held to one CPU", seccomp.Notify, notified(true)),
		row("notify, any CPU", "that package notify is asked about, with the program on whatever CPU it is", seccomp.Notify, notified(false)),
	}
}

// openCalls prepares the program under a filter that does the action on
// getppid; with the action 0 there is no filter.
func (e *Env) openCalls(action seccomp.Action, open func(*watched) (func() error, func(), error)) (*bench.Subject, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w := &watched{output: read, config: forkexec.Config{Path: e.calls, Files: 2}, inputs: forkexec.Inputs{Files: []*os.File{nil, write}}}
	if e.root { // as no program under judgement is
		w.config.Credential = &forkexec.Credential{UID: nobody, GID: nobody}
	}
	if action != 0 {
		flags := seccomp.TSync
		if action == seccomp.Notify {
			flags = notify.FilterFlags()
		}
		filter, err := seccomp.Compile(seccomp.Rules{Default: seccomp.Allow, Foreign: seccomp.KillProcess, Flags: flags,
			Rules: []seccomp.Rule{{Syscalls: []string{"getppid"}, Action: action}}})
		if err != nil {
			return nil, errors.Join(err, read.Close(), write.Close())
		}
		w.config.Seccomp, w.config.SeccompFlags = filter.Instructions(), filter.Flags()
	}
	run, shut, err := open(w)
	if err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	return &bench.Subject{
		Measure: bench.Timed(func() (time.Duration, error) {
			if err := run(); err != nil {
				return 0, err
			}
			output := make([]byte, tinyprog.OutputSize)
			if _, err := io.ReadFull(read, output); err != nil {
				return 0, err
			}
			took, err := tinyprog.Took(output)
			return took / tinyprog.Count, err
		}),
		Close: func() error {
			shut()
			return errors.Join(read.Close(), write.Close())
		}}, nil
}

// unwatched asks nobody.
func unwatched(w *watched) (func() error, func(), error) {
	run, err := starter(w.config, w.inputs)
	return run, func() {}, err
}

// counter is a handler that allows everything, and counts.
type counter struct{ asked int }

// Enter is supervisor.Handler's.
func (c *counter) Enter(*supervisor.Call) supervisor.Answer {
	c.asked++
	return supervisor.Answer{}
}

// check says whether the program ended well, and whether it was asked about
// each of its calls; it counts from 0 again.
func (c *counter) check(path string, status unix.WaitStatus) error {
	asked := c.asked
	c.asked = 0
	if err := ended(path, status); err != nil {
		return err
	}
	if all := tinyprog.Count + 1; asked != all {
		return fmt.Errorf("asked about %d calls of %d", asked, all)
	}
	return nil
}

// traced asks a tracer.
func traced(options ptracer.Options) func(*watched) (func() error, func(), error) {
	return func(w *watched) (func() error, func(), error) {
		w.config.Sync = true
		runner, err := forkexec.Prepare(w.config)
		if err != nil {
			return nil, nil, err
		}
		var handler counter
		options.Handler = &handler
		tracer := ptracer.New()
		return func() error {
			run, err := tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
				inputs := w.inputs
				inputs.Sync = sync
				return runner.Start(inputs)
			}, options)
			if err != nil {
				return err
			}
			result, err := run.Wait()
			if err != nil {
				return err
			}
			return handler.check(w.config.Path, result.State.Status)
		}, tracer.Close, nil
	}
}

// notified asks whoever holds the filter's listener.
func notified(oneCPU bool) func(*watched) (func() error, func(), error) {
	return func(w *watched) (func() error, func(), error) {
		if err := notify.Supported(); err != nil {
			return nil, nil, &bench.Unavailable{Reason: err.Error()}
		}
		w.config.Listener = true
		if oneCPU {
			cpu, err := firstCPU()
			if err != nil {
				return nil, nil, err
			}
			w.config.CPUs = []int{cpu}
		}
		runner, err := forkexec.Prepare(w.config)
		if err != nil {
			return nil, nil, err
		}
		var handler counter
		return func() error {
			process, err := runner.Start(w.inputs)
			if err != nil {
				return err
			}
			// Waited for while it is served: before Linux 6.11 Serve returns no earlier. It can't
			// end before Serve has looked at it, which is to answer its first call.
			var state forkexec.State
			waited := make(chan error, 1)
			go func() {
				var err error
				state, err = process.Wait()
				waited <- err
			}()
			listener, err := notify.New(process.Listener)
			if err != nil {
				err = errors.Join(err, process.Listener.Close())
			} else {
				var violation *supervisor.Violation
				violation, err = listener.Serve(context.Background(), notify.Options{Handler: &handler, Process: process.PID})
				if violation != nil {
					err = fmt.Errorf("%s: a violation where all is allowed: %s", w.config.Path, violation.Syscall)
				}
			}
			if err != nil {
				err = errors.Join(err, process.Kill())
			}
			err = errors.Join(err, <-waited)
			if listener != nil {
				err = errors.Join(err, listener.Close())
			}
			if err != nil {
				return err
			}
			return handler.check(w.config.Path, state.Status)
		}, func() {}, nil
	}
}

// firstCPU is one that this process may run on.
func firstCPU() (int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, err
	}
	cpu := 0
	for !set.IsSet(cpu) {
		cpu++
	}
	return cpu, nil
}
