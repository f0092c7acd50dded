package notify

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// open opens what was decided about and hands it over. Again says that it must
// be decided about anew.
func (t *turn) open(answer supervisor.Answer) (again bool, err error) {
	file := &t.call.Files[0]
	flags := int(int32(file.How.Flags))
	if errno := t.validOpen(&file.How); errno != 0 {
		return false, t.finish(answer, -int64(errno))
	}
	switch {
	case flags&unix.O_PATH != 0 && file.Place.FD >= 0:
		return false, t.openPath(answer, flags)
	case blocks(flags, &file.Place):
		return false, t.wait(answer, flags)
	}
	fd, err := t.openPlace(flags, uint32(file.How.Mode))
	if err == unix.EEXIST && flags&unix.O_EXCL == 0 {
		return true, nil // it was made just now
	}
	if err != nil {
		return false, t.refuse(answer, err)
	}
	defer unix.Close(fd)
	return false, t.handOver(answer, fd, flags)
}

// openPath has the kernel open a place (O_PATH), since it does not let one be
// handed over. What is opened or executed from there is decided about by
// itself. But fstat(2), which no filter asks about, would tell of files that
// the program may not even look at. So it must be as sure as for execve.
func (t *turn) openPath(answer supervisor.Answer, flags int) error {
	file := &t.call.Files[0]
	second := t.call.Name == "openat2" // what is asked for is in memory, too
	if t.everywhere(policy.Stat) && !second {
		return t.carryOn(answer)
	}
	path, dir := 1, t.int32(0)
	if t.call.Name == "open" {
		path, dir = 0, unix.AT_FDCWD
	}
	areas := []area{{t.arg(path), uint64(len(file.Given))}}
	if second {
		areas = append(areas, area{t.arg(2), t.arg(3)})
	}
	err := t.fixedMemory(areas...)
	if err == nil && !t.everywhere(policy.Stat) {
		var place supervisor.Place
		place, _, err = supervisor.Find(t.tid(), t.pid, dir, file.Given, flags&unix.O_NOFOLLOW == 0, t.fixedWay)
		place.Close()
	}
	if err != nil {
		return t.refuse(answer, err)
	}
	return t.carryOn(answer)
}

// refusal is an errno with a reason of the supervisor's own.
type refusal struct {
	errno unix.Errno
	rule  string
}

func (r refusal) Error() string { return r.rule }

// refuse answers with an error.
func (t *turn) refuse(answer supervisor.Answer, err error) error {
	if refused, ok := errors.AsType[refusal](err); ok {
		answer.Rule, err = refused.rule, refused.errno
	}
	return t.finish(answer, -int64(errnoOf(err)))
}

// simple are flags that are valid in any combination.
const simple = unix.O_ACCMODE | unix.O_APPEND | unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_TRUNC | 0o100000 // O_LARGEFILE

// validOpen has the kernel look at the flags, which it does before it looks at
// the directory, and that is none.
func (t *turn) validOpen(how *unix.OpenHow) unix.Errno {
	flags := int(int32(how.Flags))
	var err error
	switch {
	case t.call.Name == "openat2":
		_, err = unix.Openat2(-1, ".", how)
	case flags&^simple != 0:
		_, err = unix.Openat(-1, ".", flags, uint32(how.Mode))
	default:
		return 0
	}
	if err == nil || err == unix.EBADF {
		return 0
	}
	return errnoOf(err)
}

// aboutPath are flags about the path, which is behind us.
const aboutPath = unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW

