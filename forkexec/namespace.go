package forkexec

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Namespace is a set of namespaces (namespaces(7)).
type Namespace uintptr

// The eight namespaces, with their CLONE_NEW* bits.
const (
	Mount   Namespace = unix.CLONE_NEWNS
	UTS     Namespace = unix.CLONE_NEWUTS
	IPC     Namespace = unix.CLONE_NEWIPC
	User    Namespace = unix.CLONE_NEWUSER
	PID     Namespace = unix.CLONE_NEWPID
	Network Namespace = unix.CLONE_NEWNET
	Cgroup  Namespace = unix.CLONE_NEWCGROUP // Linux 4.6
	Time    Namespace = unix.CLONE_NEWTIME   // Linux 6.3, for a child that shares memory

	AllNamespaces = Mount | UTS | IPC | User | PID | Network | Cgroup | Time
)

// namespaces is the vocabulary: parsing and printing use it.
var namespaces = [...]struct {
	bit        Namespace
	name, flag string
}{
	{User, "user", "CLONE_NEWUSER"},
	{Mount, "mnt", "CLONE_NEWNS"},
	{PID, "pid", "CLONE_NEWPID"},
	{Network, "net", "CLONE_NEWNET"},
	{IPC, "ipc", "CLONE_NEWIPC"},
	{UTS, "uts", "CLONE_NEWUTS"},
	{Cgroup, "cgroup", "CLONE_NEWCGROUP"},
	{Time, "time", "CLONE_NEWTIME"},
}

// String lists the names as /proc/PID/ns has them: "mnt,pid".
func (n Namespace) String() string {
	var names []string
	for _, entry := range namespaces {
		if n&entry.bit != 0 {
			names = append(names, entry.name)
			n &^= entry.bit
		}
	}
	if n != 0 {
		names = append(names, fmt.Sprintf("%#x", uintptr(n)))
	}
	return strings.Join(names, ",")
}

// flags prints n as clone(2) writes it.
func (n Namespace) flags() string {
	var names []string
	for _, entry := range namespaces {
		if n&entry.bit != 0 {
			names = append(names, entry.flag)
		}
	}
	return strings.Join(names, "|")
}

func (m IDMap) String() string {
	return fmt.Sprintf("%d %d %d", m.Inside, m.Outside, m.Count)
}
