package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stdio is how a run's three standard streams are connected.
type stdio struct {
	// files are the program's ends, nil for /dev/null; closed once it has them.
	files   []*os.File
	started func()

	input  io.Reader     // what stdin's pump copies
	feed   *os.File      // to here; nil if nothing is pumped
	fed    chan struct{} // closed when that pump has ended
	outlet []*outlet

	limit    int64
	written  atomic.Int64
	overflow atomic.Bool
	pumps    sync.WaitGroup
	mutex    sync.Mutex
	errs     []error
}

// outlet is one pipe that the program writes to.
type outlet struct {
	name string
	fd   int
	pipe *os.File // of fd, while a pump waits for it
	to   io.Writer
}

// openStdio makes the pipes. On failure nothing is left.
func (s *Sandbox) openStdio(spec *Spec, limit int64) (_ *stdio, err error) {
	o := &stdio{limit: limit, files: make([]*os.File, 3), started: spec.Started}
	defer func() {
		if err != nil {
			o.closeChild()
			o.closeOwn()
		}
	}()
	if err = s.openInput(o, spec.Stdin); err != nil {
		return nil, err
	}
	if o.files[1], err = s.openOutput(o, "stdout", spec.Stdout); err != nil {
		return nil, err
	}
	if same(spec.Stdout, spec.Stderr) {
		o.files[2] = o.files[1]
	} else if o.files[2], err = s.openOutput(o, "stderr", spec.Stderr); err != nil {
		return nil, err
	}
	return o, nil
}

// same says whether two writers are one; values that can't be compared aren't.
func same(a, b io.Writer) (equal bool) {
	defer func() { _ = recover() }()
	return a == b
}

// pipe makes one that belongs to the program's id: opening /dev/stdin opens the
// pipe anew, which is for its owner alone. Both ends block.
func (s *Sandbox) pipe() (ends [2]int, err error) {
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return ends, fmt.Errorf("runner: pipe: %w", err)
	}
	if s.ownID() {
		own := func() error { return unix.Fchown(ends[0], int(s.options.UID), int(s.options.GID)) }
		if !s.root { // who may not give it away; nobody else sees a pipe
			own = func() error { return unix.Fchmod(ends[0], 0o606) }
		}
		if err := own(); err != nil {
			unix.Close(ends[0])
			unix.Close(ends[1])
			return ends, fmt.Errorf("runner: pipe: %w", err)
		}
	}
	return ends, nil
}

// polled is the file of a descriptor that waits in Go's poller, so that closing
// the file ends the wait.
func polled(fd int) *os.File {
	_ = unix.SetNonblock(fd, true) // before NewFile, which looks; of a pipe it can't fail
	return os.NewFile(uintptr(fd), "pipe")
}

func (s *Sandbox) openOutput(o *stdio, name string, to io.Writer) (*os.File, error) {
	if direct, ok := to.(Direct); ok {
		return direct.given()
	}
	ends, err := s.pipe()
	if err != nil {
		return nil, err
	}
	if to == nil {
		to = io.Discard
	}
	o.outlet = append(o.outlet, &outlet{name: name, fd: ends[0], to: to})
	return os.NewFile(uintptr(ends[1]), "pipe"), nil
}

func (s *Sandbox) openInput(o *stdio, from io.Reader) (err error) {
	if from == nil {
		return nil
	}
	if direct, ok := from.(Direct); ok {
		o.files[0], err = direct.given()
		return err
	}
	if file, ok := from.(*os.File); ok {
		if file == nil {
			return fmt.Errorf("runner: stdin is a nil file: %w", os.ErrInvalid)
		}
		direct, err := handOver(file, s.writable)
		if err != nil || direct != nil {
			o.files[0] = direct
			return err
		}
	}
	ends, err := s.pipe()
	if err != nil {
		return err
	}
	o.files[0], o.feed, o.input, o.fed = os.NewFile(uintptr(ends[0]), "pipe"), polled(ends[1]), from, make(chan struct{})
	return nil
}

// handOver opens a file anew for the program, if it can have it without harm:
// a regular file that it can't write to, whatever it does with the descriptor
// (/proc/self/fd/0 opens it again, fchmod needs no more than to be its owner).
// So can't a terminal, through which a program could type for the judge.
func handOver(file *os.File, writable func(*syscall.Stat_t) bool) (*os.File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("runner: stdin: %w", err) // which names the file
	}
	// Fd makes a pipe block, and then closing it would not end a Read of it.
	if !info.Mode().IsRegular() {
		return nil, nil
	}
	if writable(info.Sys().(*syscall.Stat_t)) {
		return nil, nil
	}
	offset, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, nil //nolint:nilerr // then it is read as a stream
	}
	// Of its own, so that the program shares neither offset nor flags with us.
	again, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	if err != nil {
		return nil, nil //nolint:nilerr // the same
	}
	if _, err := again.Seek(offset, io.SeekStart); err != nil {
		again.Close()
		return nil, fmt.Errorf("runner: stdin %s: %w", file.Name(), err)
	}
	return again, nil
}

