package ptracer

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// checkOpened looks at what an open has opened. It was all that ran, so that it
// should be what was decided about; but the decision was made by what the judge
// found, and the open by what the kernel did.
func (r *Run) checkOpened(t *tracee, c *call, fd int) {
	if len(c.Files) != 1 || r.options.Handler == nil {
		return
	}
	decided := &c.Files[0]
	link := fmt.Sprintf("/proc/%d/fd/%d", c.TID, fd)
	var opened, expected unix.Stat_t
	if err := unix.Stat(link, &opened); err != nil {
		r.unseen(t, c, "look at an opened file", err)
		return
	}
	place := &decided.Place
	switch {
	case decided.How.Flags&unix.O_TMPFILE == unix.O_TMPFILE:
		expected.Dev, expected.Ino = place.Device, opened.Ino // it has no name
	case place.FD >= 0:
		expected.Dev, expected.Ino = place.Device, place.Inode
	case place.Dir >= 0:
		_ = unix.Fstatat(place.Dir, strings.TrimRight(place.Name, "/"), &expected, unix.AT_SYMLINK_NOFOLLOW)
	}
	if opened.Dev == expected.Dev && opened.Ino == expected.Ino {
		return
	}
	r.askAgain(t, c, link, decided.Access)
}

// askAgain has the Handler decide about a file that a call has turned out to
// touch.
func (r *Run) askAgain(t *tracee, c *call, link string, access policy.Access) {
	name, err := os.Readlink(link)
	if err != nil {
		r.unseen(t, c, "look at a file", err)
		return
	}
	again := *c.Call
	again.Files = []supervisor.File{{Path: name, Access: access, Place: supervisor.Place{FD: -1, Dir: -1}}}
	if answer := r.options.Handler.Enter(&again); answer.Kind != supervisor.Allow {
		r.violated(c, again.Files, answer.Rule)
	}
}

// executing is a thread that has just executed a program, and has run nothing
// of it.
func (r *Run) executing(t *tracee) {
	c := t.call
	if !r.executed {
		r.executed = t.tid == r.main
	} else if c != nil && c.executes() && len(c.Files) == 1 && r.options.Handler != nil {
		r.checkExecuted(t, c)
	}
	if c != nil {
		if c.answer.Exit != nil {
			c.answer.Exit(c.Call, 0)
		}
		r.log.call(c, 0)
		t.drop()
	}
	r.release(t)
}

// checkExecuted asks about what the kernel has mapped besides the file that was
// asked about: the interpreter of a script, and the one that an ELF file names,
// its dynamic loader. A program could name any file there, to have it executed
// or read.
func (r *Run) checkExecuted(t *tracee, c *call) {
	decided := &c.Files[0].Place
	link := fmt.Sprintf("/proc/%d/exe", t.tid)
	var stat unix.Stat_t
	if err := unix.Stat(link, &stat); err != nil {
		r.unseen(t, c, "look at an executed program", err)
		return
	}
	if decided.FD < 0 || stat.Dev != decided.Device || stat.Ino != decided.Inode {
		r.askAgain(t, c, link, policy.Execute)
	}
	program, err := os.Readlink(link)
	if err != nil {
		r.unseen(t, c, "look at an executed program", err)
		return
	}
	files := fmt.Sprintf("/proc/%d/map_files/", t.tid)
	mappings, err := os.ReadDir(files)
	if err != nil {
		r.unseen(t, c, "look at an executed program", err)
		return
	}
	seen := map[string]bool{program: true}
	for _, mapping := range mappings {
		name, err := os.Readlink(files + mapping.Name())
		if err != nil {
			r.unseen(t, c, "look at an executed program", err)
			return
		}
		if !seen[name] {
			seen[name] = true
			r.askAgain(t, c, files+mapping.Name(), policy.Read)
		}
	}
}
