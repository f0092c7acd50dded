package ptracer_test

import (
	"fmt"
	"log"
	"os"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

func Example() {
	rules, err := policy.New("no passwords", policy.Definition{Extends: "permissive", Files: &policy.Files{
		Denied: "kill",
		Allow:  []policy.FileRule{{Access: []string{"read", "execute"}, Paths: []string{"/**"}}},
		Deny:   []policy.FileRule{{Access: []string{"read"}, Paths: []string{"/etc/passwd"}}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	filter, err := rules.Filter(policy.FilterOptions{Ask: ptracer.Ask, Kill: ptracer.Fatal})
	if err != nil {
		log.Fatal(err)
	}
	runner, err := forkexec.Prepare(forkexec.Config{
		Path: "/bin/sh", Args: []string{"sh", "-c", "echo hello; cat /etc/passwd"}, Env: []string{"PATH=/bin:/usr/bin"}, Files: 3,
		Seccomp: filter.Instructions(), SeccompFlags: filter.Flags(), Sync: true,
	})
	if err != nil {
		log.Fatal(err)
	}

	tracer := ptracer.New()
	defer tracer.Close()
	run, err := tracer.Start(func(sync func(pid int) error) (*forkexec.Process, error) {
		return runner.Start(forkexec.Inputs{Files: []*os.File{nil, os.Stdout, os.Stderr}, Sync: sync})
	}, ptracer.Options{
		Handler: supervisor.New(rules, nil),
		OnFatalSignal: func(s ptracer.Signal) {
			fmt.Println("about to end by", s.Signal)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	result, err := run.Wait()
	if err != nil {
		log.Fatal(err)
	}
	v := result.Violation
	fmt.Println(v.Syscall, v.Args, v.Files[0].Path)
	// Output:
	// hello
	// openat [AT_FDCWD "/etc/passwd" O_RDONLY] /etc/passwd
}
