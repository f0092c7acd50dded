package pack

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/judge"
)

// Expectation is what a package promises of a submission. The zero value
// promises nothing.
type Expectation struct {
	// Verdicts are those the submission may get; nil if Rules say it.
	Verdicts []judge.Verdict
	// Partial promises, besides, a score that is not the best there is.
	Partial bool
	// Rules must all hold. They speak of all tests that they name, so those
	// must have been run, whatever groups say about rejected ones.
	Rules []Rule
}

// Rule is a promise about some of the tests, as submissions.yaml has it.
type Rule struct {
	// Tests is a pattern for names of tests and groups, "" for all.
	Tests string
	// Permitted are the verdicts that each test may get, Required those that
	// one must get at least; nil is all.
	Permitted, Required []judge.Verdict
	// Score is the range of the group's score, or of the problem's; nil is any.
	Score *[2]float64
	// Message is a part of what the checker must say about one of the tests.
	Message string
}

// The verdicts that Kattis does not tell apart.
var (
	wrong   = []judge.Verdict{judge.WrongAnswer, judge.PresentationError}
	tooSlow = []judge.Verdict{judge.TimeLimitExceeded}
	crashed = []judge.Verdict{judge.RunTimeError, judge.MemoryLimitExceeded, judge.OutputLimitExceeded}
	good    = []judge.Verdict{judge.Accepted}
	anyBad  = slices.Concat(wrong, tooSlow, crashed)
)

// verdictsNamed are the names of folders of submissions and DOMjudge's names of
// results, in small letters with _, and what they stand for.
var verdictsNamed = map[string][]judge.Verdict{
	"accepted": good, "correct": good, "partially_accepted": good,
	"wrong_answer": wrong, "presentation_error": {judge.PresentationError}, "no_output": wrong,
	"time_limit_exceeded": tooSlow, "timelimit": tooSlow, "time_limit": tooSlow,
	"run_time_error": crashed, "run_error": crashed, "runtime_error": crashed,
	"memory_limit_exceeded": {judge.MemoryLimitExceeded}, "memory_limit": {judge.MemoryLimitExceeded},
	"output_limit_exceeded": {judge.OutputLimitExceeded}, "output_limit": {judge.OutputLimitExceeded},
	"compile_error": {judge.CompileError}, "compiler_error": {judge.CompileError},
	"rejected": anyBad, "brute_force": slices.Concat(tooSlow, crashed),
}

// classes are the verdicts of submissions.yaml.
var classes = map[string][]judge.Verdict{"AC": good, "WA": wrong, "TLE": tooSlow, "RTE": crashed}

// tag is how DOMjudge has expected results in a source: a list with commas.
var tag = regexp.MustCompile(`@EXPECTED_RESULTS@:[ \t]*([A-Za-z_-]+(?:[ \t]*,[ \t]*[A-Za-z_-]+)*)`)

// tagged reads that tag; nil if there is none.
func (l *loader) tagged(file string, sources []judge.Source) []judge.Verdict {
	var verdicts []judge.Verdict
	for _, source := range sources {
		m := tag.FindSubmatch(source.Content)
		if m == nil {
			continue
		}
		for name := range strings.SplitSeq(string(m[1]), ",") {
			name = strings.TrimSpace(name)
			found, ok := verdictsNamed[strings.ReplaceAll(strings.ToLower(name), "-", "_")]
			if !ok {
				l.warn("%s: @EXPECTED_RESULTS@: unknown result %s: it is left out", file, name)
			}
			verdicts = append(verdicts, found...)
		}
		break
	}
	return unique(verdicts)
}

