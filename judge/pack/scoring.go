package pack

import (
	"fmt"
	"strings"

	"github.com/bailiff-judge/bailiff/judge"
)

// defaultScore is what a problem of 2023-07 is worth that does not say.
const defaultScore = 100

// scoring2023 reads the key scoring of test_group.yaml.
func (l *loader) scoring2023(s settings, g *judge.Group, k *kattisProblem) {
	g.Scoring.Ignore = g.Name == "sample" && k.scoring
	if !k.scoring {
		if s.has("scoring") {
			l.warn("%s, line %d: scoring is for scoring problems, and %s has no type: scoring: it is left out", s.where, s.lines["scoring"], kattisFile)
			s.ignore("scoring")
		}
		return
	}
	if g.Name == "" || g.Name == "sample" {
		if s.has("scoring") {
			l.warn("%s, line %d: scoring is for secret and the groups in it: it is left out", s.where, s.lines["scoring"])
			s.ignore("scoring")
		}
		return
	}
	scoring, _ := s.sub("scoring")
	aggregation := "pass-fail"
	if g.Name == "secret" {
		aggregation = "sum"
	}
	switch scoring.oneOf("aggregation", aggregation, "pass-fail", "sum", "min") {
	case "pass-fail":
		g.Scoring.Aggregate = judge.PassFail
	case "min":
		g.Scoring.Aggregate = judge.Min
	}
	// The score is kept in Most until all are known.
	if word := scoring.text("score", ""); word == "unbounded" {
		l.unbounded = append(l.unbounded, g)
	} else if word != "" {
		if n := scoring.number("score", 0, 1e15); n != nil {
			g.Scoring.Most = n
		}
	}
	g.Scoring.Requires = scoring.texts("require_pass")
	scoring.rest()
}

// inferScores gives groups and tests of 2023-07 the scores that they don't name:
// what is left of the group around them, in equal parts.
func (l *loader) inferScores(root *judge.Group) error {
	for _, g := range root.Groups {
		if g.Name != "secret" {
			continue
		}
		unbounded := l.isUnbounded(g)
		if g.Scoring.Most == nil && !unbounded {
			g.Scoring.Most = ptr(defaultScore)
		}
		return l.inferGroup(g, unbounded)
	}
	return nil
}

func (l *loader) isUnbounded(g *judge.Group) bool {
	for _, other := range l.unbounded {
		if other == g {
			return true
		}
	}
	return false
}

func (l *loader) inferGroup(g *judge.Group, unbounded bool) error {
	g.Scoring.Least = ptr(0)
	if unbounded {
		if g.Scoring.Aggregate == judge.PassFail {
			return fmt.Errorf("data/%s: its score is unbounded, which a group of pass-fail can't be: write aggregation: sum", g.Name)
		}
		g.Scoring.Most = nil
		for _, sub := range g.Groups {
			if err := l.inferGroup(sub, l.isUnbounded(sub) || sub.Scoring.Most == nil && sub.Scoring.Aggregate != judge.PassFail); err != nil {
				return err
			}
		}
		return nil
	}
	full := *g.Scoring.Most
	if g.Scoring.Aggregate == judge.PassFail {
		g.Scoring.AcceptScore = &full
		for _, sub := range g.Groups {
			if sub.Scoring.Aggregate != judge.PassFail {
				return fmt.Errorf("data/%s: its group %s must be of pass-fail, as itself is", g.Name, sub.Name)
			}
			sub.Scoring.Most = ptr(0) // only the verdict counts
			if err := l.inferGroup(sub, false); err != nil {
				return err
			}
		}
		return nil
	}
	share := full
	if g.Scoring.Aggregate == judge.Sum {
		named, without := 0.0, len(g.Tests)
		for _, sub := range g.Groups {
			if sub.Scoring.Most != nil {
				named += *sub.Scoring.Most
			} else {
				without++
			}
		}
		if named > full {
			return fmt.Errorf("data/%s: its groups are worth %g together, and itself %g: raise its score", g.Name, named, full)
		}
		share = (full - named) / float64(max(1, without))
	}
	for _, test := range g.Tests {
		test.Points = ptr(share)
	}
	for _, sub := range g.Groups {
		if l.isUnbounded(sub) {
			return fmt.Errorf("data/%s: its score is unbounded, and that of the group around it is not", sub.Name)
		}
		if sub.Scoring.Most == nil {
			sub.Scoring.Most = ptr(share)
		}
		if err := l.inferGroup(sub, false); err != nil {
			return err
		}
	}
	return nil
}

func ptr(f float64) *float64 { return &f }

// checkRequires warns of what is required and can't be: names are the groups
// that come before.
func (l *loader) checkRequires(g *judge.Group, names map[string]bool) {
	names[g.Name] = true
	for _, sub := range g.Groups {
		kept := sub.Scoring.Requires[:0]
		for _, name := range sub.Scoring.Requires {
			if !names[strings.Trim(name, "/")] {
				l.warn("data/%s: it requires %s, which is no group that comes before it: that is left out", sub.Name, name)
				continue
			}
			kept = append(kept, strings.Trim(name, "/"))
		}
		sub.Scoring.Requires = kept
		l.checkRequires(sub, names)
	}
}
