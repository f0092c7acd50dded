package judge

import (
	"os"
	"sync"
	"time"

	"github.com/bailiff-judge/bailiff/runner"
)

// maxRecorded bounds what is kept of a dialogue, in bytes and in messages.
const (
	maxRecorded = 16 << 20
	maxMessages = 1 << 18
)

// relays carry what is said in a recorded dialogue.
type relays struct {
	parties []Party
	begin   time.Time
	stop    func(party int)
	pumps   sync.WaitGroup

	mutex    sync.Mutex
	messages []Message
	kept     int
	said     []int64 // by each party
	over     []bool  // said more than it may
}

// relay starts the carriers, if there are any.
func (d *Dialogue) relay(w *wires, begin time.Time, stop func(party int)) *relays {
	r := &relays{
		parties: d.Parties, begin: begin, stop: stop,
		said: make([]int64, len(d.Parties)), over: make([]bool, len(d.Parties)),
	}
	for i := range w.in {
		r.pumps.Go(func() { r.carry(d.Links[i], w.in[i], w.out[i]) })
	}
	return r
}

// carry copies until the writer closes its end, or the reader its own: each
// learns of the other as it would without us.
func (r *relays) carry(link Link, in, out *os.File) {
	defer in.Close()
	defer out.Close()
	piece := make([]byte, 64<<10)
	for {
		n, err := in.Read(piece)
		if n == 0 || err != nil {
			r.note(link.From, nil)
			return
		}
		allowed := r.note(link.From, piece[:n])
		if _, err := out.Write(piece[:allowed]); err != nil {
			return
		}
		// Of one that said too much the other sees the end when it is over.
	}
}

// note keeps what a party has said, nil at the end, and returns how much of it
// may go on.
func (r *relays) note(party int, said []byte) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	allowed := len(said)
	r.said[party] += int64(len(said))
	if limit := outputLimit(r.parties[party].Spec.Limits); limit != runner.Unlimited && r.said[party] > limit {
		allowed = int(max(0, int64(len(said))-(r.said[party]-limit)))
		r.over[party] = true
		r.stop(party)
	}
	kept := said[:min(allowed, maxRecorded-r.kept)]
	if len(r.messages) < maxMessages && (len(kept) > 0 || said == nil) {
		r.kept += len(kept)
		r.messages = append(r.messages, Message{
			At: time.Since(r.begin), From: r.parties[party].Name, Text: string(kept), End: said == nil,
		})
	}
	return allowed
}

func outputLimit(l runner.Limits) int64 {
	if l.Output == 0 {
		return runner.DefaultLimits().Output
	}
	return l.Output
}

// finish waits for the carriers, puts what they have counted into the results
// and returns what they have kept.
func (r *relays) finish(c *Conversation) []Message {
	r.pumps.Wait()
	for i, result := range c.Results {
		if result == nil {
			continue
		}
		result.Output += r.said[i]
		// As in a run: a worse status stays.
		if r.over[i] && (c.Stopped[i] || result.Status > runner.OutputLimit) {
			c.Stopped[i] = false
			result.Status, result.Error = runner.OutputLimit, ""
			result.Limit = &runner.Limit{Name: "output", Value: outputLimit(r.parties[i].Spec.Limits), MeasuredBy: "pipe"}
		}
	}
	return r.messages
}
