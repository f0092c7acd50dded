package notify

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/procfile"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// What tasks may share (linux/kcmp.h): memory, and where paths start from.
const (
	kcmpVM    = 1 // KCMP_VM
	kcmpFiles = 2 // KCMP_FILES
	kcmpFS    = 3 // KCMP_FS
)

// mostListings is how often the tasks are listed until there are no new ones.
const mostListings = 64

// alone looks for others with the same memory, descriptors or working directory
// (CLONE_VM, CLONE_FILES, CLONE_FS). A parent that waits in vfork for this one
// does not count; it has no other threads, as those would go on.
//
// Who shares can hide: it makes another that shares, and ends, before it is
// asked about. But a task that was there when all were listed, and had been
// asked about before, shared nothing then and so can't now. So it is asked
// until there is a listing with nobody new in it. Each task is asked, since the
// first of a process has no memory any more once it has ended.
func (t *turn) alone(parent string) error {
	waits := waitsInVfork(parent)
	asked := map[int]bool{}
	for range mostListings {
		more, err := t.askAll(asked, parent, waits != "")
		if err != nil {
			return err
		}
		if more {
			continue
		}
		// It has waited all the time, so its child was listed: it is this one,
		// or we would have found another that shares its memory.
		if waits != "" && waitsInVfork(parent) != waits {
			return unsure("its parent, which shares its memory, does not wait any more")
		}
		return nil
	}
	return unsure("others come and go, and may share its memory")
}

// askAll asks all tasks that have not been asked. More says that there was one.
func (t *turn) askAll(asked map[int]bool, parent string, parentWaits bool) (more bool, err error) {
	processes, err := readDirectory("/proc")
	if err != nil {
		return false, err
	}
	for _, name := range processes {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == t.pid {
			continue
		}
		dir := "/proc/" + name
		var is unix.Stat_t
		if unix.Stat(dir, &is) != nil || t.settled != nil && is.Uid != t.id.uid && is.Uid != 0 {
			continue // root's are those whose owner /proc does not tell
		}
		tasks, err := readDirectory(dir + "/task")
		if err != nil {
			more = more || !asked[pid]
			asked[pid] = true
			continue // dead
		}
		for _, task := range tasks {
			tid, err := strconv.Atoi(task)
			if err != nil || asked[tid] {
				continue
			}
			asked[tid], more = true, true
			switch found, err := t.sharing(tid, name == parent && parentWaits); {
			case err == unix.EPERM && t.stranger(dir):
			case err != nil:
				return false, unsure("process %d can't be compared with it: %v", pid, err)
			case found != "":
				return false, unsure("another process shares its %s, and may change what it executes", found)
			}
		}
	}
	return more, nil
}

// sharing is what a task has in common with this one, "" if that is nothing.
func (t *turn) sharing(tid int, exceptMemory bool) (string, error) {
	for _, may := range []struct {
		kind uintptr
		what string
	}{{kcmpVM, "memory"}, {kcmpFiles, "descriptors"}, {kcmpFS, "working directory"}} {
		if may.kind == kcmpVM && exceptMemory {
			continue
		}
		if shares, err := t.shares(tid, may.kind); err != nil || shares {
			return may.what, err
		}
	}
	return "", nil
}

// shares asks kcmp(2). Who is dead shares nothing.
func (t *turn) shares(tid int, kind uintptr) (bool, error) {
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(t.tid()), uintptr(tid), kind, 0, 0, 0)
	if errno != 0 && errno != unix.ESRCH {
		return false, errno
	}
	return errno == 0 && order == 0, nil
}

// waitsInVfork says whether a process of one thread waits until its child has
// executed a program or ended: "" if not, else what is another text as soon as
// it has run. To sleep so that only fatal signals wake it (D) is not enough:
// who waits for our answer does that, too.
func waitsInVfork(name string) string {
	dir := "/proc/" + name
	fields, err := procfile.Status(dir)
	if err != nil || fields["Threads"] != "1" || !strings.HasPrefix(fields["State"], "D") {
		return ""
	}
	// 56 0x4111 0x7ffe3c0a1000 ... (proc_pid_syscall(5))
	text, err := os.ReadFile(dir + "/syscall")
	if err != nil {
		return ""
	}
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return ""
	}
	number, err := strconv.ParseInt(words[0], 10, 32)
	if err != nil {
		return ""
	}
	switch seccomp.SyscallName(seccomp.NativeArch, int32(number)) {
	case "vfork":
	case "clone":
		flags, err := strconv.ParseUint(words[1], 0, 64)
		if err != nil || flags&unix.CLONE_VFORK == 0 {
			return ""
		}
	default:
		return ""
	}
	return fields["voluntary_ctxt_switches"]
}

// stranger says whether a process can't be of the run: it is another user's, or
// it was there before.
func (t *turn) stranger(dir string) bool {
	id, err := readIdentity(dir)
	if err != nil || t.settled != nil && id.uid != t.id.uid && id.realUID != t.id.uid {
		return true
	}
	began, err := procfile.StartTime(dir)
	return err != nil || began < t.began
}

func readDirectory(name string) ([]string, error) {
	dir, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}