// writable says whether a program may change a file.
func (s *Sandbox) writable(stat *syscall.Stat_t) bool {
	if !s.ownID() {
		return true // it is of the judge's own id
	}
	return stat.Uid == s.options.UID || stat.Mode&0o002 != 0 || stat.Gid == s.options.GID && stat.Mode&0o020 != 0
}

// closeChild closes the program's ends here.
func (o *stdio) closeChild() {
	for i, file := range o.files {
		if file != nil && !slices.Contains(o.files[:i], file) { // one may be both stdout and stderr
			file.Close()
		}
	}
}

func (o *stdio) closeOwn() {
	if o.feed != nil {
		o.feed.Close()
	}
	for _, out := range o.outlet {
		if out.pipe != nil {
			out.pipe.Close()
		} else {
			unix.Close(out.fd)
		}
	}
}

// pieces are what pumps copy by.
var pieces = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// start starts the pump of the input, if there is one; fail is called when the
// caller's reader fails.
func (o *stdio) start(fail func()) {
	if o.started != nil {
		o.started()
	}
	if o.feed != nil {
		go o.pumpIn(fail)
	}
}

// startPumps starts those of the output. A run that is over before they are needed,
// with what it has written in the pipes, does without. kill is called when more
// than the limit was written, and when a caller's writer fails.
func (o *stdio) startPumps(kill func()) {
	for _, out := range o.outlet {
		out.pipe = polled(out.fd)
		o.pumps.Go(func() { o.pumpOut(out, out.pipe.Read, kill) })
	}
}

// rest reads what is in the pipe, without waiting for more.
func (out *outlet) rest(data []byte) (int, error) {
	if err := unix.SetNonblock(out.fd, true); err != nil {
		return 0, err
	}
	for {
		n, err := unix.Read(out.fd, data)
		if err != unix.EINTR {
			return n, err
		}
	}
}

func (o *stdio) pumpIn(fail func()) {
	defer close(o.fed)
	_, err := io.Copy(o.feed, o.input)
	o.feed.Close()
	// A program need not read its input, and may be over before us.
	if err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, os.ErrClosed) {
		o.failed("stdin", err)
		fail()
	}
}

func (o *stdio) pumpOut(out *outlet, read func([]byte) (int, error), kill func()) {
	piece := pieces.Get().(*[64 << 10]byte)
	defer pieces.Put(piece)
	for {
		n, err := read(piece[:])
		if n <= 0 || err != nil {
			return // all writers are gone; a pipe has no other errors
		}
		total := o.written.Add(int64(n))
		deliver := n
		if o.limit != Unlimited && total > o.limit {
			// Of what all outlets wrote together exactly the limit is delivered.
			deliver = int(max(0, int64(n)-(total-o.limit)))
			if !o.overflow.Swap(true) {
				kill()
			}
		}
		if deliver > 0 {
			if _, err := out.to.Write(piece[:deliver]); err != nil {
				o.failed(out.name, err)
				kill()
				out.to = io.Discard
			}
		}
	}
}

func (o *stdio) failed(name string, err error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.errs = append(o.errs, fmt.Errorf("runner: %s: %w", name, err))
}

// readTimeout is how long a run that is over waits for a Read of its stdin.
const readTimeout = 20 * time.Millisecond

// finish waits until all that was written is delivered. It returns what the
// caller's readers and writers said. dead says that all writers are; if one may
// live, since it could not be killed, its output is cut off.
func (o *stdio) finish(dead bool) error {
	if !dead {
		for _, out := range o.outlet {
			if out.pipe != nil {
				out.pipe.Close()
			}
		}
	}
	if o.feed != nil {
		o.feed.Close()
		// So the caller may use his reader again; but nobody can take back a
		// Read of his that waits for what may never come.
		select {
		case <-o.fed:
		case <-time.After(readTimeout):
		}
	}
	o.pumps.Wait()
	for _, out := range o.outlet {
		if out.pipe == nil {
			o.pumpOut(out, out.rest, func() {}) // there is nobody to kill any more
		}
	}
	o.closeOwn()
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return errors.Join(o.errs...)
}
