package pack

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
)

// inherited is what a group of tests has from those around it, unless it says
// otherwise.
type inherited struct {
	args, outputArgs []string
	// inputArgs are those of input validators by name, "" for all.
	inputArgs map[string][]string
	// scoring is that of the legacy format, where all of it is inherited.
	scoring  judge.Scoring
	onReject judge.OnReject
}

// groups reads data/.
func (l *loader) groups(k *kattisProblem) error {
	if !l.isDir("data") {
		return fmt.Errorf("data/: %w: tests belong into data/secret", fs.ErrNotExist)
	}
	root := &l.pkg.Problem.Root
	from := inherited{}
	if l.pkg.Format == V2023 && k.scoring {
		from.onReject = judge.Continue
	}
	from, err := l.groupSettings("data", root, from, k)
	if err != nil {
		return err
	}
	for _, name := range l.list("data") {
		full := path.Join("data", name)
		switch {
		case name == "sample" || name == "secret":
			group, err := l.group(full, name, from, k)
			if err != nil {
				return err
			}
			root.Groups = append(root.Groups, group)
		case !l.isDir(full) && strings.HasSuffix(name, ".yaml"):
		case slices.Contains([]string{"invalid_input", "invalid_output", "valid_output", "invalid_inputs", "invalid_outputs", "valid_outputs"}, name):
		default:
			l.warn("%s is not used: tests belong into data/sample and data/secret", full)
		}
	}
	if l.pkg.Format == V2023 && k.scoring {
		return l.inferScores(root)
	}
	return nil
}

// group reads a directory of tests, and those within.
func (l *loader) group(dir, name string, from inherited, k *kattisProblem) (*judge.Group, error) {
	g := &judge.Group{Name: name}
	own, err := l.groupSettings(dir, g, from, k)
	if err != nil {
		return nil, err
	}
	names := l.list(dir)
	for _, file := range names {
		full := path.Join(dir, file)
		base, extension := splitTest(file)
		switch {
		case l.isDir(full):
			if strings.HasSuffix(file, ".files") {
				l.warn("%s/: files beside the input are not put where the submission runs", full)
			} else if name != "sample" {
				sub, err := l.group(full, path.Join(name, file), own, k)
				if err != nil {
					return nil, err
				}
				g.Groups = append(g.Groups, sub)
			} else {
				l.warn("%s/ is not used: samples have no groups", full)
			}
		case extension == ".in":
			if l.isDir(path.Join(dir, base)) {
				l.warn("%s: there is a group %s, too: give one of them another name", full, path.Join(dir, base))
			}
			test, err := l.test(dir, name, base, own, k)
			if err != nil {
				return nil, err
			}
			g.Tests = append(g.Tests, test)
		case slices.Contains(besideTests, extension):
			if extension == ".ans" && !slices.Contains(names, base+".in") {
				l.warn("%s: there is no %s.in: it is not used", full, base)
			}
		case file == "testdata.yaml" || file == "test_group.yaml":
		case extension == ".yaml" && slices.Contains(names, base+".in"):
		default:
			l.warn("%s is not used: tests are called NAME.in and NAME.ans", full)
		}
	}
	return g, nil
}

// besideTests are the extensions of files that belong to tests and are not for
// us, but for .ans.
var besideTests = []string{
	".ans", ".out", ".hint", ".desc", ".png", ".jpg", ".jpeg", ".svg", ".interaction", ".md", ".txt",
	".in.statement", ".ans.statement", ".in.download", ".ans.download", ".download", ".statement",
}

func splitTest(file string) (base, extension string) {
	for _, double := range []string{".in.statement", ".ans.statement", ".in.download", ".ans.download"} {
		if base, ok := strings.CutSuffix(file, double); ok {
			return base, double
		}
	}
	extension = path.Ext(file)
	return strings.TrimSuffix(file, extension), extension
}

// test reads what there is of one.
func (l *loader) test(dir, group, base string, from inherited, k *kattisProblem) (*judge.Test, error) {
	full := path.Join(dir, base)
	test := &judge.Test{Name: path.Join(group, base)}
	var err error
	if test.Input, err = l.testFile(full + ".in"); err != nil {
		return nil, err
	}
	switch {
	case l.file(full + ".ans"):
		if test.Answer, err = l.testFile(full + ".ans"); err != nil {
			return nil, err
		}
	case k.interactive || k.custom || l.isDir("output_validator"):
		l.warn("%s.ans: there is none: it is taken for empty", full)
	default:
		return nil, fmt.Errorf("%s.ans: %w: it must hold the right output for %s.in", full, fs.ErrNotExist, full)
	}
	if l.pkg.Format == V2023 {
		s, err := l.settings(full + ".yaml")
		if err != nil {
			return nil, err
		}
		l.arguments(s, &from)
		s.ignore("full_feedback", "hint", "description")
		s.rest()
	}
	test.Args = from.args
	if k.interactive {
		test.InteractorArgs = from.outputArgs
	} else {
		test.CheckerArgs = from.outputArgs
		if !k.custom && !l.isDir("output_validator") {
			// A flag that is misspelt is better known now than at each test.
			if _, err := checker.Flags(from.outputArgs); err != nil {
				return nil, fmt.Errorf("%s: the output validator's arguments: %w", full, err)
			}
			if len(from.outputArgs) == 0 {
				test.CheckerArgs = k.validatorArgs
			}
		}
	}
	if len(from.inputArgs) > 0 {
		l.inputArgs(test.Name, from.inputArgs)
	}
	return test, nil
}

