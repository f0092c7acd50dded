package supervisor

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Place is where a path leads, held open: whatever is renamed, removed or
// replaced meanwhile, it stays the same file in the same directory.
type Place struct {
	// FD is the file, opened with O_PATH and without following a symlink at
	// the end, -1 if it does not exist or if the call is about its name alone
	// ([policy.PathArg.Name]).
	FD int
	// Dir is the directory where it would be if FD is -1, else -1.
	Dir int
	// Name is its name in Dir, with the slash behind it if there was one.
	Name string
	// Mode, Device, Inode and Links are FD's (stat(2)).
	Mode                 uint32
	Device, Inode, Links uint64
	// Proc says that it is in a file system of type proc, where what a file
	// says may depend on who opens it; Own that it is in the thread's own
	// directory there.
	Proc, Own bool
	// Link is what readlink(2) tells the thread about a link in /proc, "" for
	// all else: the judge would be told something else.
	Link string
}

// Close closes what it holds open. It may be called again.
func (p *Place) Close() {
	for _, fd := range []*int{&p.FD, &p.Dir} {
		if *fd >= 0 {
			unix.Close(*fd)
		}
		*fd = -1
	}
}

// lookup says how a path is followed.
type lookup struct {
	follow  bool   // a symlink at the end, too
	name    bool   // not beyond the directory of the last component
	resolve uint64 // openat2's RESOLVE_*
	// visit is called with each directory in which a name is looked for.
	visit func(Step) error
}

// rightsOnPath are what every descriptor here is opened with.
const rightsOnPath = unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC

// walk follows a path, as path_resolution(7) has it, and says what it means as
// [File.Path] does, or with an error how far it came.
func (w *walker) walk(dir int, name string, how lookup) (Place, string, error) {
	none := Place{FD: -1, Dir: -1}
	err := w.openRoot()
	if err != nil {
		return none, "", err
	}
	start := w.root.fd
	if name[0] != '/' || how.resolve&scopes != 0 {
		if start, err = w.openDir(dir); err != nil {
			return none, "", err
		}
		defer unix.Close(start)
	}
	place, text := none, ""
	if how.visit == nil {
		if name[0] == '/' && how.resolve == 0 {
			if place, text, err = w.plainly(name, how); err == nil {
				return place, text, nil
			}
		}
		if place, text, err = w.atOnce(start, name, how); err == nil {
			return place, text, nil
		}
	}
	if how.resolve&^unix.RESOLVE_NO_MAGICLINKS != 0 {
		s := steps{w: w, at: start, given: start, failed: name}
		return none, s.reached(), err
	}
	s := &steps{w: w, at: start, given: start, how: how}
	defer s.leave()
	if place, err = s.run(name); err != nil {
		text := s.reached()
		place.Close()
		return none, text, err
	}
	text, err = w.placeName(&place)
	if err != nil {
		place.Close()
		return none, "", err
	}
	return place, text, nil
}

// steps is a walk, one component after the other.
type steps struct {
	w      *walker
	at     int // where it is
	given  int // where it began, which is not its to close
	how    lookup
	links  int
	names  int
	failed string // what was still to be walked when it failed
}

// move goes on from another directory.
func (s *steps) move(fd int) {
	s.leave()
	s.at = fd
}

func (s *steps) leave() {
	if s.at >= 0 && s.at != s.given && s.at != s.w.root.fd {
		unix.Close(s.at)
	}
	s.at = -1
}

const (
	maxLinks = 40 // MAXSYMLINKS
	// maxNames is how many names are walked, those in links included, of which
	// a program could have 80,000, to have the judge walk for a second where
	// nothing can end that. A path without links has 2,048 at most.
	maxNames = 8192
)

