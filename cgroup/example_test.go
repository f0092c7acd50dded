package cgroup_test

import (
	"context"
	"fmt"
	"log"
	"os/exec"
	"syscall"

	"github.com/bailiff-judge/bailiff/cgroup"
)

// A program is run by os/exec in a group, held to 64 MiB. (It joins the version 1
// hierarchies a moment after its start; package forkexec has it join before.)
func Example() {
	m, err := cgroup.Open(cgroup.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	g, err := m.New()
	if err != nil {
		log.Fatal(err)
	}
	defer g.Close()
	if err := g.SetMemory(64 << 20); err != nil {
		log.Fatal(err)
	}

	cmd := exec.Command("./a.out")
	if fd, ok := g.CgroupFD(); ok {
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}
	}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	if err := g.Add(cmd.Process.Pid); err != nil {
		log.Fatal(err)
	}
	runErr := cmd.Wait()
	if err := g.Kill(context.Background()); err != nil { // what it has left running
		log.Fatal(err)
	}
	stats, err := g.Stats()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(runErr, stats.CPU, stats.MemoryPeak, stats.OOMKills)
}
