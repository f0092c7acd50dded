package judge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/bailiff-judge/bailiff/runner"
)

// Dialogue runs several programs at the same time, each in a sandbox run of its
// own with limits of its own, joined by pipes: a solution and an interactor, or
// a manager and many processes of a solution.
//
// Pipes go from program to program, and the judge is not between: a byte and
// back costs 2 µs where both run on one CPU. So what goes through them is
// neither counted nor limited but by what the reader takes, unless the dialogue
// is recorded: then it goes by way of the judge.
type Dialogue struct {
	Parties []Party
	Links   []Link
	// Record keeps what is said in [Conversation.Messages], and holds each
	// party to its Limits.Output in what it says.
	Record bool
	// Ended, if set, is called each time a party is over, one call at a time,
	// and may stop others by their index. The result of a party that was
	// stopped says how far it came.
	Ended func(party int, result *runner.Result, stop func(party int))
}

// Party is a program of a dialogue. Of its Spec, Stdin, Stdout, ExtraFiles and
// Started are the dialogue's.
type Party struct {
	// Name is for messages, transcripts and errors: "solution".
	Name string
	Spec runner.Spec
}

// Link is a pipe from one party's descriptor to another's: 1 to 0 is from
// stdout to stdin. Descriptors from 3 on must have no gaps.
type Link struct {
	From, FromFD int
	To, ToFD     int
}

// Conversation is what came of a dialogue.
type Conversation struct {
	// Results are the parties' runs, in their order.
	Results []*runner.Result
	// Stopped says which of them the dialogue ended.
	Stopped []bool
	// Messages are what was said, if it was recorded, in order.
	Messages []Message
	// OrderBy is what tells who ended first: "inotify", which is exact, or
	// "CLOCK_MONOTONIC", which is good to some milliseconds.
	OrderBy string

	ends     []time.Time
	closings *closings
	links    []Link
}

// errStopped is the cause of a context whose party was stopped.
var errStopped = errors.New("judge: stopped by the end of another party")

// Run runs the dialogue to its end: until every party is over. An error means
// that nothing can be said of it, and names the party.
func (d *Dialogue) Run(ctx context.Context, sandbox *runner.Sandbox) (_ *Conversation, err error) {
	wires, err := d.wire()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, wires.close()) }()
	n := len(d.Parties)
	c := &Conversation{
		Results: make([]*runner.Result, n), Stopped: make([]bool, n),
		ends: make([]time.Time, n), links: d.Links, closings: wires.closings, OrderBy: wires.closings.by(),
	}
	ctx, cancelAll := context.WithCancelCause(ctx)
	defer cancelAll(nil)
	cancels := make([]context.CancelCauseFunc, n)
	contexts := make([]context.Context, n)
	for i := range cancels {
		contexts[i], cancels[i] = context.WithCancelCause(ctx)
		defer cancels[i](nil)
	}
	stop := func(i int) { cancels[i](errStopped) }

	wires.closings.start()
	begin := time.Now()
	relays := d.relay(wires, begin, stop)
	var ended sync.Mutex
	var group sync.WaitGroup
	errs := make([]error, n)
	for i, party := range d.Parties {
		group.Go(func() {
			start := time.Now()
			result, err := sandbox.Run(contexts[i], wires.spec(i, party.Spec))
			wires.closeParty(i) // of one that could not be started
			if err != nil && errors.Is(context.Cause(contexts[i]), errStopped) && result != nil {
				c.Stopped[i], err = true, nil
			}
			if err != nil {
				errs[i] = fmt.Errorf("judge: %s: %w", party.Name, err)
				cancelAll(errs[i])
				return
			}
			c.Results[i], c.ends[i] = result, start.Add(result.Setup+result.Wall)
			if d.Ended != nil {
				ended.Lock()
				defer ended.Unlock()
				d.Ended(i, result, stop)
			}
		})
	}
	group.Wait()
	c.Messages = relays.finish(c)
	if err := errors.Join(append(errs, wires.closings.finish())...); err != nil {
		return nil, err
	}
	return c, nil
}

// sure is how far two ends must be apart for the clocks to know their order,
// and how long before its end a party closes a pipe on purpose.
const sure = 50 * time.Millisecond

