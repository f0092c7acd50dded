package supervisor

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/procfile"
)

// walker follows the paths of one thread.
type walker struct {
	tid, pid int
	root     *Root // nil if not yet open
	once     bool  // it is for this walker alone
	own      []string
	instance uint64 // the device of the file system of type proc that own is of
}

func (w *walker) close() {
	if w.once && w.root != nil {
		w.root.Close()
	}
}

// proc is a path in the thread's directory, as the judge sees it.
func (w *walker) proc(rest string) string { return "/proc/" + strconv.Itoa(w.tid) + rest }

func (w *walker) openRoot() (err error) {
	if w.root == nil {
		w.root, err = openRoot(w.tid)
	}
	return err
}

// gone is what an error of the thread's own directory in /proc means.
func gone(err error) error {
	if err == unix.ENOENT {
		return unix.ESRCH
	}
	return err
}

// openDir opens what a relative path starts from.
func (w *walker) openDir(dir int) (int, error) {
	if dir == unix.AT_FDCWD {
		fd, err := openat(unix.AT_FDCWD, w.proc("/cwd"), unix.O_PATH)
		return fd, gone(err)
	}
	if dir < 0 {
		return -1, unix.EBADF
	}
	fd, err := openat(unix.AT_FDCWD, w.proc("/fd/"+strconv.Itoa(dir)), unix.O_PATH)
	if err == unix.ENOENT {
		err = unix.EBADF
	}
	return fd, err
}

// opened is the place of a descriptor, or of the working directory.
func (w *walker) opened(dir int) (Place, string, error) {
	place := Place{FD: -1, Dir: -1}
	if err := w.openRoot(); err != nil {
		return place, "", err
	}
	var err error
	if place.FD, err = w.openDir(dir); err != nil {
		return place, "", err
	}
	var text string
	if err = place.look(w.root); err == nil {
		text, err = w.name(&place)
	}
	if err != nil {
		place.Close()
	}
	return place, text, err
}

const (
	// scopes are the flags that make the descriptor the root.
	scopes        = unix.RESOLVE_BENEATH | unix.RESOLVE_IN_ROOT
	resolveCached = 0x20 // RESOLVE_CACHED
)

// plainly has the kernel follow a path that has no symlinks on its way, so that
// what it means is what it says. It is what most calls name, and takes one call.
func (w *walker) plainly(name string, how lookup) (Place, string, error) {
	const resolve = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS
	place, err := w.lookUp(w.root.fd, name, how, resolve)
	if err == unix.ENOENT && !how.name {
		how.name = true // perhaps only the last component is missing
		place, err = w.lookUp(w.root.fd, name, how, resolve)
	}
	if err != nil {
		return place, "", err
	}
	return place, path.Clean(name), nil
}

// atOnce has the kernel follow the path, in one call. It must not be let out of
// the thread's root, since an absolute symlink would lead into the judge's, and
// not into /proc, where "self" would be the judge. So what it can't do is an
// error, and gone about step by step.
func (w *walker) atOnce(start int, name string, how lookup) (Place, string, error) {
	none := Place{FD: -1, Dir: -1}
	resolve := how.resolve
	switch {
	case resolve&resolveCached != 0:
		return none, "", unix.EAGAIN // as if it were not; the caller then asks without
	case resolve&scopes == 0 && name[0] == '/':
		resolve |= unix.RESOLVE_IN_ROOT
	case resolve&scopes == 0:
		resolve |= unix.RESOLVE_BENEATH
	}
	place, err := w.lookUp(start, name, how, resolve)
	if err == unix.ENOENT && how.resolve != 0 && !how.name && name[len(name)-1] != '/' {
		how.name = true // perhaps to be made
		place, err = w.lookUp(start, "./"+name, how, resolve)
	}
	if err != nil {
		return none, "", err
	}
	text, err := w.placeName(&place)
	if err != nil {
		place.Close()
		return none, "", err
	}
	return place, text, nil
}

