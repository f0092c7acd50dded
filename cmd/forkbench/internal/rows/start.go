package rows

import (
	"os/exec"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/script"
)

// starts are the ways to start a program at all.
func (e *Env) starts() []bench.Row {
	floor := start("floor", "vfork, exec and wait of "+aboutTiny+": the least that any start costs", func() (func() error, error) {
		return vforkExec(e.tiny)
	})
	return []bench.Row{
		floor,
		startTrue("floor, true", "the floor of "+truePath+": what is more is the dynamic loader and libc, whose start-up "+
			"executes CPUID dozens of times, and a hypervisor traps each", func() (func() error, error) {
			return vforkExec(truePath)
		}),
		start("plain fork", "the floor by fork, which copies the parent's page tables (see parent)", func() (func() error, error) {
			return forkExec(e.tiny)
		}),
		start("os/exec", "Go's own way: exec.Command and Run", func() (func() error, error) {
			return osExec(e.tiny), nil
		}),
		start("forkexec", "package forkexec, without any isolation", func() (func() error, error) {
			return starter(forkexec.Config{Path: e.tiny, KeepCapabilities: true}, forkexec.Inputs{})
		}),
		startTrue("forkexec, true", "package forkexec with "+truePath+", without any isolation", func() (func() error, error) {
			return starter(forkexec.Config{Path: truePath, KeepCapabilities: true}, forkexec.Inputs{})
		}),
		start("forkexec, no rights", "package forkexec, with all capabilities dropped and no_new_privs", func() (func() error, error) {
			return starter(forkexec.Config{Path: e.tiny}, forkexec.Inputs{})
		}),
	}
}

func start(name, about string, open func() (func() error, error)) bench.Row {
	return bench.Row{Group: "start", Name: name, About: about, Open: func() (*bench.Subject, error) {
		once, err := open()
		if err != nil {
			return nil, err
		}
		return &bench.Subject{Measure: bench.Each(once)}, nil
	}}
}

// startTrue is start of the usual program.
func startTrue(name, about string, open func() (func() error, error)) bench.Row {
	row := start(name, about, open)
	row.Open = needsTrue(row.Open)
	return row
}

// vforkExec is the least: a child in the parent's memory, while the parent
// waits for its exec.
func vforkExec(path string) (func() error, error) {
	return spawner(path, func(in *script.Instance) (int, error) { return in.Spawn(unix.CLONE_VFORK) })
}

// forkExec gives the child a copy of the memory, as fork does.
func forkExec(path string) (func() error, error) {
	return spawner(path, func(in *script.Instance) (int, error) { return in.SpawnCopy(0) })
}

func spawner(path string, spawn func(*script.Instance) (int, error)) (func() error, error) {
	program, err := script.Assemble([]script.Call{
		{Step: "exec", Index: -1, Name: path, Nr: unix.SYS_EXECVE, Args: []script.Arg{
			script.String(path), script.Strings([]string{path}), script.Strings(nil)}},
	})
	if err != nil {
		return nil, err
	}
	return func() error {
		in := program.Instance()
		pid, err := spawn(in)
		if err != nil {
			return err
		}
		var status unix.WaitStatus
		for {
			if _, err = unix.Wait4(pid, &status, unix.WALL, nil); err != unix.EINTR {
				break
			}
		}
		if err == nil {
			err = in.Failure()
		}
		if err == nil {
			err = ended(path, status)
		}
		return err
	}, nil
}

func osExec(path string) func() error {
	return func() error {
		cmd := exec.Command(path)
		cmd.Env = []string{}
		return cmd.Run()
	}
}
