package runner

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Most programs leave nothing behind that a slot would have to be rid of: they write
// nothing but their output. So what they could leave something in is kept while there
// is proof that they have not, and made new otherwise (forkexec.Renewal).
//
// Of files, the times of the directory are the proof: its owner has set them to one
// that is long past, which nobody else can, and whatever is made or removed in it sets
// them to now. Calls that leave no trace there, but could count up somewhere, are told
// of by the filter.

// residual are the calls that a directory's times don't tell of: files without a name,
// which take an inode number; what an IPC namespace holds, whose ids count up; and sockets,
// which can hold each other and so outlive their process (emptyNetwork). By io_uring the
// filter sees none of them.
func residual() []seccomp.Rule {
	const unnamed = unix.O_TMPFILE &^ unix.O_DIRECTORY
	return []seccomp.Rule{
		{Syscalls: []string{"open"}, When: seccomp.AnyBit(1, unnamed), Action: seccomp.Notify},
		{Syscalls: []string{"openat"}, When: seccomp.AnyBit(2, unnamed), Action: seccomp.Notify},
		{Syscalls: []string{"openat2", "io_uring_setup", "shmget", "semget", "msgget", "mq_open", "socketpair"}, Action: seccomp.Notify},
	}
}

// place is a directory of a slot that its programs may write to, and how it looks
// while none has.
type place struct {
	fd   int
	look look
}

// look is what a program changes of a directory, whatever it does in there.
type look struct {
	accessed, modified, changed unix.Timespec
	links                       uint64
	blocks, files               uint64 // free ones
}

func lookOf(fd int) (l look, err error) {
	var stat unix.Stat_t
	var space unix.Statfs_t
	if err = unix.Fstat(fd, &stat); err == nil {
		err = unix.Fstatfs(fd, &space)
	}
	return look{stat.Atim, stat.Mtim, stat.Ctim, uint64(stat.Nlink), space.Bfree, space.Ffree}, err
}

// long is a time at which nothing in a sandbox was made.
func long() unix.Timespec { return unix.Timespec{Sec: 946684800} } // 2000-01-01

// renew makes new what programs may have left something in.
func (l *slot) renew() error {
	l.closePlaces()
	l.residue.Store(false)
	fds, err := l.deputy.Renew(l.kind.renewal)
	if err != nil {
		return err
	}
	for _, fd := range fds {
		l.places = append(l.places, place{fd: fd})
	}
	for i := range l.places {
		p := &l.places[i]
		if err = unix.UtimesNanoAt(p.fd, ".", []unix.Timespec{long(), long()}, 0); err == nil {
			p.look, err = lookOf(p.fd)
		}
		if err != nil {
			return fmt.Errorf("runner: directory of a slot: %w", err)
		}
	}
	return nil
}

// untouched says whether no program has left anything since.
func (l *slot) untouched() bool {
	if l.residue.Load() {
		return false
	}
	for _, p := range l.places {
		if now, err := lookOf(p.fd); err != nil || now != p.look {
			return false
		}
	}
	return true
}

// emptyNetwork is an error if there are sockets in the slot's network namespace. Those
// that were sent over each other are closed only when the kernel comes to look for such
// (unix_gc), and meanwhile the next program could count them.
func (l *slot) emptyNetwork() error {
	first, err := firstLine(fmt.Sprintf("/proc/%d/net/sockstat", l.init.PID))
	if err != nil {
		return fmt.Errorf("runner: sockets of a slot: %w", err)
	}
	if first != "sockets: used 0" {
		return fmt.Errorf("runner: a program has left sockets in a slot: %q", first)
	}
	return nil
}

// firstLine reads a short one by itself, without Go's poller, for which a file of /proc
// may be one to wait for.
func firstLine(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var text [128]byte
	n, err := unix.Read(fd, text[:])
	if err != nil {
		return "", &os.PathError{Op: "read", Path: path, Err: err}
	}
	first, _, _ := strings.Cut(string(text[:n]), "\n")
	return first, nil
}

func (l *slot) closePlaces() {
	for _, p := range l.places {
		unix.Close(p.fd)
	}
	l.places = nil
}
