package judge

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bailiff-judge/bailiff/judge/checker"
)

func points(f float64) *float64 { return &f }

// judged is a problem whose tests are named after what comes of them: the
// first letter is the verdict.
func judged(root Group, all bool) *contest {
	p := &Problem{Root: root, Scored: true}
	c := &contest{problem: p, plan: newPlan(p, all), result: &Result{}}
	for t := c.plan.next(); t != nil; t = c.plan.next() {
		r := TestResult{Name: t.test.Name, Checker: &checker.Result{}}
		switch t.test.Name[0] {
		case 'a':
			r.Verdict = Accepted
		case 'w':
			r.Verdict = WrongAnswer
		case 't':
			r.Verdict = TimeLimitExceeded
		case 'j':
			r.Verdict = JudgeError
		case 'h': // half of the points
			r.Verdict, r.Checker.Fraction = Accepted, points(0.5)
		case 's': // seven of them
			r.Verdict, r.Checker.Score = Accepted, points(7)
		}
		c.plan.finish(t, r)
	}
	c.finish(nil)
	return c
}

func group(name string, s Scoring, onReject OnReject, names ...string) *Group {
	g := &Group{Name: name, Scoring: s, OnReject: onReject}
	for _, n := range names {
		g.Tests = append(g.Tests, &Test{Name: n})
	}
	return g
}

func TestScore(t *testing.T) {
	twenty := Scoring{AcceptScore: points(20)}
	with := func(s Scoring, change func(*Scoring)) Scoring { change(&s); return s }
	minimum := with(twenty, func(s *Scoring) { s.Aggregate = Min })
	for _, test := range []struct {
		name    string
		group   *Group
		verdict Verdict
		score   float64
		run     int
	}{
		{"sum", group("", twenty, Continue, "a1", "a2", "w3", "a4"), WrongAnswer, 60, 4},
		{"sum that breaks", group("", twenty, Break, "a1", "w2", "a3"), WrongAnswer, 20, 2},
		{"first error, not worst", group("", twenty, Continue, "w1", "t2"), WrongAnswer, 0, 2},
		{"worst error", group("", with(twenty, func(s *Scoring) { s.Verdict = WorstError }), Continue, "w1", "t2", "a3"), TimeLimitExceeded, 20, 3},
		{"minimum", group("", minimum, Continue, "a1", "h2", "a3"), Accepted, 10, 3},
		{"minimum of a rejected", group("", minimum, Break, "a1", "w2", "a3"), WrongAnswer, 0, 2},
		{"maximum", group("", with(twenty, func(s *Scoring) { s.Aggregate = Max }), Continue, "w1", "h2"), WrongAnswer, 10, 2},
		{"average", group("", with(twenty, func(s *Scoring) { s.Aggregate = Average }), Break, "a1", "w2", "a3", "a4"), WrongAnswer, 5, 2},
		{"until the first error", group("", with(twenty, func(s *Scoring) { s.Aggregate = UntilError }), Continue, "a1", "w2", "a3"), WrongAnswer, 20, 3},
		{"pass", group("", with(twenty, func(s *Scoring) { s.Aggregate = PassFail }), Break, "a1", "a2"), Accepted, 20, 2},
		{"fail", group("", with(twenty, func(s *Scoring) { s.Aggregate = PassFail }), Break, "a1", "w2"), WrongAnswer, 0, 2},
		{"reject score", group("", with(twenty, func(s *Scoring) { s.RejectScore = -5 }), Continue, "a1", "w2"), WrongAnswer, 15, 2},
		{"checker's score", group("", twenty, Continue, "s1", "a2"), Accepted, 27, 2},
		{"no points said", group("", Scoring{}, Continue, "a1", "a2"), Accepted, 2, 2},
		{"any", group("", with(twenty, func(s *Scoring) { s.Verdict = AnyAccepted }), Continue, "w1", "a2"), Accepted, 20, 2},
		{"always", group("", with(twenty, func(s *Scoring) { s.Verdict = AlwaysAccepted }), Continue, "w1"), Accepted, 0, 1},
		{"judge's error is never hidden", group("", with(twenty, func(s *Scoring) { s.Verdict = AlwaysAccepted }), Continue, "a1", "j2"), JudgeError, 20, 2},
		{"in range", group("", with(twenty, func(s *Scoring) { s.Least, s.Most = points(0), points(40) }), Continue, "a1", "a2"), Accepted, 40, 2},
		{"out of range", group("", with(twenty, func(s *Scoring) { s.Most = points(30) }), Continue, "a1", "a2"), JudgeError, 40, 2},
		{"below range", group("", with(twenty, func(s *Scoring) { s.Least = points(30) }), Continue, "a1"), JudgeError, 20, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := judged(*test.group, false)
			assert.Equal(t, test.verdict, c.result.Verdict)
			run := 0
			for _, r := range c.result.Tests {
				if r.Verdict != Skipped {
					run++
				}
			}
			assert.Equal(t, test.run, run)
			if assert.NotNil(t, c.result.Score) {
				assert.InDelta(t, test.score, *c.result.Score, 1e-12)
			}
			if test.verdict == JudgeError {
				assert.NotEmpty(t, c.result.Error)
			}
		})
	}
}

