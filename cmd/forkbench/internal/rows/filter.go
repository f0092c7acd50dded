package rows

import (
	"fmt"
	"slices"

	elastic "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// filterCalls is how many system calls the filters allow.
const filterCalls = 110

// filters are starts under a seccomp filter; what they cost over "forkexec, no
// rights" is the kernel's work to take the filter in.
func (e *Env) filters() []bench.Row {
	row := func(name, about string, program func() ([]unix.SockFilter, uintptr, error)) bench.Row {
		return bench.Row{Group: "seccomp", Name: name, About: about, Open: func() (*bench.Subject, error) {
			instructions, flags, err := program()
			if err != nil {
				return nil, err
			}
			return started(forkexec.Config{Path: e.tiny, Seccomp: instructions, SeccompFlags: flags}, forkexec.Inputs{})
		}}
	}
	return []bench.Row{
		row("tree", fmt.Sprintf("start/forkexec, no rights under a filter that allows %d calls, as package seccomp compiles it: a search tree", filterCalls), func() ([]unix.SockFilter, uintptr, error) {
			return compiled(seccomp.Compile(seccomp.Rules{Default: seccomp.KillProcess, Foreign: seccomp.KillProcess, Flags: seccomp.TSync,
				Rules: []seccomp.Rule{{Syscalls: allowed(), Action: seccomp.Allow}}}))
		}),
		row("linear", "the same with the calls one after another, as elastic/go-seccomp-bpf assembles it", func() ([]unix.SockFilter, uintptr, error) {
			instructions, err := linear(allowed())
			return instructions, uintptr(seccomp.TSync), err
		}),
		row("policy default", "the same with the policy that runner gives programs", func() ([]unix.SockFilter, uintptr, error) {
			p, err := policy.Named("default")
			if err != nil {
				return nil, 0, err
			}
			return compiled(p.Filter(policy.FilterOptions{Kill: seccomp.KillProcess, Ask: seccomp.KillProcess}))
		}),
	}
}

func compiled(f *seccomp.Filter, err error) ([]unix.SockFilter, uintptr, error) {
	if err != nil {
		return nil, 0, err
	}
	return f.Instructions(), f.Flags(), nil
}

// allowed are as many calls as a policy for programs allows, with as many gaps
// between their numbers, and those that a program needs to start and to end.
func allowed() []string {
	names := []string{"execve", "execveat", "exit", "exit_group"}
	for nr := int32(0); len(names) < filterCalls; nr++ {
		name := seccomp.SyscallName(seccomp.NativeArch, nr)
		if seccomp.Known(name) && nr%3 != 2 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func linear(names []string) ([]unix.SockFilter, error) {
	p := elastic.Policy{DefaultAction: elastic.ActionKillProcess,
		Syscalls: []elastic.SyscallGroup{{Action: elastic.ActionAllow, Names: names}}}
	instructions, err := p.Assemble()
	if err != nil {
		return nil, err
	}
	raw, err := bpf.Assemble(instructions)
	if err != nil {
		return nil, err
	}
	var program []unix.SockFilter
	for _, in := range raw {
		program = append(program, unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K})
	}
	return program, nil
}
