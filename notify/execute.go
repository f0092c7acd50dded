package notify

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/procfile"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// execute has the kernel execute a program, which nobody can do for another.
// The kernel reads the path again. So it is done only if nobody in the run can
// change it meanwhile: neither the memory that it is in, nor a directory or
// link on its way, nor the file and the interpreters that this names. Otherwise
// it is refused, unless everything may be executed.
func (t *turn) execute(answer supervisor.Answer) error {
	if t.place(0).FD < 0 {
		return t.finish(answer, -int64(unix.ENOENT))
	}
	if t.everywhere(policy.Execute) {
		return t.carryOn(answer) // whatever it is by then
	}
	arg := 0
	if t.call.Name == "execveat" {
		arg = 1
	}
	err := t.fixedMemory(area{t.arg(arg), uint64(len(t.call.Files[0].Given))})
	if err == nil {
		err = t.fixedFile(t.call.Files[0].Given, 0)
	}
	if err != nil {
		return t.refuse(answer, err)
	}
	return t.carryOn(answer)
}

// everywhere says whether all files may be used so.
func (t *turn) everywhere(access policy.Access) bool {
	rules, known := t.Handler.(interface{ Everywhere(policy.Access) bool })
	return t.Handler == nil || known && rules.Everywhere(access)
}

// area is a part of the program's memory.
type area struct{ address, size uint64 }

// unsure is why the kernel is not left to do something.
func unsure(format string, args ...any) refusal {
	return refusal{unix.EACCES, "what it does can't be made sure of: " + fmt.Sprintf(format, args...)}
}

// fixedMemory says whether nobody but the thread, which waits, can change what
// its arguments point at: others that share its memory, or what it is mapped
// from.
func (t *turn) fixedMemory(areas ...area) error {
	fields, err := procfile.Status(t.dir())
	if err != nil {
		return unix.ESRCH
	}
	if fields["Threads"] != "1" {
		return unsure("the process has other threads, which may change its arguments")
	}
	if err := t.alone(fields["PPid"]); err != nil {
		return err
	}
	for _, a := range areas {
		if err := t.fixedMapping(a); err != nil {
			return err
		}
	}
	return nil
}

// fixedMapping says whether memory is the thread's own, or that of a file which
// the program can't write to.
func (t *turn) fixedMapping(a area) error {
	text, err := os.ReadFile(t.dir() + "/maps")
	if err != nil {
		return unix.ESRCH
	}
	for line := range strings.Lines(string(text)) {
		// 55d0c1a00000-55d0c1a01000 r--p 00000000 fe:00 1234    /usr/bin/x
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		var start, end uint64
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &start, &end); err != nil || a.address+a.size < start || a.address >= end {
			continue
		}
		if !strings.HasSuffix(fields[1], "p") {
			return unsure("its arguments are in shared memory")
		}
		if fields[4] != "0" {
			if err := t.fixedBacking(strings.Join(fields[5:], " "), fields[4]); err != nil {
				return err
			}
		}
	}
	return nil
}