// openPlace opens the file, or makes it.
func (t *turn) openPlace(flags int, mode uint32) (int, error) {
	place := t.place(0)
	makes := flags&unix.O_CREAT != 0 && flags&unix.O_PATH == 0
	kind := place.Mode & unix.S_IFMT
	switch {
	case place.FD < 0 && !makes:
		return -1, unix.ENOENT
	case makes && strings.HasSuffix(t.call.Files[0].Given, "/"):
		return -1, unix.EISDIR
	case place.FD < 0:
		if err := t.setUmask(); err != nil {
			return -1, err
		}
		return retry(func() (int, error) {
			return unix.Openat(place.Dir, place.Name, flags&^unix.O_NOFOLLOW|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NOCTTY, mode)
		})
	case makes && flags&unix.O_EXCL != 0:
		return -1, unix.EEXIST
	case flags&unix.O_DIRECTORY != 0 && kind != unix.S_IFDIR:
		return -1, unix.ENOTDIR
	case kind == unix.S_IFLNK:
		return -1, unix.ELOOP
	case makes && kind == unix.S_IFDIR:
		return -1, unix.EISDIR
	}
	if err := harmless(place); err != nil {
		return -1, err
	}
	if err := t.harmlessInProc(flags); err != nil {
		return -1, err
	}
	if _, err := t.file(0); err != nil {
		return -1, err
	}
	if flags&unix.O_TMPFILE == unix.O_TMPFILE {
		if err := t.setUmask(); err != nil {
			return -1, err
		}
	}
	// The link of the judge's own descriptor leads to the very file that was
	// decided about, whatever it is called by now.
	return retry(func() (int, error) {
		return unix.Openat(t.descriptors, strconv.Itoa(place.FD), flags&^aboutPath|unix.O_CLOEXEC|unix.O_NOCTTY, mode)
	})
}

// retry calls again what was interrupted by a signal of the Go runtime.
func retry(open func() (int, error)) (int, error) {
	for {
		fd, err := open()
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// harmless refuses devices whose opening does something, or something else for
// the judge than for the program.
func harmless(place *supervisor.Place) error {
	switch place.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
		return unix.ENXIO
	case unix.S_IFBLK:
		return refusal{unix.EACCES, "block devices are not opened for a program"}
	case unix.S_IFCHR:
	default:
		return nil
	}
	var is unix.Stat_t
	if err := unix.Fstat(place.FD, &is); err != nil {
		return err
	}
	const (
		memory   = 1 // null 3, zero 5, full 7, random 8, urandom 9
		terminal = 5 // tty 0, ptmx 2
		slaves   = 136
	)
	switch major, minor := unix.Major(is.Rdev), unix.Minor(is.Rdev); {
	case major == memory && (minor == 3 || minor == 5 || minor >= 7 && minor <= 9),
		major == terminal && minor == 2, major >= slaves && major < slaves+8:
		return nil
	case major == terminal && minor == 0:
		return refusal{unix.ENXIO, "a supervised program has no controlling terminal"}
	}
	return refusal{unix.EACCES, "opening that device may do something"}
}

// harmlessInProc refuses what would show the judge's namespaces, or change
// parameters in them: those files ask who opens them.
func (t *turn) harmlessInProc(flags int) error {
	name := t.call.Files[0].Path
	switch {
	case !t.place(0).Proc:
	case strings.HasPrefix(name, "/proc/sysvipc/"):
		return refusal{unix.EACCES, "it would show the judge's System V IPC"}
	case strings.HasPrefix(name, "/proc/sys/") && flags&unix.O_ACCMODE != unix.O_RDONLY:
		return refusal{unix.EACCES, "it would change the judge's parameters"}
	case strings.HasSuffix(name, "/mem") && flags&unix.O_ACCMODE != unix.O_RDONLY && !t.everywhere(policy.Execute):
		return refusal{unix.EACCES, "whoever has it can change what is executed while that is decided about"}
	}
	return nil
}

// handOver answers with a descriptor of the judge's, which stays open there.
func (t *turn) handOver(answer supervisor.Answer, fd, flags int) error {
	switch err := listener.SendFD(t.fd, t.note.ID, fd, flags&unix.O_CLOEXEC != 0); err {
	case nil:
		t.done(answer, 0, false)
		return nil
	case unix.ENOENT, unix.EINPROGRESS: // it is gone
		return nil
	default: // EMFILE, and it waits on
		return t.finish(answer, -int64(errnoOf(err)))
	}
}
