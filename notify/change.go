package notify

import (
	"encoding/binary"
	"math"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/supervisor"
)

// place is where a name is to be made, removed or moved.
func (t *turn) place(i int) *supervisor.Place { return &t.call.Files[i].Place }

// setUmask makes the thread's the program's, for what is made next. Only the
// kernel can apply it, since a directory's default access control list takes
// its place.
func (t *turn) setUmask() error {
	umask := t.id.umask
	if t.settled != nil {
		id, err := readIdentity(t.dir())
		if err != nil {
			return unix.ESRCH
		}
		umask = id.umask
	}
	unix.Umask(umask)
	return nil
}

func mkdir(mode int) emulation {
	return func(t *turn) (int64, error) {
		if err := t.setUmask(); err != nil {
			return 0, err
		}
		return 0, unix.Mkdirat(t.place(0).Dir, t.place(0).Name, uint32(t.arg(mode)))
	}
}

func mknod(mode int) emulation {
	return func(t *turn) (int64, error) {
		if err := t.setUmask(); err != nil {
			return 0, err
		}
		return 0, unix.Mknodat(t.place(0).Dir, t.place(0).Name, uint32(t.arg(mode)), int(uint32(t.arg(mode+1))))
	}
}

func unlink(arg, flags int) emulation {
	return func(t *turn) (int64, error) {
		flags := flags
		if arg >= 0 {
			flags = t.int32(arg)
		}
		return 0, unix.Unlinkat(t.place(0).Dir, t.place(0).Name, flags)
	}
}

func rename(arg int) emulation {
	return func(t *turn) (int64, error) {
		flags := uint(0)
		if arg >= 0 {
			flags = uint(uint32(t.arg(arg)))
		}
		from, to := t.place(0), t.place(1)
		return 0, unix.Renameat2(from.Dir, from.Name, to.Dir, to.Name, flags)
	}
}

func link(arg int) emulation {
	return func(t *turn) (int64, error) {
		flags := 0
		if arg >= 0 {
			flags = t.int32(arg)
		}
		const known = unix.AT_SYMLINK_FOLLOW | unix.AT_EMPTY_PATH
		switch {
		case flags&^known != 0:
			return 0, unix.EINVAL
		case t.call.Files[0].Given == "" && t.id.effective&(1<<unix.CAP_DAC_READ_SEARCH) == 0:
			return 0, unix.ENOENT
		}
		from, err := t.file(0)
		if err != nil {
			return 0, err
		}
		return 0, unix.Linkat(unix.AT_FDCWD, path(from.FD), t.place(1).Dir, t.place(1).Name, unix.AT_SYMLINK_FOLLOW)
	}
}

func symlink(t *turn) (int64, error) {
	target, err := supervisor.ReadString(t.call.Memory, t.arg(0))
	if err == nil && target == "" {
		err = unix.ENOENT
	}
	if err != nil {
		return 0, err
	}
	return 0, unix.Symlinkat(target, t.place(0).Dir, t.place(0).Name)
}

func chmod(mode int) emulation {
	return func(t *turn) (int64, error) {
		const known = unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH
		if t.call.Name == "fchmodat2" && t.int32(3)&^known != 0 {
			return 0, unix.EINVAL
		}
		place, err := t.file(0)
		if err != nil {
			return 0, err
		}
		return 0, unix.Fchmodat(unix.AT_FDCWD, path(place.FD), uint32(t.arg(mode)), 0)
	}
}

func chown(user int) emulation {
	return func(t *turn) (int64, error) {
		const known = unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH
		if t.call.Name == "fchownat" && t.int32(4)&^known != 0 {
			return 0, unix.EINVAL
		}
		place, err := t.file(0)
		if err != nil {
			return 0, err
		}
		uids, gids, err := t.idMaps()
		if err != nil {
			return 0, err
		}
		uid, err := uids.out(uint32(t.arg(user)))
		if err != nil {
			return 0, err
		}
		gid, err := gids.out(uint32(t.arg(user + 1)))
		if err != nil {
			return 0, err
		}
		return 0, unix.Fchownat(place.FD, "", int(int32(uid)), int(int32(gid)), unix.AT_EMPTY_PATH)
	}
}

