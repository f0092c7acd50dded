package notify

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/listener"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// turn is one call, from its notification to its answer.
type turn struct {
	*server
	note *listener.Notification
	call *supervisor.Call
	id   *identity
	pid  int
	caps uint64 // that the supervisor uses for it
}

func (t *turn) tid() int { return int(t.note.PID) }

func (t *turn) dir() string { return "/proc/" + strconv.Itoa(t.tid()) }

// identify finds out whose call it is, and becomes that.
func (t *turn) identify() error {
	if t.settled != nil {
		t.id, t.caps = t.settled, keep
		t.pid = t.process()
		return t.become(t.id, t.caps)
	}
	id, err := readIdentity(t.dir())
	if err != nil {
		// It may be dead. If not, that is the supervisor's trouble.
		if !listener.Valid(t.fd, t.note.ID) {
			return t.become(t.actor.own, keep)
		}
		return fmt.Errorf("notify: %w", err)
	}
	t.id, t.pid = id, id.pid
	if t.caps = keep; t.userNS() == t.judgeUserNS {
		t.caps |= id.effective
	}
	return t.become(id, t.caps)
}

func (t *turn) become(id *identity, capabilities uint64) error {
	t.id = id
	return t.actor.become(id, capabilities)
}

// mostKnown is of how many threads it is remembered whose they are.
const mostKnown = 4096

// process is the thread's process: itself, or what it was when it was last
// asked, if that is still so.
func (t *turn) process() int {
	tid := t.tid()
	if belongs(tid, tid) {
		return tid
	}
	if pid, known := t.processes[tid]; known && belongs(tid, pid) {
		return pid
	}
	id, err := readIdentity(t.dir())
	if err != nil { // dead
		return tid
	}
	if len(t.processes) >= mostKnown {
		clear(t.processes)
	}
	t.processes[tid] = id.pid
	return id.pid
}

// belongs says whether a thread is of a process. No signal is sent.
func belongs(tid, pid int) bool { return unix.Tgkill(pid, tid, 0) != unix.ESRCH }

// userNS is the thread's user namespace, 0 if that can't be known.
func (t *turn) userNS() uint64 {
	var stat unix.Stat_t
	if err := unix.Stat(t.dir()+"/ns/user", &stat); err != nil {
		return 0
	}
	return stat.Ino
}

// idMaps are what the thread calls users and groups.
func (t *turn) idMaps() (uids, gids idMap, err error) {
	if t.settled != nil {
		return t.uids, t.gids, nil
	}
	if uids, err = readIDMap(t.dir() + "/uid_map"); err != nil {
		return nil, nil, unix.ESRCH
	}
	if gids, err = readIDMap(t.dir() + "/gid_map"); err != nil {
		return nil, nil, unix.ESRCH
	}
	return uids, gids, nil
}

// do is what an allowed call does. Again says that what it names is another
// thing by now, and has to be decided about anew.
func (t *turn) do(answer supervisor.Answer) (again bool, err error) {
	name := t.call.Name
	if t.call.Data.Arch != seccomp.NativeArch || strings.Contains(name, ":") {
		// Its arguments are in other places, so its paths were not looked at.
		answer.Rule = "calls of a foreign ABI can't be checked"
		return false, t.finish(answer, -int64(unix.ENOSYS))
	}
	if policy.PathArgs(name) == nil {
		return false, t.carryOn(answer)
	}
	for i := range t.call.Files {
		if err := t.call.Files[i].Err; err != nil {
			return false, t.finish(answer, -int64(errnoOf(err)))
		}
	}
	switch name {
	case "open", "openat", "openat2", "creat":
		return t.open(answer)
	case "execve", "execveat":
		return false, t.execute(answer)
	case "bind":
		return false, t.bind(answer)
	case "connect":
		return false, t.connect(answer)
	case "chdir":
		// It reads nothing and opens nothing: what is opened from there is
		// followed from the directory that it is by then. A path swapped now
		// tells no more than whether it is a directory.
		return false, t.carryOn(answer)
	}
	emulate, known := emulations[name]
	if !known {
		errno := unix.EPERM
		if answer.Rule = name + " can't be done for another"; tooNew[name] {
			errno = unix.ENOSYS
		}
		return false, t.finish(answer, -int64(errno))
	}
	result, errno := emulate(t)
	if errno != nil {
		result = -int64(errnoOf(errno))
	}
	return false, t.finish(answer, result)
}

// finish answers with a result; -errno is an error.
func (t *turn) finish(answer supervisor.Answer, result int64) error {
	const lastErrno = 4095 // MAX_ERRNO
	response := listener.Response{ID: t.note.ID, Value: result}
	if result < 0 && result >= -lastErrno {
		response.Value, response.Error = 0, int32(result)
	}
	_, err := listener.Send(t.fd, response)
	t.done(answer, result, false)
	return wrap(err)
}

// carryOn has the kernel execute the call. Its registers are those that were
// decided about, and can't be changed by other threads.
func (t *turn) carryOn(answer supervisor.Answer) error {
	_, err := listener.Send(t.fd, listener.Response{ID: t.note.ID, Flags: listener.Continue})
	t.done(answer, 0, true)
	return wrap(err)
}

func (t *turn) done(answer supervisor.Answer, result int64, executed bool) {
	if t.Done == nil {
		return
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Done(t.call, answer, result, executed)
}

// int32 is an argument as the kernel takes an int.
func (t *turn) int32(arg int) int { return int(int32(t.call.Data.Args[arg])) }

func (t *turn) arg(i int) uint64 { return t.call.Data.Args[i] }

// file is the file of a path argument, which exists.
func (t *turn) file(i int) (*supervisor.Place, error) {
	place := &t.call.Files[i].Place
	switch {
	case place.FD < 0:
		return nil, unix.ENOENT
	case place.Proc && !place.Own:
		// Without the right to look at other processes: what /proc says of
		// them may be seen by whoever may do so by his own right.
		if err := t.become(t.id, t.caps&^keep); err != nil {
			return nil, err
		}
	}
	return place, nil
}

// path is a name by which a call finds the file of a descriptor, without a
// path: the link in /proc jumps there.
func path(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// write puts a result into the thread's memory, whole.
func (t *turn) write(address uint64, p []byte) error {
	if err := t.become(t.id, t.caps); err != nil { // see file
		return err
	}
	n, err := t.call.Memory.Write(address, p)
	if err == nil && n < len(p) {
		err = unix.EFAULT
	}
	return err
}

// read takes so many bytes from the thread's memory.
func (t *turn) read(address uint64, size int) ([]byte, error) {
	p := make([]byte, size)
	n, err := t.call.Memory.Read(address, p)
	if err == nil && n < size {
		err = unix.EFAULT
	}
	return p, err
}