func (s *steps) run(name string) (Place, error) {
	none := Place{FD: -1, Dir: -1}
	rest, slash := name, strings.HasSuffix(name, "/")
	for {
		if s.names++; s.names > maxNames {
			return none, unix.ELOOP
		}
		var component string
		component, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		last := strings.Trim(rest, "/") == ""
		s.failed = component + "/" + rest
		switch {
		case component == "" && s.how.name: // only slashes
			return s.missing("/", false)
		case last && s.how.name:
			return s.missing(component, slash)
		case component == "":
			return s.end()
		case component == "." || component == "..":
			if fd, err := s.w.dots(s.at, component); err != nil {
				return none, err
			} else if s.move(fd); last {
				return s.end()
			}
			continue
		}
		if s.how.visit != nil {
			if err := s.how.visit(Step{s.at, component, s.w}); err != nil {
				return none, err
			}
		}
		found := Place{FD: -1, Dir: -1, Name: component}
		var err error
		if found.FD, err = openat(s.at, component, rightsOnPath); err == unix.ENOENT && last {
			return s.missing(component, slash)
		} else if err != nil {
			return none, err
		}
		if err = found.look(s.w.root); err != nil {
			found.Close()
			return none, err
		}
		switch kind := found.Mode & unix.S_IFMT; {
		case kind == unix.S_IFLNK && (!last || s.how.follow || slash):
			target, err := s.link(&found)
			found.Close()
			switch {
			case err != nil:
				return none, err
			case target == "" && last:
				return s.end()
			case target == "":
				continue
			case !last:
				target += "/" + rest
			case target[len(target)-1] == '/':
				slash = true
			}
			if rest = target; len(rest) > 2*pathMax {
				return none, unix.ENAMETOOLONG
			}
		case kind != unix.S_IFDIR && (!last || slash):
			found.Close()
			return none, unix.ENOTDIR
		case last:
			if kind == unix.S_IFLNK && found.Proc {
				found.Link = s.linkText(&found)
			}
			return found, nil
		default:
			s.move(found.FD)
		}
	}
}

// link is the target of a symlink in the current directory, from which the walk
// goes on; "" if that was a jump, which is done.
func (s *steps) link(found *Place) (string, error) {
	if s.links++; s.links > maxLinks {
		return "", unix.ELOOP
	}
	if !found.Proc {
		target, err := s.w.root.readlink(found.FD, "")
		if err == nil && target == "" {
			err = unix.ENOENT
		}
		if err == nil && target[0] == '/' {
			s.move(s.w.root.fd)
		}
		return target, err
	}
	target, magic, err := s.w.procLink(s.at, found)
	if err != nil || !magic {
		if err == nil && target[0] == '/' {
			s.move(s.w.root.fd)
		}
		return target, err
	}
	if s.how.resolve&unix.RESOLVE_NO_MAGICLINKS != 0 {
		return "", unix.ELOOP
	}
	jump, err := openat(s.at, found.Name, unix.O_PATH)
	if err == nil {
		s.move(jump)
	}
	return "", err
}

// linkText is what the thread is told about a link in /proc. What it may not
// know is "".
func (s *steps) linkText(found *Place) string {
	target, magic, err := s.w.procLink(s.at, found)
	switch {
	case err != nil:
		return ""
	case magic:
		target, err = s.w.inRoot(target)
		if err != nil {
			return ""
		}
	}
	return target
}

// keep is the current directory as a descriptor that a place may own; the walk
// has it no more.
func (s *steps) keep() (fd int, err error) {
	if fd = s.at; fd == s.given || fd == s.w.root.fd {
		fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	}
	s.at = -1
	return fd, err
}

// end is the place where the walk is, which has no name of its own.
func (s *steps) end() (Place, error) {
	place := Place{FD: -1, Dir: -1}
	var err error
	if place.FD, err = s.keep(); err != nil {
		return place, err
	}
	return place, place.look(s.w.root)
}

// missing is the place of a name in the current directory.
func (s *steps) missing(name string, slash bool) (Place, error) {
	place := Place{FD: -1, Name: name}
	if slash && name != "/" {
		place.Name += "/"
	}
	var err error
	place.Dir, err = s.keep()
	return place, err
}

// reached is how far a failed walk came, with the rest as it was written.
func (s *steps) reached() string {
	if s.at < 0 {
		return ""
	}
	return Step{s.at, s.failed, s.w}.Path()
}

// Step is a name that is looked for in a directory.
type Step struct {
	// Dir is the directory, opened with O_PATH.
	Dir  int
	Name string
	w    *walker
}

// Path is what the name is called as a whole, in the thread's root, whatever it
// leads to; "" if that can't be said.
func (s Step) Path() string {
	here := Place{FD: s.Dir}
	if here.look(s.w.root) != nil {
		return ""
	}
	at, err := s.w.name(&here)
	if err != nil || at[0] != '/' {
		return ""
	}
	return path.Join(at, s.Name)
}

// look fills in what FD is.
func (p *Place) look(root *Root) (err error) {
	var stat unix.Stat_t
	if err := unix.Fstat(p.FD, &stat); err != nil {
		return err
	}
	p.Mode, p.Device, p.Inode, p.Links = stat.Mode, stat.Dev, stat.Ino, uint64(stat.Nlink)
	p.Proc, err = root.isProc(p.FD, stat.Dev)
	return err
}

// openat opens, however often a signal of the Go runtime comes between.
func openat(dir int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