// setTimes sets what was read as seconds and a fraction, twice; nil is now.
func (t *turn) setTimes(times *[4]int64) (int64, error) {
	place, err := t.file(0)
	if err != nil {
		return 0, err
	}
	name, err := unix.BytePtrFromString(path(place.FD))
	if err != nil {
		return 0, err
	}
	atCWD := unix.AT_FDCWD
	_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(atCWD), uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(times)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return 0, nil
}

// times reads numbers from where an argument points; nil if that is nowhere.
func (t *turn) times(arg, count int) (*[4]int64, error) {
	if t.arg(arg) == 0 {
		return nil, nil
	}
	raw, err := t.read(t.arg(arg), 8*count)
	if err != nil {
		return nil, err
	}
	var times [4]int64
	for i := range count {
		times[i] = int64(binary.NativeEndian.Uint64(raw[8*i:]))
	}
	return &times, nil
}

func utimensat(t *turn) (int64, error) {
	const known = unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH
	if flags := t.int32(3); flags&^known != 0 || flags != 0 && t.arg(1) == 0 {
		return 0, unix.EINVAL
	}
	times, err := t.times(2, 4)
	if err != nil {
		return 0, err
	}
	return t.setTimes(times)
}

// utimes has microseconds.
func utimes(arg int) emulation {
	return func(t *turn) (int64, error) {
		times, err := t.times(arg, 4)
		if err != nil {
			return 0, err
		}
		for _, i := range []int{1, 3} {
			if times == nil {
				break
			}
			if times[i] < 0 || times[i] >= 1e6 {
				return 0, unix.EINVAL
			}
			times[i] *= 1e3
		}
		return t.setTimes(times)
	}
}

// utime has seconds alone.
func utime(t *turn) (int64, error) {
	times, err := t.times(1, 2)
	if err != nil {
		return 0, err
	}
	if times != nil {
		times[2], times[1] = times[1], 0
	}
	return t.setTimes(times)
}

// truncate asks about the program's limit on file sizes itself: the kernel
// would ask about the judge's, and send it the signal.
func truncate(t *turn) (int64, error) {
	length := int64(t.arg(1))
	if length < 0 {
		return 0, unix.EINVAL
	}
	place, err := t.file(0)
	if err != nil {
		return 0, err
	}
	limit, err := fileSizeLimit(t.dir())
	if err != nil {
		return 0, unix.ESRCH
	}
	if uint64(length) > limit {
		var is unix.Stat_t
		if err := unix.Fstat(place.FD, &is); err != nil {
			return 0, err
		}
		if length > is.Size {
			return 0, t.exceeded()
		}
	}
	return 0, unix.Truncate(path(place.FD), length)
}

// fileSizeLimit is a thread's RLIMIT_FSIZE. Its file needs no right to be read,
// unlike prlimit(2).
func fileSizeLimit(dir string) (uint64, error) {
	text, err := os.ReadFile(dir + "/limits")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "Max file size"); found {
			if soft := strings.Fields(rest)[0]; soft != "unlimited" {
				return strconv.ParseUint(soft, 10, 64)
			}
		}
	}
	return math.MaxUint64, nil
}

// exceeded is what the kernel does about a file that would get too large.
func (t *turn) exceeded() error {
	caps := t.caps | t.actor.own.permitted&(1<<unix.CAP_KILL)
	if err := t.become(t.id, caps); err != nil {
		return err
	}
	if err := unix.Tgkill(t.pid, t.tid(), unix.SIGXFSZ); err != nil {
		return err
	}
	if err := t.become(t.id, t.caps); err != nil {
		return err
	}
	return unix.EFBIG
}

func setxattr(t *turn) (int64, error) {
	name, err := attribute(t)
	if err != nil {
		return 0, err
	}
	place, err := t.file(0)
	switch {
	case err != nil:
		return 0, err
	case t.arg(3) > xattrLimit:
		return 0, unix.E2BIG
	}
	value, err := t.read(t.arg(2), int(t.arg(3)))
	if err != nil {
		return 0, err
	}
	return 0, unix.Setxattr(path(place.FD), name, value, t.int32(4))
}

func removexattr(t *turn) (int64, error) {
	name, err := attribute(t)
	if err != nil {
		return 0, err
	}
	place, err := t.file(0)
	if err != nil {
		return 0, err
	}
	return 0, unix.Removexattr(path(place.FD), name)
}