// EndedBefore says whether party a had ended when b did. If both ended within
// 50 ms, that is told by whose pipes were closed first.
func (c *Conversation) EndedBefore(a, b int) bool {
	apart := c.ends[b].Sub(c.ends[a])
	if !c.closings.lost && apart.Abs() < sure {
		if fa, fb := c.closed(a), c.closed(b); fa > 0 && fb > 0 {
			return fa < fb
		}
	}
	return apart > 0
}

// closed is the place of the first of a party's closings that belong to its
// end, 0 if there is none. A program's pipes are not closed all at once: whoever
// reads from it may be over before those it reads from are closed.
func (c *Conversation) closed(party int) int {
	first := 0
	for i, link := range c.links {
		for _, end := range []struct {
			party int
			closing
		}{{link.From, c.closings.ends[i].written}, {link.To, c.closings.ends[i].read}} {
			if end.party == party && end.place > 0 && c.ends[party].Sub(end.at) < sure && (first == 0 || end.place < first) {
				first = end.place
			}
		}
	}
	return first
}

// hungUp says whether the reader of a link had closed it before the writer.
func (c *Conversation) hungUp(link int) bool {
	ends := c.closings.ends[link]
	if !c.closings.lost && ends.read.place > 0 && ends.written.place > 0 {
		return ends.read.place < ends.written.place
	}
	return c.EndedBefore(c.links[link].To, c.links[link].From)
}

// wires are the pipes of a dialogue.
type wires struct {
	closings *closings
	// ends are the parties' ends by descriptor, until they have them.
	mutex sync.Mutex
	ends  []map[int]*os.File
	// In a recorded dialogue: what the judge reads, and what it writes to.
	in, out []*os.File
}

// wire makes the pipes. On failure nothing is left.
func (d *Dialogue) wire() (_ *wires, err error) {
	w := &wires{ends: make([]map[int]*os.File, len(d.Parties)), closings: newClosings(d.Links)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	for i := range w.ends {
		w.ends[i] = map[int]*os.File{}
	}
	for i, link := range d.Links {
		if err := d.check(w, link); err != nil {
			return nil, err
		}
		reader, writer, err := w.closings.pipe(i, !d.Record, true)
		if err != nil {
			return nil, err
		}
		if d.Record {
			in, out := reader, (*os.File)(nil)
			if reader, out, err = w.closings.pipe(i, true, false); err != nil {
				return nil, errors.Join(err, in.Close(), writer.Close())
			}
			w.in, w.out = append(w.in, in), append(w.out, out)
		}
		w.ends[link.From][link.FromFD], w.ends[link.To][link.ToFD] = writer, reader
	}
	for i, ends := range w.ends {
		for fd := range ends {
			if fd > 3 && ends[fd-1] == nil {
				return nil, fmt.Errorf("judge: %s: descriptor %d is linked, %d is not: leave no gap", d.Parties[i].Name, fd, fd-1)
			}
		}
	}
	return w, nil
}

// check says whether a link can be.
func (d *Dialogue) check(w *wires, l Link) error {
	for _, end := range [][2]int{{l.From, l.FromFD}, {l.To, l.ToFD}} {
		party, fd := end[0], end[1]
		if party < 0 || party >= len(d.Parties) {
			return fmt.Errorf("judge: a link names party %d, and there are %d", party, len(d.Parties))
		}
		if fd < 0 || fd == 2 || w.ends[party][fd] != nil {
			return fmt.Errorf("judge: %s: descriptor %d can't be linked, or is twice", d.Parties[party].Name, fd)
		}
	}
	return nil
}

// spec is a party's, with its ends of the pipes.
func (w *wires) spec(party int, spec runner.Spec) runner.Spec {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	spec.ExtraFiles = nil
	for fd := 3; w.ends[party][fd] != nil; fd++ {
		spec.ExtraFiles = append(spec.ExtraFiles, w.ends[party][fd])
	}
	if file := w.ends[party][0]; file != nil {
		spec.Stdin = runner.Direct{File: file}
	}
	if file := w.ends[party][1]; file != nil {
		spec.Stdout = runner.Direct{File: file}
	}
	// From now on nobody but the program keeps its ends open.
	spec.Started = func() { w.closeParty(party) }
	return spec
}

func (w *wires) closeParty(party int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for fd, file := range w.ends[party] {
		file.Close()
		delete(w.ends[party], fd)
	}
}

func (w *wires) close() error {
	for i := range w.ends {
		w.closeParty(i)
	}
	for _, file := range append(w.in, w.out...) {
		file.Close() // most are closed already
	}
	return w.closings.close()
}
