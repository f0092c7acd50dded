package runner

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/mount"
)

// slotKind is what slots that can stand for one another have in common.
type slotKind struct {
	slotKey
	init    *forkexec.Runner
	tree    *mount.Tree
	sources []string
	// writable says that a program can write somewhere in the tree.
	writable bool
	// renewal makes new what programs have left something in; nil if each program
	// has what it may write to to itself.
	renewal *forkexec.Renewal
	// runs counts how often one was asked for; making says that one is made
	// ahead. Guarded by the pool's mutex.
	runs   int
	making bool
	seen   atomic.Bool // by a run
}

// same says whether slots of two kinds can stand for one another. A kind that is
// not used for long is forgotten, and made anew when it is.
func (k *slotKind) same(other *slotKind) bool { return k == other || k.slotKey == other.slotKey }

// pool keeps the slots that stand ready.
//
// One is made ahead, by a goroutine that is there only while there is something
// to do, when somebody has found none of its kind, since more may come, and when one
// was lost to a run. So there are as many as have been in use at one time, and at most
// one more. Those that are not used go again, and so does the least recently used
// one when there are too many.
type pool struct {
	sandbox *Sandbox
	maxIdle int
	after   time.Duration

	mutex sync.Mutex
	idle  []*slot // the least recently used first
	stats Stats
	timer *time.Timer // runs while there are idle ones
	tasks []func()
	busy  bool // a goroutine works on tasks
	done  sync.WaitGroup
}

func newPool(s *Sandbox) *pool {
	p := &pool{sandbox: s, maxIdle: s.options.Pool.MaxIdle, after: s.options.Pool.IdleTime}
	set(&p.maxIdle, defaultMaxIdle)
	set(&p.after, defaultIdleTime)
	p.stats.Discarded = map[string]int64{}
	return p
}

// take returns a slot that stands ready, or, if there is none or a fresh one is
// wanted, a new one.
func (p *pool) take(kind *slotKind, fresh bool) (*slot, error) {
	for !fresh {
		l := p.takeIdle(kind)
		if l == nil {
			break
		}
		if l.current() {
			p.count(&p.stats.Hits)
			return l, nil
		}
		p.discard(l, outdated, nil)
	}
	l, err := p.sandbox.newSlot(kind)
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.stats.Made++
	p.stats.Misses++
	p.stats.InUse++
	return l, nil
}

// takeIdle takes the one of its kind that was used last, whose memory is most
// likely still in some cache.
func (p *pool) takeIdle(kind *slotKind) *slot {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	kind.runs++
	for i, l := range slices.Backward(p.idle) {
		if l.kind.same(kind) {
			p.idle = slices.Delete(p.idle, i, i+1)
			p.stats.InUse++
			return l
		}
	}
	p.ahead(kind)
	return nil
}

// ahead has a slot made, if none of its kind stands ready, with the mutex held.
// Not at the first use of a kind: a judge that runs one program needs no more.
func (p *pool) ahead(kind *slotKind) {
	ready := slices.ContainsFunc(p.idle, func(l *slot) bool { return l.kind.same(kind) })
	if !ready && kind.runs > 1 && !kind.making && len(p.idle) < p.maxIdle {
		kind.making = true
		p.later(func() { p.makeAhead(kind) })
	}
}

// give takes a clean slot back.
func (p *pool) give(l *slot) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.stats.InUse--
	p.keep(l)
}

// keep has a slot stand ready, with the mutex held.
func (p *pool) keep(l *slot) {
	l.free = now()
	p.idle = append(p.idle, l)
	if len(p.idle) > p.maxIdle {
		p.drop(1, excess)
	}
	if p.timer == nil {
		p.timer = time.AfterFunc(p.after, p.tidy)
	}
}

// drop gives back the first n idle slots, with the mutex held.
func (p *pool) drop(n int, reason string) {
	for _, l := range p.idle[:n] {
		p.stats.Discarded[reason]++
		p.later(func() { p.end(l, reason, nil) })
	}
	p.idle = slices.Delete(p.idle, 0, n)
}

// tidy gives back what was not used for long.
func (p *pool) tidy() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.timer == nil {
		return // closed
	}
	old := now() - p.after
	n := 0
	for n < len(p.idle) && p.idle[n].free <= old {
		n++
	}
	p.drop(n, unused)
	if len(p.idle) == 0 {
		p.timer = nil
		p.sandbox.log.Debug("pool: all slots are given back", "stats", p.stats)
		return
	}
	p.timer.Reset(p.idle[0].free - old)
}

// discard ends a slot that was taken.
func (p *pool) discard(l *slot, reason string, cause error) {
	p.mutex.Lock()
	p.stats.Discarded[reason]++
	p.stats.InUse--
	if reason != outdated { // whoever took that one goes on looking
		p.ahead(l.kind)
	}
	p.mutex.Unlock()
	p.end(l, reason, cause)
}

func (p *pool) end(l *slot, reason string, cause error) {
	err := p.sandbox.closeSlot(l)
	if cause == nil && err == nil {
		p.sandbox.log.Debug("pool: slot discarded", "reason", reason)
	} else {
		p.sandbox.log.Warn("pool: slot discarded", "reason", reason, "cause", cause, "error", err)
	}
}

// makeAhead makes a slot before it is needed.
func (p *pool) makeAhead(kind *slotKind) {
	l, err := p.sandbox.newSlot(kind)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	kind.making = false
	if err != nil {
		// Whoever needs one makes it himself, and tells of what is wrong.
		p.sandbox.log.Warn("pool: no slot can be made ahead", "error", err)
		return
	}
	p.stats.Made++
	p.stats.Ahead++
	p.keep(l)
}

// later has something done by a goroutine of the pool, with the mutex held.
func (p *pool) later(task func()) {
	p.tasks = append(p.tasks, task)
	if p.busy {
		return
	}
	p.busy = true
	p.done.Go(func() {
		for {
			p.mutex.Lock()
			if len(p.tasks) == 0 {
				p.busy = false
				p.mutex.Unlock()
				return
			}
			task := p.tasks[0]
			p.tasks = slices.Delete(p.tasks, 0, 1)
			p.mutex.Unlock()
			task()
		}
	})
}

func (p *pool) count(n *int64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	*n++
}

// close gives everything back; nobody takes one any more.
func (p *pool) close() {
	p.mutex.Lock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	p.mutex.Unlock()
	p.done.Wait() // it may keep what it has made
	p.mutex.Lock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	// All at once, so that they die side by side.
	for _, l := range p.idle {
		_ = l.init.Kill() // which closeSlot does again, and reports
	}
	p.drop(len(p.idle), closing)
	p.mutex.Unlock()
	p.done.Wait()
	if p.stats.Made > 0 {
		p.sandbox.log.Info("pool: closed", "stats", p.stats)
	}
}
