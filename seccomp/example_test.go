package seccomp_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// A program may open sockets of its own machine, and is told that there are no
// others.
func ExampleCompile() {
	filter, err := seccomp.Compile(seccomp.Rules{
		Rules: []seccomp.Rule{
			{Syscalls: []string{"socket"}, When: seccomp.Equal(0, unix.AF_UNIX), Action: seccomp.Allow},
			{Syscalls: []string{"socket"}, Action: seccomp.Errno(unix.EAFNOSUPPORT)},
			{Syscalls: []string{"ptrace"}, Action: seccomp.KillProcess},
		},
		Default: seccomp.Allow,
		Foreign: seccomp.KillProcess,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// What would the kernel do? The kernel looks at 32 bits of the first
	// argument, and so does the filter.
	socket, _ := seccomp.Number("socket")
	call := seccomp.Data{Number: socket, Arch: seccomp.NativeArch, Args: [6]uint64{1<<32 | unix.AF_INET}}
	fmt.Println(filter.Evaluate(&call))
	// Output: errno EAFNOSUPPORT
}