// lookUp is one openat2. What is in /proc is an error.
func (w *walker) lookUp(start int, name string, how lookup, resolve uint64) (Place, error) {
	none := Place{FD: -1, Dir: -1}
	place, target := none, name
	flags := uint64(unix.O_PATH | unix.O_CLOEXEC)
	if how.name {
		trimmed := strings.TrimRight(name, "/")
		target, place.Name = path.Split(trimmed)
		if place.Name == "" || target == "" {
			return none, unix.ENOSYS // nothing to be gained
		}
		place.Name += name[len(trimmed):]
		flags |= unix.O_DIRECTORY
	} else if !how.follow {
		flags |= unix.O_NOFOLLOW
	}
	fd, err := unix.Openat2(start, target, &unix.OpenHow{Flags: flags, Resolve: resolve | unix.RESOLVE_NO_MAGICLINKS})
	if err != nil {
		return none, err
	}
	found := Place{FD: fd, Dir: -1}
	if err = found.look(w.root); err == nil && found.Proc {
		err = unix.EXDEV
	}
	if err != nil {
		found.Close()
		return none, err
	}
	if how.name {
		place.Dir = fd
		return place, nil
	}
	return found, nil
}

// dots goes to the parent, or stays. A root that is no more than a directory of
// a larger tree (chroot) has to be held by hand.
func (w *walker) dots(at int, component string) (int, error) {
	if component == ".." && w.root.name != "/" {
		same, err := sameDirectory(at, w.root.fd)
		if err != nil {
			return -1, err
		}
		if same {
			component = "."
		}
	}
	return openat(at, component, rightsOnPath|unix.O_DIRECTORY)
}

// sameDirectory compares where two directories are, not only which they are:
// one may be mounted below itself.
func sameDirectory(a, b int) (bool, error) {
	var is [2]unix.Statx_t
	for i, fd := range []int{a, b} {
		if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_INO|unix.STATX_MNT_ID, &is[i]); err != nil {
			return false, err
		}
	}
	return is[0].Ino == is[1].Ino && is[0].Dev_major == is[1].Dev_major && is[0].Dev_minor == is[1].Dev_minor &&
		is[0].Mnt_id == is[1].Mnt_id, nil
}

// placeName is what a place is called, in the thread's root.
func (w *walker) placeName(p *Place) (string, error) {
	if p.FD >= 0 {
		return w.name(p)
	}
	dir := Place{FD: p.Dir}
	if err := dir.look(w.root); err != nil {
		return "", err
	}
	at, err := w.name(&dir)
	if err != nil {
		return "", err
	}
	p.Proc, p.Own = dir.Proc, dir.Own
	return path.Join(at, p.Name), nil
}

// deletedSuffix is what the kernel puts behind the name of what has none any more.
const deletedSuffix = " (deleted)"

// name is what the file of p.FD is called, in the thread's root; of one that
// has been removed, what it was called. It sets p.Own.
func (w *walker) name(p *Place) (string, error) {
	text, err := w.root.called(p.FD)
	if err != nil {
		return "", err
	}
	if text[0] != '/' {
		return text, nil
	}
	if text, err = w.inRoot(text); err != nil {
		return "", err
	}
	if was, removed := strings.CutSuffix(text, deletedSuffix); removed && !w.exists(text, p) {
		if text = was; strings.HasPrefix(text, "/memfd:") && p.Links == 0 {
			return text[1:], nil // it never had a path
		}
	}
	if !p.Proc || text == "/proc" {
		return text, nil
	}
	rest, below := strings.CutPrefix(text, "/proc/")
	if !below {
		return "", unix.EACCES // mounted elsewhere, where whose files these are can't be told
	}
	if number, rest, _ := strings.Cut(rest, "/"); strings.Trim(number, "0123456789") == "" {
		if p.Own = w.isOwn(number, p.Device); p.Own {
			return strings.TrimSuffix("/proc/self/"+rest, "/"), nil
		}
		if rest != "" && w.isJudge(number) {
			// The kernel shows a process all of itself, and here that is us.
			return "", unix.EACCES
		}
	}
	return text, nil
}

// isJudge says whether a directory of /proc is that of the judge, or of one of
// its threads.
func (w *walker) isJudge(number string) bool {
	proc, err := openat(w.root.fd, "proc", rightsOnPath|unix.O_DIRECTORY)
	if err != nil {
		return false
	}
	defer unix.Close(proc)
	judge, err := w.root.readlink(proc, "self")
	if err != nil { // it has no number in the namespace of that /proc
		return false
	}
	var stat unix.Stat_t
	return judge == number || unix.Fstatat(proc, judge+"/task/"+number, &stat, 0) == nil
}

