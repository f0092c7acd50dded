package judge

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// closings tells in which order the ends of pipes were closed, and so which of
// two programs ended first.
//
// Whom waitid reports first proves nothing: a program's end closes its pipes,
// and another CPU runs who sees that before the judge runs. But an inotify
// event of a file's last close is queued by the kernel before a pipe's other
// end can notice (fs/file_table.c: __fput tells fsnotify, then releases the
// file). So the queue's order is that of cause and effect, for the price of
// nothing while the programs run. Anonymous pipes have no such events, named
// ones have; the names are gone before the programs start.
type closings struct {
	fd      int // inotify's; -1 if there is none to be had
	file    *os.File
	reading sync.WaitGroup
	on      map[int32]watched

	// Written by the goroutine that reads.
	lost bool // not all was queued
	ends []closingEnds
	seen int
}

// closingEnds are when a link's ends were closed for the last time.
type closingEnds struct{ written, read closing }

// closing is an end's last close: its place in the order, from 1 on, and when
// we knew. Zero is never.
type closing struct {
	place int
	at    time.Time
}

// watched says which ends of a pipe are those of a link.
type watched struct {
	link           int
	reader, writer bool
}

func newClosings(links []Link) *closings {
	c := &closings{on: map[int32]watched{}, ends: make([]closingEnds, len(links))}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		c.fd, c.lost = -1, true // a user has 128 of them by default: the clock must do
		return c
	}
	c.fd, c.file = fd, os.NewFile(uintptr(fd), "inotify")
	return c
}

func (c *closings) by() string {
	if c.fd < 0 {
		return "CLOCK_MONOTONIC"
	}
	return "inotify"
}

// pipeSize is what two programs may both have said before one listens: the
// most that an ordinary user may ask for, and what other judges give.
const pipeSize = 1 << 20

// pipe makes a pipe for a link. A program's end blocks, the judge's own end, if
// it has one, waits in Go's poller.
func (c *closings) pipe(link int, programReads, programWrites bool) (r, w *os.File, err error) {
	dir, err := os.MkdirTemp("", "bailiff-pipe-*")
	if err != nil {
		return nil, nil, fmt.Errorf("judge: pipe: %w", err)
	}
	defer os.RemoveAll(dir)
	defer func() {
		if err != nil {
			err = fmt.Errorf("judge: pipe: %w", err)
			closeAll(r, w)
		}
	}()
	path := filepath.Join(dir, "pipe")
	if err = unix.Mkfifo(path, 0o600); err != nil {
		return nil, nil, fmt.Errorf("%s: %w: set TMPDIR to a directory on a file system that has named pipes", dir, err)
	}
	// Programs of another id open /dev/stdin, too. Nobody else finds it.
	if err = os.Chmod(path, 0o666); err != nil {
		return nil, nil, err
	}
	// With both ends in hand the opening of one waits for nobody.
	both, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	// More is better, and less is no error: programs then wait sooner.
	_, _ = unix.FcntlInt(uintptr(both), unix.F_SETPIPE_SZ, pipeSize)
	r, err = openEnd(path, unix.O_RDONLY, programReads)
	if err == nil {
		w, err = openEnd(path, unix.O_WRONLY, programWrites)
	}
	if err = errors.Join(err, unix.Close(both)); err != nil || c.fd < 0 {
		return r, w, err
	}
	wd, err := unix.InotifyAddWatch(c.fd, path, unix.IN_CLOSE)
	if err != nil {
		return r, w, err
	}
	c.on[int32(wd)] = watched{link, programReads, programWrites}
	return r, w, nil
}

func openEnd(path string, mode int, program bool) (*os.File, error) {
	if !program {
		mode |= unix.O_NONBLOCK
	}
	fd, err := unix.Open(path, mode|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "pipe"), nil
}

func closeAll(files ...*os.File) {
	for _, file := range files {
		if file != nil {
			file.Close()
		}
	}
}

// start begins to read what is queued. That wakes somebody four times in all.
func (c *closings) start() {
	if c.fd < 0 {
		return
	}
	c.reading.Go(func() {
		buffer := make([]byte, 4<<10)
		for {
			n, err := c.file.Read(buffer)
			if err != nil {
				return // the deadline
			}
			c.take(buffer[:n])
		}
	})
}

// finish takes the rest: all is queued once the programs are dead.
func (c *closings) finish() error {
	if c.fd < 0 {
		return nil
	}
	if err := c.file.SetReadDeadline(time.Now()); err != nil {
		return fmt.Errorf("judge: inotify: %w", err)
	}
	c.reading.Wait()
	buffer := make([]byte, 4<<10)
	for {
		n, err := unix.Read(c.fd, buffer)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("judge: inotify: %w", err)
		default:
			c.take(buffer[:n])
		}
	}
}

// take reads events as inotify(7) has them: four numbers, the last of which is
// the length of a name.
func (c *closings) take(events []byte) {
	for len(events) >= unix.SizeofInotifyEvent {
		c.note(int32(binary.NativeEndian.Uint32(events)), binary.NativeEndian.Uint32(events[4:]))
		events = events[unix.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(events[12:])):]
	}
}

func (c *closings) note(wd int32, mask uint32) {
	if mask&unix.IN_Q_OVERFLOW != 0 {
		c.lost = true // by a program that opens and closes without end
		return
	}
	on, ok := c.on[wd]
	c.seen++
	now := closing{c.seen, time.Now()}
	switch {
	case ok && on.writer && mask&unix.IN_CLOSE_WRITE != 0:
		c.ends[on.link].written = now
	case ok && on.reader && mask&unix.IN_CLOSE_NOWRITE != 0:
		c.ends[on.link].read = now
	}
}

func (c *closings) close() error {
	if c.fd < 0 {
		return nil
	}
	return c.file.Close()
}
