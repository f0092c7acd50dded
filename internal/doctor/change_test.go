package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// A child of the tests has one of these: it makes the change, becomes another
// program with it, which is the same one, and examines what it finds.
const (
	toMake    = "BAILIFF_DOCTOR_MAKE"
	toExamine = "BAILIFF_DOCTOR_EXAMINE"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(toMake) != "":
		runtime.LockOSThread()
		fmt.Fprintln(os.Stderr, becomeChanged(named(os.Getenv(toMake))))
		os.Exit(1)
	case os.Getenv(toExamine) != "":
		if c := named(os.Getenv(toExamine)); c.meanwhile != nil {
			go c.meanwhile()
		}
		lines, _ := Here().Examine(Root)
		if err := json.NewEncoder(os.Stdout).Encode(lines); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func named(name string) change {
	for _, c := range changes() {
		if c.name == name {
			return c
		}
	}
	panic("no change is called " + name)
}

// becomeChanged returns only if it fails.
func becomeChanged(c change) error {
	if err := c.make(); err != nil {
		return err
	}
	return unix.Exec("/proc/self/exe", os.Args[:1], []string{toExamine + "=" + c.name, "PATH=" + os.Getenv("PATH")})
}

// examined is what doctor said of a changed machine.
type examined struct {
	lines []struct{ Name, State, Detail, Mend string }
	err   error
}

// examineAll has all machines looked at, at once: each takes the second in which
// stolen time is counted.
func examineAll(t *testing.T, list []change) []examined {
	found := make([]examined, len(list))
	var group sync.WaitGroup
	for i, c := range list {
		dir := t.TempDir()
		group.Go(func() { found[i] = examineChanged(c.name, dir) })
	}
	group.Wait()
	return found
}

func examineChanged(name, dir string) (e examined) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{toMake + "=" + name, "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH")}
	var text strings.Builder
	cmd.Stderr = &text
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &e.lines)
	}
	if err != nil {
		e.err = fmt.Errorf("%w: %s", err, text.String())
	}
	return e
}

// all makes one change after the other.
func all(steps ...func() error) func() error {
	return func() error {
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}
}

// mounts gives the thread mounts of its own. What is mounted from then on is
// gone when the process is.
func mounts() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}

// hide mounts an empty directory over one.
func hide(dir string) func() error {
	return func() error {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("hide %s: %w", dir, err)
		}
		return nil
	}
}

// unmount takes all mounts at a directory and below away.
func unmount(dir string) func() error {
	return func() error {
		for {
			switch err := unix.Unmount(dir, unix.MNT_DETACH); err {
			case nil:
			case unix.EINVAL: // no mount any more
				return nil
			default:
				return fmt.Errorf("unmount %s: %w", dir, err)
			}
		}
	}
}

// show has a file read as text. Where there is none it is made, which needs a
// directory that was hidden.
func show(name, text string) func() error {
	return func() error {
		if _, err := os.Stat(name); err != nil {
			if !hidden(name) {
				return fmt.Errorf("show %s: nothing of the machine's own is made: hide its directory", name)
			}
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			return os.WriteFile(name, []byte(text+"\n"), 0o644)
		}
		f, err := os.CreateTemp("", "")
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.WriteString(text + "\n"); err != nil {
			return err
		}
		if err := f.Chmod(0o644); err != nil {
			return err
		}
		if err := unix.Mount(f.Name(), name, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("show %s: %w", name, err)
		}
		return nil
	}
}

// hidden says whether a file that isn't there would be made where hide has been.
func hidden(name string) bool {
	var fs unix.Statfs_t
	for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
		if unix.Statfs(dir, &fs) == nil {
			return fs.Type == unix.TMPFS_MAGIC
		}
	}
}

// answer has the kernel refuse calls with an error; 0 is success for nothing done.
func answer(errno unix.Errno, calls ...string) func() error { return answerWhen(errno, nil, calls...) }

// answerWhen refuses them only with some arguments.
func answerWhen(errno unix.Errno, when seccomp.Condition, calls ...string) func() error {
	return func() error {
		_, err := loadFilter(0, seccomp.Rule{Syscalls: calls, When: when, Action: seccomp.Errno(errno)})
		return err
	}
}

// loadFilter gives the thread, and what it becomes, a filter.
func loadFilter(flags seccomp.Flags, rules ...seccomp.Rule) (*os.File, error) {
	filter, err := seccomp.Compile(seccomp.Rules{Rules: rules, Default: seccomp.Allow, Foreign: seccomp.KillProcess, Flags: flags})
	if err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return nil, fmt.Errorf("no_new_privs: %w", err)
		}
	}
	return filter.Load()
}

// listened has a filter with a listener, of which there can be one.
func listened() error {
	l, err := loadFilter(seccomp.NewListener, seccomp.Rule{Syscalls: []string{"acct"}, Action: seccomp.Notify})
	if err != nil {
		return err
	}
	_, err = unix.FcntlInt(l.Fd(), unix.F_SETFD, 0) // it stays open, and nobody asks it
	return err
}

// become drops root.
func become(id uintptr) func() error {
	return func() error {
		// For this thread alone, which is the one that counts.
		for _, call := range [][4]uintptr{{unix.SYS_SETGROUPS}, {unix.SYS_SETRESGID, id, id, id}, {unix.SYS_SETRESUID, id, id, id}} {
			if _, _, errno := unix.RawSyscall(call[0], call[1], call[2], call[3]); errno != 0 {
				return fmt.Errorf("become %d: %w", id, errno)
			}
		}
		return nil
	}
}

// slack sets how late the timers of who is executed next may ring.
func slack(d time.Duration) func() error {
	return func() error { return unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(d), 0, 0, 0) }
}

// ticks has clock_getres(2) answered by ourselves. So we don't become who
// examines, but start it and wait.
func ticks(name string, d time.Duration) func() error {
	return func() error {
		l, err := loadFilter(seccomp.NewListener, seccomp.Rule{Syscalls: []string{"clock_getres"}, Action: seccomp.Notify})
		if err != nil {
			return err
		}
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{toExamine + "=" + name, "PATH=" + os.Getenv("PATH")}
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil { // by this thread, so with its filter
			return err
		}
		go func() {
			for {
				note, gone, err := listener.Receive(l.Fd(), -1)
				if gone || err != nil || note == nil {
					return
				}
				ts := unix.NsecToTimespec(int64(d))
				local := []unix.Iovec{{Base: (*byte)(unsafe.Pointer(&ts)), Len: uint64(unsafe.Sizeof(ts))}}
				remote := []unix.RemoteIovec{{Base: uintptr(note.Data.Args[1]), Len: int(unsafe.Sizeof(ts))}}
				r := listener.Response{ID: note.ID}
				if _, err := unix.ProcessVMWritev(int(note.PID), local, remote, 0); err != nil {
					r.Error = -int32(unix.EFAULT)
				}
				if _, err := listener.Send(l.Fd(), r); err != nil {
					return
				}
			}
		}()
		if err := cmd.Wait(); err != nil {
			return err
		}
		os.Exit(0)
		return nil
	}
}

// stealing is a host that takes half of the time, as /proc/stat tells it.
func stealing() {
	f, err := os.OpenFile("/proc/stat", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	for n := 1; ; n++ {
		// Over what was there, of the same length: who reads sees a whole line.
		_, _ = fmt.Fprintf(io.NewOffsetWriter(f, 0), "cpu  %08d 0 0 0 0 0 0 %08d 0 0\n", n, n)
		time.Sleep(10 * time.Millisecond)
	}
}
