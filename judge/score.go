package judge

import (
	"fmt"
	"math"
	"slices"
)

// part is what a group is made of: a test's verdict and score, or a group's.
type part struct {
	verdict Verdict
	score   float64
}

// judgeGroup makes a verdict and a score of a group's parts.
func (pl *plan) judgeGroup(g *Group) (Verdict, float64) {
	if pl.unmet(g) {
		return Skipped, g.Scoring.RejectScore
	}
	var parts []part
	for _, t := range pl.tests {
		if t.path[len(t.path)-1] == g {
			parts = append(parts, part{t.result.Verdict, g.testScore(t.test, &t.result)})
		}
	}
	for _, sub := range g.Groups {
		if !sub.Scoring.Ignore {
			v, score := pl.judgeGroup(sub)
			if !sub.empty() {
				parts = append(parts, part{v, score})
			}
		}
	}
	verdict := g.Scoring.verdict(parts)
	score := g.Scoring.score(parts, verdict)
	if !g.Scoring.inRange(score) {
		return JudgeError, score
	}
	return verdict, score
}

// unmet says whether a group whose tests were run all the same, since all were
// to be run, requires one that is not accepted. It is worth what it would be if
// they had been left out.
func (pl *plan) unmet(g *Group) bool {
	if !pl.all || pl.asked[g] {
		return false
	}
	pl.asked[g] = true // groups may require each other
	defer delete(pl.asked, g)
	for _, name := range g.Scoring.Requires {
		if required := pl.groups[name]; required != nil && required != g {
			if v, _ := pl.judgeGroup(required); v != Accepted {
				return true
			}
		}
	}
	return false
}

func (g *Group) empty() bool { return len(g.AllTests()) == 0 }

// testScore is what a test of the group is worth.
func (g *Group) testScore(t *Test, r *TestResult) float64 {
	full := 1.0
	switch {
	case t.Points != nil:
		full = *t.Points
	case g.Scoring.AcceptScore != nil && g.Scoring.Aggregate != PassFail:
		full = *g.Scoring.AcceptScore
	}
	switch {
	case r.Verdict != Accepted:
		return g.Scoring.RejectScore
	case r.Checker != nil && r.Checker.Score != nil:
		return *r.Checker.Score
	case r.Checker != nil && r.Checker.Fraction != nil:
		return *r.Checker.Fraction * full
	}
	return full
}

// verdict makes one of those of the parts. A judge's error is one, whatever
// else there is.
func (s *Scoring) verdict(parts []part) Verdict {
	first, worst, accepted, skipped := Skipped, Skipped, len(parts) == 0, false
	for _, p := range parts {
		switch {
		case p.verdict == JudgeError:
			return JudgeError
		case p.verdict == Skipped:
			skipped = true
		case p.verdict == Accepted:
			accepted = true
		case first == Skipped:
			first = p.verdict
		}
		worst = max(worst, p.verdict)
	}
	switch {
	case s.Verdict == AlwaysAccepted:
		return Accepted
	case s.Verdict == AnyAccepted && accepted:
		return Accepted
	case s.Verdict == WorstError && worst.rejected():
		return worst
	case first != Skipped:
		return first
	case skipped:
		return Skipped
	}
	return Accepted
}

// score makes one of those of the parts. Those that were not run count for
// nothing.
func (s *Scoring) score(parts []part, verdict Verdict) float64 {
	full := 1.0
	if s.AcceptScore != nil {
		full = *s.AcceptScore
	}
	if s.Aggregate == PassFail {
		if verdict == Accepted {
			return full
		}
		return s.RejectScore
	}
	var scores []float64
	for _, p := range parts {
		if s.Aggregate == UntilError && p.verdict != Accepted {
			break
		}
		if p.verdict == Skipped {
			continue
		}
		scores = append(scores, p.score)
	}
	if len(scores) == 0 {
		return s.RejectScore
	}
	switch s.Aggregate {
	case Min:
		return slices.Min(scores)
	case Max:
		return slices.Max(scores)
	}
	sum := 0.0
	for _, score := range scores {
		sum += score
	}
	if s.Aggregate == Average {
		// Of all parts: one that was not run is none that is worth nothing.
		return sum / float64(len(parts))
	}
	return sum
}

// inRange says whether a score is one that the group can have, but for what
// adding up binary fractions loses.
func (s *Scoring) inRange(score float64) bool {
	const lost = 1e-9
	slack := lost * max(1, math.Abs(score))
	return (s.Least == nil || score >= *s.Least-slack) && (s.Most == nil || score <= *s.Most+slack)
}

// outOfRange says which group has a score that it can't have.
func (pl *plan) outOfRange(g *Group) string {
	for _, sub := range g.Groups {
		if why := pl.outOfRange(sub); why != "" {
			return why
		}
	}
	if _, score := pl.judgeGroup(g); !g.Scoring.inRange(score) {
		name := fmt.Sprintf("group %q", g.Name)
		if g.Name == "" {
			name = "the problem"
		}
		return fmt.Sprintf("the score %v of %s is outside its range: the checker's scores don't fit the problem's", score, name)
	}
	return ""
}

// groupResults lists those of all groups within one, each after those within it.
func (pl *plan) groupResults(g *Group, scored bool) (list []GroupResult) {
	for _, sub := range g.Groups {
		list = append(list, pl.groupResults(sub, scored)...)
		v, score := pl.judgeGroup(sub)
		r := GroupResult{Name: sub.Name, Verdict: v}
		if scored {
			r.Score = &score
		}
		list = append(list, r)
	}
	return list
}