// exists says whether that name is the file's, and not what the kernel made of
// another's.
func (w *walker) exists(name string, p *Place) bool {
	var stat unix.Stat_t
	err := unix.Fstatat(w.root.fd, name[1:], &stat, unix.AT_SYMLINK_NOFOLLOW)
	return err == nil && stat.Dev == p.Device && stat.Ino == p.Inode
}

// inRoot is a name that the judge sees, as the thread would. What is outside of
// its root has none: EACCES.
func (w *walker) inRoot(text string) (string, error) {
	if w.root.name == "/" || text == "" || text[0] != '/' {
		return text, nil
	}
	rest, below := strings.CutPrefix(text, w.root.name)
	switch {
	case below && rest == "":
		return "/", nil
	case below && rest[0] == '/':
		return rest, nil
	}
	return "", unix.EACCES
}

// procRootInode is the inode of the root of every file system of type proc
// (PROC_ROOT_INO).
const procRootInode = 1

// procLink is where a link in /proc leads, which is in the directory at. A
// magic one jumps there, and the target is only its name. Those of other
// processes are not followed: the judge may look where the program may not
// (EACCES).
func (w *walker) procLink(at int, link *Place) (target string, magic bool, err error) {
	var stat unix.Stat_t
	if err := unix.Fstat(at, &stat); err != nil {
		return "", false, err
	}
	if stat.Ino == procRootInode {
		switch link.Name {
		case "self", "thread-self":
			ids := w.ids(at, stat.Dev)
			if ids == nil {
				return "", false, unix.ENOENT
			}
			if link.Name == "self" {
				return ids[0], false, nil
			}
			return ids[0] + "/task/" + ids[1], false, nil
		}
		target, err = w.root.readlink(link.FD, "")
		return target, false, err
	}
	here := Place{FD: at, Proc: true, Device: stat.Dev}
	if _, err := w.name(&here); err != nil {
		return "", true, err
	}
	if !here.Own {
		return "", true, unix.EACCES
	}
	target, err = w.root.readlink(link.FD, "")
	return target, true, err
}

// isOwn says whether a directory of /proc is that of the thread's process,
// which has one for each of its threads.
func (w *walker) isOwn(number string, device uint64) bool {
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return false
	}
	proc, err := openat(w.root.fd, "proc", rightsOnPath|unix.O_DIRECTORY)
	if err != nil {
		return false
	}
	defer unix.Close(proc)
	ids := w.ids(proc, device)
	if ids == nil {
		return false
	}
	if slices.Contains(ids, number) {
		return true
	}
	var stat unix.Stat_t
	return unix.Fstatat(proc, ids[0]+"/task/"+number, &stat, 0) == nil
}

// ids are the process's and the thread's number in a file system of type proc,
// of which proc is the root; nil if they have none there. It may be that of any
// pid namespace that the process is in.
func (w *walker) ids(proc int, device uint64) []string {
	if w.own != nil && w.instance == device {
		return w.own
	}
	var stat unix.Stat_t
	if unix.Fstat(proc, &stat) != nil || stat.Dev != device {
		return nil
	}
	own := "/proc/" + strconv.Itoa(w.pid)
	process, thread := namespaceIDs(own), namespaceIDs(w.proc(""))
	start, err := procfile.StartTime(own)
	if err != nil || len(process) == 0 || len(process) != len(thread) {
		return nil
	}
	prefix := "/proc/self/fd/" + strconv.Itoa(proc) + "/"
	for i := len(process) - 1; i >= 0; i-- {
		// The same moment, and the same ids further in: the same process.
		began, err := procfile.StartTime(prefix + process[i])
		if err == nil && began == start && slices.Equal(namespaceIDs(prefix+process[i]), process[i:]) {
			w.own, w.instance = []string{process[i], thread[i]}, device
			return w.own
		}
	}
	return nil
}

// namespaceIDs are a thread's ids, from the pid namespace of that /proc to its
// own.
func namespaceIDs(dir string) []string {
	fields, err := procfile.Status(dir)
	if err != nil {
		return nil
	}
	return strings.Fields(fields["NSpid"])
}
