package pack

import (
	"math"
	"path"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/judge"
)

const submissionsFile = "submissions/submissions.yaml"

// submissionRules are what submissions.yaml says, by pattern, in its order.
type submissionRules struct {
	patterns []string
	entries  map[string]submissionRule
	used     map[string]bool
}

type submissionRule struct {
	language string
	rules    []Rule
}

// keysForPeople are those of submissions.yaml that say nothing of verdicts.
var keysForPeople = []string{"authors", "author", "model_solution", "use_for_time_limit", "entrypoint"}

func (l *loader) submissionRules(k *kattisProblem) (*submissionRules, error) {
	all := &submissionRules{entries: map[string]submissionRule{}, used: map[string]bool{}}
	s, err := l.settings(submissionsFile)
	if err != nil {
		return nil, err
	}
	for _, pattern := range s.keys {
		within, ok := s.sub(pattern)
		if !ok {
			continue
		}
		entry := submissionRule{language: languageID(within.text("language", ""))}
		if within.has("entrypoint") {
			l.warn("%s, line %d: entrypoint is not used: it is found in the sources", submissionsFile, within.lines["entrypoint"])
		}
		within.ignore(keysForPeople...)
		if rule, ok := l.rule(within, "", k); ok {
			entry.rules = append(entry.rules, rule)
		}
		// What is left are names of groups and tests.
		for _, tests := range within.keys {
			if within.taken[tests] {
				continue
			}
			if group, ok := within.values[tests].(*object); ok {
				within.taken[tests] = true
				inner := settings{group, within.where + ": " + tests, l.warn}
				inner.ignore("use_for_time_limit")
				if rule, ok := l.rule(inner, tests, k); ok {
					entry.rules = append(entry.rules, rule)
				}
				inner.rest()
			}
		}
		within.rest()
		all.patterns = append(all.patterns, pattern)
		all.entries[pattern] = entry
	}
	return all, nil
}

// rule reads one; there is none if it says nothing.
func (l *loader) rule(s settings, tests string, k *kattisProblem) (Rule, bool) {
	rule := Rule{Tests: tests, Message: s.text("message", "")}
	rule.Permitted = l.classes(s, "permitted")
	rule.Required = l.classes(s, "required")
	if value := s.take("score"); value != nil {
		list, ok := value.([]any)
		if !ok {
			list = []any{value, value}
		}
		var ends [2]float64
		good := len(list) == 2
		for i := range min(2, len(list)) {
			ends[i], ok = number(list[i])
			good = good && ok && !math.IsInf(ends[i], 0)
		}
		switch {
		case !good:
			s.wrong("score", "a number, or a list of two")
		case !k.scoring:
			l.warn("%s, line %d: score is for scoring problems: it is left out", s.where, s.lines["score"])
		default:
			rule.Score = &ends
		}
	}
	return rule, rule.Permitted != nil || rule.Required != nil || rule.Score != nil || rule.Message != ""
}

// classes reads a list of AC, WA, TLE and RTE.
func (l *loader) classes(s settings, key string) []judge.Verdict {
	var verdicts []judge.Verdict
	for _, word := range s.texts(key) {
		found, ok := classes[strings.ToUpper(word)]
		if !ok {
			l.warn("%s, line %d: %s: unknown verdict %s: it must be AC, WA, TLE or RTE", s.where, s.lines[key], key, word)
		}
		verdicts = append(verdicts, found...)
	}
	return verdicts
}

// apply puts what is said of a submission into it. What is said of a folder by
// its name takes the place of what the name says; everything else comes on top.
func (all *submissionRules) apply(s *Submission, folder string) {
	rest := strings.TrimPrefix(s.Path, "submissions/")
	for _, pattern := range all.patterns {
		matched := false
		for name := rest; name != "."; name = path.Dir(name) {
			matched = matched || matches(pattern, name)
		}
		if !matched {
			continue
		}
		all.used[pattern] = true
		entry := all.entries[pattern]
		if entry.language != "" {
			s.Language = entry.language
		}
		if len(entry.rules) == 0 {
			continue
		}
		overall := slices.IndexFunc(entry.rules, func(r Rule) bool { return r.Tests == "" && (r.Permitted != nil || r.Required != nil) })
		if strings.Trim(pattern, "/") == folder && overall >= 0 || s.Expected.Partial {
			s.Expected.Verdicts, s.Expected.Partial = nil, false
		}
		s.Expected.Rules = append(s.Expected.Rules, entry.rules...)
	}
	if len(s.Expected.Rules) > 0 && s.Expected.Verdicts != nil {
		// Everything is a rule then, for all tests are run.
		s.Expected.Rules = append(s.Expected.Rules, folderRule(folder, s.Expected.Verdicts))
		s.Expected.Verdicts = nil
	}
}

// folderRule is what a folder's name says, about each test.
func folderRule(folder string, verdicts []judge.Verdict) Rule {
	switch {
	case slices.Contains(verdicts, judge.Accepted):
		return Rule{Permitted: verdicts}
	case folder == "rejected":
		return Rule{Required: verdicts}
	}
	return Rule{Permitted: append([]judge.Verdict{judge.Accepted}, verdicts...), Required: verdicts}
}

// unused are the patterns that no submission has.
func (all *submissionRules) unused() (unused []string) {
	for _, pattern := range all.patterns {
		if !all.used[pattern] {
			unused = append(unused, pattern)
		}
	}
	return unused
}

// languageID is a language of Kattis's table as it is called here.
func languageID(code string) string {
	switch code {
	case "python2":
		return "python2" // there is none: the judge says so
	case "javascript", "js", "nodejs":
		return "javascript"
	case "py", "python":
		return "python3"
	case "objectivec":
		return "objectivec"
	}
	return code
}