func TestPointsOfATestAreItsOwn(t *testing.T) {
	g := group("", Scoring{AcceptScore: points(20)}, Continue, "a1", "h2", "w3")
	g.Tests[0].Points, g.Tests[1].Points = points(3), points(4)
	c := judged(*g, false)
	assert.Equal(t, 5.0, *c.result.Score)
	assert.Equal(t, 3.0, *c.result.Tests[0].Score)
	assert.Equal(t, 2.0, *c.result.Tests[1].Score)
	assert.Equal(t, 0.0, *c.result.Tests[2].Score)
}

// The usual contest with points: a sample that counts for nothing, groups of
// which each is worth something only as a whole.
func subtasks(second, third string) Group {
	sum := Scoring{}
	whole := func(f float64) Scoring { return Scoring{AcceptScore: points(f), Aggregate: Min} }
	sample := whole(0)
	sample.Ignore = true
	later := whole(60)
	later.Requires = []string{"2"}
	return Group{Scoring: sum, OnReject: Continue, Groups: []*Group{
		group("sample", sample, Break, "w0"),
		group("1", whole(10), Break, "a1", "a2"),
		group("2", whole(30), Break, "a3", second, "a5"),
		group("3", later, Break, "a6", third),
	}}
}

func TestGroups(t *testing.T) {
	for _, test := range []struct {
		second, third string
		all           bool
		score         float64
		verdict       Verdict
		tests, groups string
	}{
		{"a4", "a7", false, 100, Accepted, "wrong_answer accepted accepted accepted accepted accepted accepted accepted ", "sample wrong_answer 0 1 accepted 10 2 accepted 30 3 accepted 60 "},
		{"w4", "a7", false, 10, WrongAnswer, "wrong_answer accepted accepted accepted wrong_answer skipped skipped skipped ", "sample wrong_answer 0 1 accepted 10 2 wrong_answer 0 3 skipped 0 "},
		{"a4", "t7", false, 40, TimeLimitExceeded, "wrong_answer accepted accepted accepted accepted accepted accepted time_limit_exceeded ", "sample wrong_answer 0 1 accepted 10 2 accepted 30 3 time_limit_exceeded 0 "},
		{"w4", "a7", true, 10, WrongAnswer, "wrong_answer accepted accepted accepted wrong_answer accepted accepted accepted ", "sample wrong_answer 0 1 accepted 10 2 wrong_answer 0 3 skipped 0 "},
	} {
		c := judged(subtasks(test.second, test.third), test.all)
		assert.Equal(t, test.verdict, c.result.Verdict)
		assert.Equal(t, test.score, *c.result.Score)
		tests, groups := "", ""
		for _, r := range c.result.Tests {
			tests += r.Verdict.String() + " "
		}
		for _, g := range c.result.Groups {
			groups += g.Name + " " + g.Verdict.String() + " " + number(*g.Score) + " "
		}
		assert.Equal(t, test.tests, tests)
		assert.Equal(t, test.groups, groups)
	}
}

// A rejected group breaks the one around it, if that one says so.
func TestBreakGoesUp(t *testing.T) {
	inner := group("x", Scoring{}, Break, "a1", "w2", "a3")
	root := Group{OnReject: Break, Groups: []*Group{inner, group("y", Scoring{}, Break, "a4")}}
	c := judged(root, false)
	assert.Equal(t, Skipped, c.result.Tests[3].Verdict)
	assert.Equal(t, Skipped, c.result.Groups[1].Verdict)
	assert.Equal(t, WrongAnswer, c.result.Verdict)

	inner.Scoring.Ignore = true
	c = judged(root, false)
	assert.Equal(t, Skipped, c.result.Tests[2].Verdict)
	assert.Equal(t, Accepted, c.result.Tests[3].Verdict)
	assert.Equal(t, Accepted, c.result.Verdict)
}

// Groups that require each other are never run, and nobody waits for them.
func TestRequiresInACircle(t *testing.T) {
	c := judged(Group{OnReject: Continue, Groups: []*Group{
		group("x", Scoring{Requires: []string{"y"}}, Break, "a1"), group("y", Scoring{Requires: []string{"x"}}, Break, "a2"),
		group("z", Scoring{Requires: []string{"z", "nobody"}}, Break, "a3"),
	}}, false)
	assert.Equal(t, Skipped, c.result.Tests[0].Verdict)
	assert.Equal(t, Accepted, c.result.Tests[2].Verdict)
	assert.Equal(t, JudgeError, c.result.Verdict)
	assert.Contains(t, c.result.Error, "require each other")
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// A group whose requirement is not met is worth nothing, also when all tests
// are run.
func TestRequiresWhenAllAreRun(t *testing.T) {
	c := judged(subtasks("w4", "a7"), true)
	assert.Equal(t, Accepted, c.result.Tests[len(c.result.Tests)-1].Verdict)
	assert.Equal(t, 10.0, *c.result.Score)
	judged(Group{Groups: []*Group{
		group("x", Scoring{Requires: []string{"y"}}, Break, "a1"), group("y", Scoring{Requires: []string{"x"}}, Break, "a2"),
	}}, true) // ends
}
