package script

import (
	"strconv"

	"github.com/elastic/go-seccomp-bpf/arch"
)

// syscallName is used for printing only.
func syscallName(nr uintptr) string {
	if info, err := arch.GetInfo(""); err == nil {
		if name, ok := info.SyscallNumbers[int(nr)]; ok {
			return name
		}
	}
	return "syscall_" + strconv.Itoa(int(nr))
}
