package judge

import "slices"

// plan is the tests of a problem in order, and which of them are still to be
// run. What it decides does not depend on the order in which tests are done.
type plan struct {
	tests  []*planned
	all    bool
	groups map[string]*Group
	asked  map[*Group]bool // see unmet
}

// planned is a test on its way.
type planned struct {
	test  *Test
	index int
	path  []*Group // from the root to its own
	state state
	// cancel stops its run, if it is running.
	cancel func()
	result TestResult
}

// state is how far a test is.
type state uint8

const (
	waiting state = iota
	running
	done
	left // not to be run
)

func newPlan(p *Problem, all bool) *plan {
	pl := &plan{all: all, groups: map[string]*Group{}, asked: map[*Group]bool{}}
	pl.add(nil, &p.Root)
	return pl
}

func (pl *plan) add(path []*Group, g *Group) {
	path = append(slices.Clone(path), g)
	pl.groups[g.Name] = g
	for _, t := range g.Tests {
		pl.tests = append(pl.tests, &planned{test: t, index: len(pl.tests), path: path, result: TestResult{Name: t.Name}})
	}
	for _, sub := range g.Groups {
		pl.add(path, sub)
	}
}

// next is the first test that can be run now, nil if there is none. A test is
// run although earlier ones are not done: most often they are accepted.
func (pl *plan) next() *planned {
	for _, t := range pl.tests {
		if t.state == waiting && pl.ready(t) {
			return t
		}
	}
	return nil
}

// ready says whether the groups that a test's groups require are done. If one of
// them is not accepted, the test is left out.
func (pl *plan) ready(t *planned) bool {
	for _, g := range t.path {
		for _, name := range g.Scoring.Requires {
			required := pl.groups[name]
			if required == nil || required == g {
				continue
			}
			switch v, settled := pl.verdict(required); {
			case !settled:
				return false
			case v != Accepted && !pl.all:
				t.state = left
				return false
			}
		}
	}
	return true
}

// verdict is that of a group, if it is settled: all its tests are done or left out.
func (pl *plan) verdict(g *Group) (v Verdict, settled bool) {
	for _, t := range pl.tests {
		if slices.Contains(t.path, g) && t.state != done && t.state != left {
			return Skipped, false
		}
	}
	v, _ = pl.judgeGroup(g)
	return v, true
}

// finish notes a test's result, and leaves out what need not be run any more.
func (pl *plan) finish(t *planned, result TestResult) {
	t.state, t.result, t.cancel = done, result, nil
	if pl.all || !result.Verdict.rejected() {
		return
	}
	// A group that breaks leaves out its later tests. Its own rejection is
	// one to the group around it, unless it counts for nothing there.
	var broken *Group
	for _, g := range slices.Backward(t.path) {
		if g.OnReject == Break {
			broken = g
		}
		if g.Scoring.Ignore || g.Scoring.Verdict == AnyAccepted || g.Scoring.Verdict == AlwaysAccepted {
			break
		}
	}
	if broken == nil {
		return
	}
	for _, later := range pl.tests[t.index+1:] {
		if slices.Contains(later.path, broken) {
			pl.leave(later)
		}
	}
}

// leave makes a test one that is not run, whatever is known of it.
func (pl *plan) leave(t *planned) {
	if t.cancel != nil {
		t.cancel()
	}
	t.state, t.cancel, t.result = left, nil, TestResult{Name: t.test.Name}
}

// settled is how many tests from the first on can't change any more.
func (pl *plan) settled() int {
	for i, t := range pl.tests {
		if t.state != done && t.state != left {
			return i
		}
	}
	return len(pl.tests)
}