func unique(verdicts []judge.Verdict) []judge.Verdict {
	var once []judge.Verdict
	for _, v := range verdicts {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

// Names are the verdicts that are expected, for people.
func (e *Expectation) Names() []string {
	verdicts := e.Verdicts
	if verdicts == nil {
		for _, r := range e.Rules {
			if r.Required != nil {
				verdicts = append(verdicts, r.Required...)
			}
		}
		for _, r := range e.Rules {
			if verdicts == nil && r.Tests == "" {
				verdicts = r.Permitted
			}
		}
	}
	names := []string{}
	for _, v := range unique(verdicts) {
		names = append(names, v.String())
	}
	return names
}

// NeedsAll says whether all tests must be run to know whether a result agrees.
func (e *Expectation) NeedsAll() bool { return len(e.Rules) > 0 }

// Disagrees says why a result is not what was expected, "" if it is.
func (e *Expectation) Disagrees(p *judge.Problem, r *judge.Result) string {
	if r.Verdict == judge.JudgeError {
		return "the judge failed: " + r.Error
	}
	if e.Verdicts != nil && !slices.Contains(e.Verdicts, r.Verdict) {
		return fmt.Sprintf("expected %s, got %s%s", strings.Join(e.Names(), " or "), r.Verdict, firstBad(r))
	}
	if best := p.Root.Scoring.Most; e.Partial && r.Score != nil && best != nil && *r.Score >= *best {
		return fmt.Sprintf("expected a part of the score, got all of it: %g", *r.Score)
	}
	if r.Verdict == judge.CompileError && len(e.Rules) > 0 {
		return "it does not compile"
	}
	for _, rule := range e.Rules {
		if why := rule.broken(r); why != "" {
			return why
		}
	}
	return ""
}

// firstBad names the test that decided.
func firstBad(r *judge.Result) string {
	for _, t := range r.Tests {
		if t.Verdict == r.Verdict {
			if t.Reason != "" {
				return fmt.Sprintf(" on %s (%s)", t.Name, t.Reason)
			}
			return " on " + t.Name
		}
	}
	return ""
}

// broken says how a rule is, "" if it holds.
func (rule *Rule) broken(r *judge.Result) string {
	where := ""
	if rule.Tests != "" {
		where = " in " + rule.Tests
	}
	found, required, said := false, rule.Required == nil, rule.Message == ""
	for _, t := range r.Tests {
		if !rule.names(t.Name) {
			continue
		}
		found = true
		if t.Verdict == judge.Skipped {
			continue
		}
		if rule.Permitted != nil && !slices.Contains(rule.Permitted, t.Verdict) {
			return fmt.Sprintf("%s is not permitted on %s", t.Verdict, t.Name)
		}
		required = required || slices.Contains(rule.Required, t.Verdict)
		said = said || t.Checker != nil && strings.Contains(t.Checker.Message, rule.Message)
	}
	switch {
	case !found:
		return "there are no tests" + where
	case !required:
		return fmt.Sprintf("no test%s got %s, and one must", where, verdictList(rule.Required))
	case !said:
		return fmt.Sprintf("about no test%s the checker said %q", where, rule.Message)
	case rule.Score == nil:
		return ""
	}
	score := r.Score
	for _, g := range r.Groups {
		if g.Name == rule.Tests {
			score = g.Score
		}
	}
	if score == nil || *score < rule.Score[0]-1e-9 || *score > rule.Score[1]+1e-9 {
		return fmt.Sprintf("the score%s is %s, not from %g to %g", where, scoreText(score), rule.Score[0], rule.Score[1])
	}
	return ""
}

func scoreText(score *float64) string {
	if score == nil {
		return "none"
	}
	return fmt.Sprintf("%g", *score)
}

func verdictList(verdicts []judge.Verdict) string {
	var names []string
	for _, v := range verdicts {
		names = append(names, v.String())
	}
	return strings.Join(names, " or ")
}

// names says whether a rule speaks of a test: by its name, or by that of a group
// around it.
func (rule *Rule) names(test string) bool {
	if rule.Tests == "" {
		return true
	}
	for name := test; name != "." && name != "/"; name = path.Dir(name) {
		if matches(rule.Tests, name) {
			return true
		}
	}
	return false
}
