package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// strayTimeout is how long pid 1 may take to die before strays are looked for.
const strayTimeout = 10 * time.Millisecond

// reapStrays reaps those dead children of the judge that are in the pid namespace
// of its pid 1, and that it has not started itself: a program may give its own
// parent a child (clone(2), CLONE_PARENT). Nobody else can reap them, and a
// namespace's pid 1 does not end before all others are reaped.
func reapStrays(init int) {
	namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", init))
	if err != nil {
		return // it is over
	}
	lists, _ := filepath.Glob("/proc/self/task/*/children") // the pattern is well-formed
	for _, list := range lists {
		children, _ := os.ReadFile(list) // none, if that thread is over
		for _, word := range strings.Fields(string(children)) {
			pid, err := strconv.Atoi(word)
			if err != nil || pid == init {
				continue
			}
			if where, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err == nil && where == namespace {
				_, _ = unix.Wait4(pid, nil, unix.WNOHANG|unix.WALL, nil) // or it is not dead yet
			}
		}
	}
}