// inputArgs keeps the arguments that input validators get on a test, until the
// validators are known.
func (l *loader) inputArgs(test string, args map[string][]string) {
	if l.inputFlags == nil {
		l.inputFlags = map[string]map[string][]string{}
	}
	l.inputFlags[test] = args
}

// arguments reads the keys of 2023-07 that groups and tests share.
func (l *loader) arguments(s settings, to *inherited) {
	if s.has("args") {
		to.args = s.words("args")
	}
	if s.has("output_validator_args") {
		to.outputArgs = s.words("output_validator_args")
	}
	if s.has("input_validator_args") {
		to.inputArgs = validatorFlags(s, "input_validator_args")
	}
}

// validatorFlags are arguments for all validators, or for some by name.
func validatorFlags(s settings, key string) map[string][]string {
	o, ok := s.values[key].(*object)
	if !ok {
		return map[string][]string{"": s.words(key)}
	}
	s.taken[key] = true
	flags := map[string][]string{}
	within := settings{o, s.where + ": " + key, s.warn}
	// The legacy format has one map of a name and its flags.
	if within.has("name") || within.has("flags") {
		return map[string][]string{within.text("name", ""): within.words("flags")}
	}
	for _, name := range o.keys {
		flags[name] = within.words(name)
	}
	return flags
}

// groupSettings reads a group's file of settings into it, and returns what those
// within inherit.
func (l *loader) groupSettings(dir string, g *judge.Group, from inherited, k *kattisProblem) (inherited, error) {
	file, other := path.Join(dir, "testdata.yaml"), path.Join(dir, "test_group.yaml")
	if l.pkg.Format == V2023 {
		file, other = other, file
	}
	if l.file(other) {
		l.warn("%s is not of the %s format, and not read: it must be called %s", other, l.pkg.Format, path.Base(file))
	}
	s, err := l.settings(file)
	if err != nil {
		return from, err
	}
	if l.pkg.Format == V2023 {
		l.arguments(s, &from)
		l.scoring2023(s, g, k)
		s.ignore("full_feedback", "hint", "description", "static_validation")
		g.OnReject = from.onReject
		if g.Scoring.Aggregate == judge.PassFail {
			g.OnReject = judge.Break
		}
	} else {
		l.legacyGroup(s, &from, k)
		g.OnReject, g.Scoring = from.onReject, from.scoring
		// What is ignored are the samples, in the group around them.
		g.Scoring.Ignore = dir == "data/sample" && from.scoring.Ignore
	}
	s.rest()
	return from, nil
}

// legacyGroup reads testdata.yaml over what is inherited.
func (l *loader) legacyGroup(s settings, to *inherited, k *kattisProblem) {
	if s.has("on_reject") {
		to.onReject = judge.Break
		if s.oneOf("on_reject", "break", "break", "continue", "first_error", "worst_error") == "continue" {
			to.onReject = judge.Continue
		}
	}
	if s.text("grading", "default") == "custom" {
		l.warn("%s, line %d: grading: custom: graders are not run: the score is made as by default", s.where, s.lines["grading"])
	}
	for _, flag := range s.words("grader_flags") {
		switch flag {
		case "sum":
			to.scoring.Aggregate = judge.Sum
		case "avg":
			to.scoring.Aggregate = judge.Average
		case "min":
			to.scoring.Aggregate = judge.Min
		case "max":
			to.scoring.Aggregate = judge.Max
		case "first_error":
			to.scoring.Verdict = judge.FirstError
		case "worst_error":
			to.scoring.Verdict = judge.WorstError
		case "always_accept":
			to.scoring.Verdict = judge.AlwaysAccepted
		case "accept_if_any_accepted":
			to.scoring.Verdict = judge.AnyAccepted
		case "ignore_sample":
			to.scoring.Ignore = true
		default:
			l.warn("%s, line %d: unknown grader flag %s: it is left out", s.where, s.lines["grader_flags"], flag)
		}
	}
	if s.has("output_validator_flags") {
		to.outputArgs = nil
		for _, args := range validatorFlags(s, "output_validator_flags") {
			to.outputArgs = args
		}
	}
	if s.has("input_validator_flags") {
		to.inputArgs = validatorFlags(s, "input_validator_flags")
	}
	for _, key := range []string{"accept_score", "reject_score", "range"} {
		if s.has(key) && !k.scoring {
			l.warn("%s, line %d: %s is for scoring problems, and %s has no type: scoring: it is left out", s.where, s.lines[key], key, kattisFile)
			s.ignore(key)
		}
	}
	if !k.scoring {
		return
	}
	if n := s.number("accept_score", -1e15, 1e15); n != nil {
		to.scoring.AcceptScore = n
	}
	if n := s.number("reject_score", -1e15, 1e15); n != nil {
		to.scoring.RejectScore = *n
	}
	if bounds := s.words("range"); s.has("range") {
		least, ok := number(firstOf(bounds))
		most, ok2 := number(lastOf(bounds))
		if !ok || !ok2 || len(bounds) != 2 || least > most {
			s.wrong("range", "two numbers, the least and the largest score")
			return
		}
		to.scoring.Least, to.scoring.Most = bound(least), bound(most)
	}
}

func bound(f float64) *float64 {
	if infinite(f) {
		return nil
	}
	return &f
}

func firstOf(words []string) any {
	if len(words) == 0 {
		return nil
	}
	return words[0]
}

func lastOf(words []string) any {
	if len(words) == 0 {
		return nil
	}
	return words[len(words)-1]
}