// fixedBacking is about the file of a mapping.
func (t *turn) fixedBacking(name, inode string) error {
	var is unix.Stat_t
	fd, err := unix.Open(t.dir()+"/root"+name, unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err == nil {
		defer unix.Close(fd)
		err = unix.Fstat(fd, &is)
	}
	if err != nil || strconv.FormatUint(is.Ino, 10) != inode || t.changes(fd, name) {
		return unsure("its arguments are in memory mapped from %s, which may be changed", name)
	}
	return nil
}

// changes says whether the program could write to a file, by its mode and by
// the policy: now, or after it has changed the mode.
func (t *turn) changes(fd int, name string) bool { return t.mayWrite(fd) && t.permitted(name) }

// permitted says whether the policy lets the program write there. A Handler
// that is no policy may let it do everything.
func (t *turn) permitted(name string) bool {
	rules, known := t.Handler.(interface {
		May(policy.Access, string) bool
	})
	return !known || rules.May(policy.Write, name)
}

func (t *turn) mayWrite(fd int) bool {
	var is unix.Stat_t
	if err := unix.Fstat(fd, &is); err != nil || is.Uid == t.id.uid {
		return true
	}
	empty := [1]byte{}
	_, _, errno := unix.Syscall6(unix.SYS_FACCESSAT2, uintptr(fd), uintptr(unsafe.Pointer(&empty)), unix.W_OK, unix.AT_EACCESS|unix.AT_EMPTY_PATH, 0, 0)
	return errno != unix.EACCES && errno != unix.EROFS && errno != unix.EPERM
}

// fixedWay is called with each name on the way: whoever can write to its
// directory can put another file or link in its place.
func (t *turn) fixedWay(step supervisor.Step) error {
	if !t.mayWrite(step.Dir) {
		return nil
	}
	// In a directory like /tmp, what is another's can't be removed.
	var directory, entry unix.Stat_t
	if err := unix.Fstat(step.Dir, &directory); err != nil {
		return err
	}
	if err := unix.Fstatat(step.Dir, step.Name, &entry, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if directory.Mode&unix.S_ISVTX != 0 && directory.Uid != t.id.uid && entry.Uid != t.id.uid && t.id.effective == 0 {
		return nil
	}
	if where := step.Path(); where != "" && !t.permitted(where) {
		return nil
	}
	return unsure("%s is in a directory that the program can change", step.Name)
}

// mostInterpreters is how deep scripts go in the kernel (fs/exec.c).
const mostInterpreters = 5

// fixedFile is about the file itself and what it makes the kernel execute.
func (t *turn) fixedFile(name string, depth int) error {
	if name == "" { // execveat of a descriptor: no way to go
		return t.fixedContent(t.place(0), t.call.Files[0].Path, depth)
	}
	dir := unix.AT_FDCWD
	if t.call.Name == "execveat" && depth == 0 {
		dir = t.int32(0)
	}
	place, means, err := supervisor.Find(t.tid(), t.pid, dir, name, true, t.fixedWay)
	if err != nil {
		return err
	}
	defer place.Close()
	if place.FD < 0 {
		return unix.ENOENT
	}
	if first := t.place(0); depth == 0 && (place.Inode != first.Inode || place.Device != first.Device) {
		return unsure("%s is another file by now", name)
	}
	if depth > 0 && t.Handler != nil {
		// Nobody has asked about that one yet.
		c := *t.call
		c.Files = []supervisor.File{{Given: name, Path: means, Access: policy.Execute, Place: place}}
		if a := t.Handler.Enter(&c); a.Kind != supervisor.Allow {
			errno := a.Errno
			if a.Kind != supervisor.Fail {
				errno = unix.EACCES
			}
			return refusal{errno, "interpreter " + means + ": " + a.Rule}
		}
	}
	return t.fixedContent(&place, means, depth)
}

// fixedContent looks for interpreters: of a script, or the dynamic linker.
func (t *turn) fixedContent(place *supervisor.Place, name string, depth int) error {
	if depth > mostInterpreters {
		return unix.ELOOP
	}
	if place.Mode&unix.S_IFMT != unix.S_IFREG {
		return unix.EACCES
	}
	if t.changes(place.FD, name) {
		return unsure("%s can be changed by the program", name)
	}
	// What may be executed need not be readable.
	if err := t.actor.become(t.actor.own, t.actor.own.permitted); err != nil {
		return err
	}
	next, err := interpreter(path(place.FD))
	if back := t.actor.become(t.id, t.caps); back != nil {
		return back
	}
	if err != nil || next == "" {
		return err
	}
	return t.fixedFile(next, depth+1)
}

// scriptHead is how much of a script's first line the kernel reads
// (BINPRM_BUF_SIZE).
const scriptHead = 256

// interpreter is what a file names to be executed in its place, or with it.
func interpreter(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, scriptHead)
	n, err := f.Read(head)
	if n == 0 {
		return "", err
	}
	if line, script := bytes.CutPrefix(head[:n], []byte("#!")); script {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		words := strings.FieldsFunc(string(line), func(r rune) bool { return r == ' ' || r == '\t' || r == 0 })
		if len(words) == 0 {
			return "", unix.ENOEXEC
		}
		return words[0], nil
	}
	program, err := elf.NewFile(f)
	if err != nil {
		return "", nil //nolint:nilerr // no program: the kernel says so itself, or has another way to execute it
	}
	for _, segment := range program.Progs {
		if segment.Type != elf.PT_INTERP || segment.Filesz > unix.PathMax {
			continue
		}
		text := make([]byte, segment.Filesz)
		if _, err := segment.ReadAt(text, 0); err != nil {
			return "", unix.ENOEXEC
		}
		text, _, _ = bytes.Cut(text, []byte{0})
		return string(text), nil
	}
	return "", nil
}
