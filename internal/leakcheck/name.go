package leakcheck

import (
	"fmt"
	"os"
	"strings"
)

// Name is the name for something on the machine that this process is to blame for if it
// stays: a file in a temporary directory, a POSIX shared memory object, an abstract socket.
func Name(suffix string) string {
	return fmt.Sprintf("bailiff-%d-%s", os.Getpid(), suffix)
}

// IPCKey is the same for System V IPC: one of the 256 keys that belong to this process.
func IPCKey(n uint8) int {
	// A pid has 22 bits at most (PID_MAX_LIMIT in linux/threads.h). The bit above keeps
	// the keys away from 0, which is IPC_PRIVATE, and from the small numbers people use.
	return 1<<30 | os.Getpid()<<8 | int(n)
}

// named tells whether a name, or path, or line holds a Name or the name of a cgroup of
// this process, as package cgroup makes them.
func named(s string) bool {
	pid := os.Getpid()
	return strings.Contains(s, Name("")) ||
		strings.Contains(s, fmt.Sprintf("bailiff.%d.", pid)) ||
		strings.Contains(s, fmt.Sprintf("bailiff-self.%d.", pid))
}
