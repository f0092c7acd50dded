package selftest

import (
	"os"
	"runtime"

	"github.com/bailiff-judge/bailiff/cgroup"
)

// Here says what this machine has for guarantees to be built on.
func Here() Needs {
	var needs Needs
	if os.Geteuid() == 0 {
		needs |= RootJudge
	} else {
		needs |= ProcessLimit // RLIMIT_NPROC, in a user namespace of each run's own
	}
	if runtime.GOARCH == "amd64" {
		needs |= AMD64
	}
	m, err := cgroup.Open(cgroup.Options{})
	if err != nil {
		return needs
	}
	defer m.Close()
	if m.Has(cgroup.MemoryLimit) {
		needs |= MemoryCgroup
	}
	if m.Has(cgroup.PidsLimit) {
		needs |= ProcessLimit
	}
	return needs
}
