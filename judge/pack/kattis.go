package pack

import (
	"fmt"
	"math"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// What Kattis's format calls typical for limits that a package does not name.
const (
	defaultMemory = 2048 * mib
	defaultOutput = 8 * mib

	kib, mib = 1 << 10, 1 << 20
)

// kattisProblem is what problem.yaml says, and is needed later.
type kattisProblem struct {
	scoring, interactive, custom bool
	// validatorArgs are those of the output validator on every test.
	validatorArgs []string
	validation    runner.Limits
	code          int64 // the most bytes that a submission may have
	minimize      bool
	languages     []string // nil: all
}

// kattis reads a package of Kattis's, the ICPC's or DOMjudge's format.
func (l *loader) kattis() error {
	k := &kattisProblem{code: 128 * kib}
	if err := l.problemYAML(k); err != nil {
		return err
	}
	if err := l.timeLimit(); err != nil {
		return err
	}
	if err := l.groups(k); err != nil {
		return err
	}
	if err := l.outputValidator(k); err != nil {
		return err
	}
	if err := l.inputValidators(); err != nil {
		return err
	}
	if err := l.submissions(k); err != nil {
		return err
	}
	for _, dir := range []string{"graders", "static_validator", "include"} {
		if l.isDir(dir) {
			l.warn("%s/ is not used: submissions are judged without it", dir)
		}
	}
	return nil
}

// settings reads a file of settings; a file that isn't there is empty.
func (l *loader) settings(file string) (settings, error) {
	s := settings{newObject(), file, l.warn}
	if !l.file(file) {
		return s, nil
	}
	data, err := l.read(file, maxTextSize)
	if err != nil {
		return s, err
	}
	value, err := parseYAML(data)
	if err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	switch value := value.(type) {
	case nil:
	case *object:
		s.object = value
	default:
		return s, fmt.Errorf("%s: there must be keys and values in it", file)
	}
	return s, nil
}

func (l *loader) problemYAML(k *kattisProblem) error {
	s, err := l.settings(kattisFile)
	if err != nil {
		return err
	}
	l.pkg.Format = l.version(s)
	l.pkg.Problem.Title = title(s)
	types := s.texts("type")
	if l.pkg.Format == Legacy && len(types) == 1 {
		types = strings.Fields(types[0])
	}
	for _, kind := range types {
		switch kind {
		case "pass-fail":
		case "scoring":
			k.scoring = true
		case "interactive":
			k.interactive = true
		case "multi-pass", "submit-answer":
			return fmt.Errorf("%s: problems of type %s can't be judged here yet", kattisFile, kind)
		default:
			l.warn("%s, line %d: unknown type %s: it is taken for pass-fail", kattisFile, s.lines["type"], kind)
		}
	}
	if l.pkg.Format == Legacy {
		l.validation(s, k)
	}
	l.pkg.Problem.Scored = k.scoring
	k.languages = s.texts("languages")
	limits, _ := s.sub("limits")
	l.limits(limits, k)
	// What is for people, archives and statements.
	s.ignore("uuid", "version", "credits", "author", "source", "source_url", "license", "rights_owner",
		"embargo_until", "keywords", "allow_file_writing", "constants", "statement")
	if s.has("constants") {
		l.warn("%s, line %d: constants are not put into programs: write them out", kattisFile, s.lines["constants"])
	}
	s.rest()
	return nil
}

// version tells which of Kattis's formats it is.
func (l *loader) version(s settings) Format {
	switch word := s.text("problem_format_version", ""); word {
	case "legacy", "legacy-icpc":
		return Legacy
	case "2023-07", "2023-07-draft", "draft":
		return V2023
	case "":
		// Nobody writes it into a legacy package, so its files tell.
		if s.has("validation") || s.has("validator_flags") {
			return Legacy
		}
		if l.isDir("output_validator") || l.isDir("statement") && !l.isDir("problem_statement") {
			l.warn("%s: there is no problem_format_version, but folders of 2023-07: it is read as that; write problem_format_version: 2023-07", kattisFile)
			return V2023
		}
		return Legacy
	default:
		l.warn("%s, line %d: unknown problem_format_version %s: it is read as 2023-07", kattisFile, s.lines["problem_format_version"], word)
		return V2023
	}
}

// title is the problem's name, in English if there are several.
func title(s settings) string {
	names, ok := s.values["name"].(*object)
	if !ok {
		return s.text("name", "")
	}
	s.taken["name"] = true
	for _, language := range append([]string{"en"}, names.keys...) {
		if name, ok := scalar(names.values[language]); ok {
			return name
		}
	}
	return ""
}

// validation reads what the legacy format says of its output validator.
func (l *loader) validation(s settings, k *kattisProblem) {
	words := strings.Fields(s.text("validation", "default"))
	for i, word := range words {
		switch {
		case i == 0 && word == "default":
		case i == 0 && word == "custom":
			k.custom = true
		case i > 0 && k.custom && word == "interactive":
			k.interactive = true
		case i > 0 && k.custom && word == "score":
			k.scoring = true
		default:
			l.warn("%s, line %d: validation %s: it must be default, or custom with score and interactive: %s is left out",
				kattisFile, s.lines["validation"], strings.Join(words, " "), word)
		}
	}
	k.validatorArgs = s.words("validator_flags")
	grading, _ := s.sub("grading")
	k.minimize = grading.oneOf("objective", "max", "max", "min") == "min"
	if grading.text("custom_scoring", "false") == "true" {
		l.warn("%s: grading: custom_scoring: graders are not run: the score is made of the tests' as by default", kattisFile)
	}
	grading.ignore("show_test_data_groups", "on_reject", "accept_score", "reject_score", "range", "grader_flags")
	grading.rest()
}

// limits reads the limits, whose units are the format's own.
func (l *loader) limits(s settings, k *kattisProblem) {
	const most = 1 << 30
	count := func(key string, unit, fallback int64) int64 {
		if n := s.number(key, 1, most); n != nil {
			return int64(*n * float64(unit))
		}
		return fallback
	}
	seconds := func(key string) time.Duration {
		if n := s.number(key, 0.001, 1e6); n != nil {
			return time.Duration(*n * float64(time.Second))
		}
		return 0
	}
	limits := &l.pkg.Problem.Limits
	limits.CPU = seconds("time_limit")
	limits.Memory = count("memory", mib, defaultMemory)
	limits.Output = count("output", mib, defaultOutput)
	k.code = count("code", kib, k.code)
	k.validation.CPU = seconds("validation_time")
	k.validation.Memory = count("validation_memory", mib, 0)
	k.validation.Output = count("validation_output", mib, 0)

	l.pkg.Timing = &Timing{Factor: 2, Resolution: time.Second}
	if l.pkg.Format == Legacy {
		l.pkg.Timing.Factor = 5
		if n := s.number("time_multiplier", 1, 1000); n != nil {
			l.pkg.Timing.Factor = *n
		}
	}
	multipliers, _ := s.sub("time_multipliers")
	if n := multipliers.number("ac_to_time_limit", 1, 1000); n != nil {
		l.pkg.Timing.Factor = *n
	}
	multipliers.ignore("time_limit_to_tle")
	multipliers.rest()
	if d := seconds("time_resolution"); d > 0 {
		l.pkg.Timing.Resolution = d
	}
	s.ignore("time_safety_margin", "compilation_time", "compilation_memory", "validation_passes")
	s.rest()
}

// timeLimit looks for one in all the places that it can be in.
func (l *loader) timeLimit() error {
	ini, err := l.domjudge()
	if err != nil {
		return err
	}
	dot, err := l.dotTimelimit()
	if err != nil {
		return err
	}
	limit, where := &l.pkg.Problem.Limits.CPU, kattisFile
	for _, other := range []struct {
		file string
		time time.Duration
	}{{domjudgeFile, ini}, {timelimitFile, dot}} {
		switch {
		case other.time == 0:
		case *limit == 0:
			*limit, where = other.time, other.file
		case *limit != other.time:
			l.warn("%s has a time limit of %s, and %s of %s: the first is taken; make them one", where, *limit, other.file, other.time)
		}
	}
	if *limit != 0 {
		l.pkg.Timing = nil
	}
	return nil
}

// ownProgram reads one of the problem's own programs: not a submission.
func (l *loader) ownProgram(name string, limits runner.Limits) (judge.Program, error) {
	p := judge.Program{Name: name, Limits: limits}
	if l.file(path.Join(name, "build")) {
		return p, fmt.Errorf("%s/build: build scripts are not run: let the folder hold sources of one language", name)
	}
	sources, err := l.program(name)
	if err != nil {
		return p, err
	}
	if l.file(path.Join(name, "run")) {
		if !strings.HasPrefix(string(sourceOf(sources, "run")), "#!") {
			return p, fmt.Errorf("%s/run: is no script: programs that are built already are not run; let the folder hold sources of one language", name)
		}
		return p, fmt.Errorf("%s/run: scripts that choose how to run are not run: let the folder hold sources of one language", name)
	}
	for _, source := range sources {
		switch strings.ToLower(path.Ext(source.Name)) {
		case ".md", ".txt", ".tex", ".pdf", "":
			continue // what is for people
		}
		p.Sources = append(p.Sources, source)
	}
	if len(p.Sources) == 0 {
		return p, fmt.Errorf("%s: no sources in it", name)
	}
	return p, nil
}

func sourceOf(sources []judge.Source, name string) []byte {
	for _, s := range sources {
		if s.Name == name {
			return s.Content
		}
	}
	return nil
}

// outputValidator finds the checker, or the interactor.
func (l *loader) outputValidator(k *kattisProblem) error {
	problem := l.pkg.Problem
	folder := "output_validators"
	if l.pkg.Format == V2023 {
		folder = "output_validator"
	}
	names := l.list(folder)
	switch other := map[Format]string{Legacy: "output_validator", V2023: "output_validators"}[l.pkg.Format]; {
	case len(names) == 0 && l.isDir(other):
		l.warn("%s/ is not of the %s format: rename it to %s/; it is read as that", other, l.pkg.Format, folder)
		folder, names = other, l.list(other)
	}
	// In 2023-07 the folder is the program, before it was a folder of programs.
	programs := names
	if folder == "output_validator" && len(names) > 0 {
		programs = []string{""}
	}
	custom := k.custom || k.interactive || l.pkg.Format == V2023 && len(programs) > 0
	switch {
	case custom && len(programs) == 0:
		return fmt.Errorf("%s/: there is no output validator, and %s wants one", folder, kattisFile)
	case !custom && len(programs) > 0:
		l.warn("%s/ is not used: %s has no validation: custom", folder, kattisFile)
	}
	if !custom {
		flags, err := checker.Flags(k.validatorArgs)
		if err != nil {
			return fmt.Errorf("%s: validator_flags: %w", kattisFile, err)
		}
		problem.Checker.Compare = flags
		return nil
	}
	if len(programs) > 1 {
		l.warn("%s/ holds %s: only %s is used; make one of them", folder, strings.Join(programs, ", "), programs[0])
	}
	program, err := l.ownProgram(path.Join(folder, programs[0]), k.validation)
	if err != nil {
		return err
	}
	program.Args = k.validatorArgs
	if k.interactive {
		problem.Interactor = &judge.Interactor{Program: program, Protocol: checker.Kattis}
	} else {
		problem.Checker = judge.Checker{Program: &program, Protocol: checker.Kattis}
	}
	return nil
}

// inputValidators finds the programs that check inputs.
func (l *loader) inputValidators() error {
	folder := "input_validators"
	if !l.isDir(folder) && l.isDir("input_format_validators") {
		folder = "input_format_validators"
	}
	for _, name := range l.list(folder) {
		full := path.Join(folder, name)
		switch strings.ToLower(path.Ext(name)) {
		case ".ctd", ".viva":
			l.warn("%s: checktestdata and VIVA are not known here: inputs are not checked by it", full)
			continue
		case ".md", ".txt":
			continue
		}
		program, err := l.ownProgram(full, runner.Limits{})
		if err != nil {
			// Submissions can be judged without.
			l.warn("%v: inputs are not checked by it", err)
			continue
		}
		v := &Validator{Program: program, Accepts: 42, Args: map[string][]string{}}
		for test, args := range l.inputFlags {
			short := strings.TrimSuffix(name, path.Ext(name))
			for _, key := range []string{"", short, name} {
				if flags, ok := args[key]; ok {
					v.Args[test] = flags
				}
			}
		}
		l.pkg.Validators = append(l.pkg.Validators, v)
	}
	return nil
}

func baseName(dir string) string { return filepath.Base(dir) }

// infinite says whether a number is no bound.
func infinite(f float64) bool { return math.IsInf(f, 0) }
