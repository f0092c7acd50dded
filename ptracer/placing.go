package ptracer

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// placing keeps the tracer and a program that it stops often on one CPU. Waking
// a thread on another CPU is most of what a stop costs, and the kernel, which
// doesn't know that of the two only one ever runs, would put each on the idle CPU.
//
// It is for a run of one thread: others may run while the tracer does.
type placing struct {
	tid   int // of the thread that shares the tracer's CPU, 0 if none does
	count int // stops since it does, or since there is only one thread
	cpu   unix.CPUSet
	// What the affinities were.
	tracer, tracee unix.CPUSet
}

const (
	// placeAfter is how many stops show that a program is worth it.
	placeAfter = 16
	// placeFor is after how many the kernel may choose the CPU anew.
	placeFor = 4096
)

// stopped counts a thread's stop at a call.
func (p *placing) stopped(r *Run, t *tracee) {
	if r.options.NoAffinity || len(r.tracees) != 1 {
		p.undo()
		p.count = 0
		return
	}
	switch p.count++; {
	case p.tid == 0 && p.count >= placeAfter:
		p.count = 0
		p.place(t)
	case p.tid != 0 && p.count >= placeFor:
		p.undo()
		p.count = placeAfter
	}
}

// place puts the tracer where the thread last ran, and both to stay there.
func (p *placing) place(t *tracee) {
	const processor = 39 - 3 // its place in stat, from the third field on
	fields := t.stat()
	if len(fields) <= processor {
		return
	}
	cpu, err := strconv.Atoi(string(fields[processor]))
	if err != nil || unix.SchedGetaffinity(0, &p.tracer) != nil || unix.SchedGetaffinity(t.tid, &p.tracee) != nil {
		return
	}
	p.cpu.Zero()
	if p.cpu.Set(cpu); unix.SchedSetaffinity(0, &p.cpu) != nil {
		return
	}
	p.tid = t.tid
	_ = unix.SchedSetaffinity(t.tid, &p.cpu)
}

// release undoes it before a thread has a child, which would inherit it.
func (p *placing) release(child int) {
	if p.tid == 0 {
		return
	}
	p.restore(child)
	p.undo()
}

// undo lets both run where they could before.
func (p *placing) undo() {
	if p.tid == 0 {
		return
	}
	_ = unix.SchedSetaffinity(0, &p.tracer)
	p.restore(p.tid)
	p.tid = 0
}

// ended notes that a thread is no more.
func (p *placing) ended(tid int) {
	if p.tid == tid {
		_ = unix.SchedSetaffinity(0, &p.tracer)
		p.tid = 0
	}
}

// restore gives a thread the affinity back, unless it has chosen another.
func (p *placing) restore(tid int) {
	var now unix.CPUSet
	if unix.SchedGetaffinity(tid, &now) == nil && now == p.cpu {
		_ = unix.SchedSetaffinity(tid, &p.tracee)
	}
}
