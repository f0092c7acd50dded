package pack

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
)

// polygonXML is what problem.xml says, as far as it is for us.
type polygonXML struct {
	ShortName string `xml:"short-name,attr"`
	Names     []struct {
		Language string `xml:"language,attr"`
		Value    string `xml:"value,attr"`
	} `xml:"names>name"`
	Judging struct {
		InputFile  string           `xml:"input-file,attr"`
		OutputFile string           `xml:"output-file,attr"`
		Testsets   []polygonTestset `xml:"testset"`
	} `xml:"judging"`
	Resources  []polygonPath    `xml:"files>resources>file"`
	Checker    *polygonProgram  `xml:"assets>checker"`
	Interactor *polygonProgram  `xml:"assets>interactor"`
	Validators []polygonProgram `xml:"assets>validators>validator"`
	Solutions  []struct {
		Tag    string      `xml:"tag,attr"`
		Source polygonPath `xml:"source"`
	} `xml:"assets>solutions>solution"`
}

type polygonPath struct {
	Path string `xml:"path,attr"`
	Type string `xml:"type,attr"`
}

type polygonProgram struct {
	Name   string      `xml:"name,attr"`
	Type   string      `xml:"type,attr"`
	Source polygonPath `xml:"source"`
}

type polygonTestset struct {
	Name   string         `xml:"name,attr"`
	Time   string         `xml:"time-limit"`
	Memory string         `xml:"memory-limit"`
	Count  int            `xml:"test-count"`
	Input  string         `xml:"input-path-pattern"`
	Answer string         `xml:"answer-path-pattern"`
	Tests  []polygonTest  `xml:"tests>test"`
	Groups []polygonGroup `xml:"groups>group"`
}

type polygonTest struct {
	Method string `xml:"method,attr"`
	Group  string `xml:"group,attr"`
	Points string `xml:"points,attr"`
	Sample bool   `xml:"sample,attr"`
}

type polygonGroup struct {
	Name         string `xml:"name,attr"`
	Points       string `xml:"points,attr"`
	PointsPolicy string `xml:"points-policy,attr"`
	Dependencies []struct {
		Group string `xml:"group,attr"`
	} `xml:"dependencies>dependency"`
}

// parsePolygon reads problem.xml. What it names besides is not looked at.
func parsePolygon(data []byte) (*polygonXML, error) {
	if bytes.Contains(data, []byte("<!ENTITY")) {
		return nil, fmt.Errorf("entities are not read: write the text out")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	// Polygon writes UTF-8, and Windows's names for it.
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "utf8") {
			return input, nil
		}
		return nil, fmt.Errorf("it is in %s: write it in UTF-8", label)
	}
	p := new(polygonXML)
	if err := d.Decode(p); err != nil {
		return nil, err
	}
	return p, nil
}

// polygon reads a package of Polygon's.
func (l *loader) polygon() error {
	data, err := l.read(polygonFile, maxXMLSize)
	if err != nil {
		return err
	}
	p, err := parsePolygon(data)
	if err != nil {
		return fmt.Errorf("%s: %w", polygonFile, err)
	}
	problem := l.pkg.Problem
	l.pkg.Format = Polygon
	if p.ShortName != "" {
		problem.Name = p.ShortName
	}
	for i, name := range p.Names {
		if i == 0 || name.Language == "english" {
			problem.Title = name.Value
		}
	}
	for what, file := range map[string]string{"input-file": p.Judging.InputFile, "output-file": p.Judging.OutputFile} {
		if file != "" {
			return fmt.Errorf("%s: %s is %q: submissions that read and write files can't be judged here: take stdin and stdout", polygonFile, what, file)
		}
	}
	set, err := l.testset(p)
	if err != nil {
		return err
	}
	if err := l.polygonTests(set); err != nil {
		return fmt.Errorf("%s: testset %s: %w", polygonFile, set.Name, err)
	}
	if err := l.polygonPrograms(p); err != nil {
		return err
	}
	return l.polygonSolutions(p)
}

// testset is the one that is called tests, or the only one.
func (l *loader) testset(p *polygonXML) (*polygonTestset, error) {
	sets := p.Judging.Testsets
	if len(sets) == 0 {
		return nil, fmt.Errorf("%s: there is no testset: %w", polygonFile, fs.ErrNotExist)
	}
	i := max(0, slices.IndexFunc(sets, func(s polygonTestset) bool { return s.Name == "tests" }))
	if len(sets) > 1 {
		l.warn("%s: there are %d testsets: only %s is used", polygonFile, len(sets), sets[i].Name)
	}
	return &sets[i], nil
}

// pathPattern is a file's path with a number: "tests/%02d.a".
var pathPattern = regexp.MustCompile(`^([^%]*)%(0[1-9])?d([^%]*)$`)

// numbered makes a path of a pattern.
func numbered(pattern string, n int) (string, error) {
	m := pathPattern.FindStringSubmatch(strings.ReplaceAll(pattern, `\`, "/"))
	if m == nil {
		return "", fmt.Errorf("%q is no pattern for paths, such as tests/%%02d", pattern)
	}
	width, _ := strconv.Atoi(m[2]) // digits, or none
	name := path.Clean(fmt.Sprintf("%s%0*d%s", m[1], width, n, m[3]))
	if !fs.ValidPath(name) {
		return "", fmt.Errorf("%q leaves the package", pattern)
	}
	return name, nil
}

func (l *loader) polygonTests(set *polygonTestset) error {
	limits := &l.pkg.Problem.Limits
	ms, err := strconv.ParseInt(strings.TrimSpace(set.Time), 10, 64)
	if err != nil || ms < 1 || ms > 1e9 {
		return fmt.Errorf("time-limit %q is no number of ms", set.Time)
	}
	limits.CPU = time.Duration(ms) * time.Millisecond
	if limits.Memory, err = strconv.ParseInt(strings.TrimSpace(set.Memory), 10, 64); err != nil || limits.Memory < mib {
		return fmt.Errorf("memory-limit %q is no number of bytes, of %d at least", set.Memory, mib)
	}
	count := set.Count
	if len(set.Tests) > 0 && count != len(set.Tests) {
		if count != 0 {
			l.warn("%s: testset %s: test-count is %d, and there are %d tests: these are taken", polygonFile, set.Name, count, len(set.Tests))
		}
		count = len(set.Tests)
	}
	if count > maxFiles {
		return fmt.Errorf("%d tests: this can't be", count)
	}
	groups := &polygonGroups{root: &l.pkg.Problem.Root, byName: map[string]*judge.Group{}}
	groups.add(set, l.warn)
	for i := range count {
		about := polygonTest{}
		if i < len(set.Tests) {
			about = set.Tests[i]
		}
		input, err := numbered(set.Input, i+1)
		if err != nil {
			return fmt.Errorf("input-path-pattern: %w", err)
		}
		answer, err := numbered(set.Answer, i+1)
		if err != nil {
			return fmt.Errorf("answer-path-pattern: %w", err)
		}
		test := &judge.Test{}
		if test.Input, err = l.testFile(input); err != nil {
			return fmt.Errorf("%w: in Polygon, take a package that holds the tests, or run doall.sh", err)
		}
		if l.file(answer) {
			if test.Answer, err = l.testFile(answer); err != nil {
				return err
			}
		} else {
			l.warn("%s: there is none: it is taken for empty", answer)
		}
		groups.test(test, path.Base(input), about, l.warn)
	}
	l.pkg.Problem.Scored = groups.scored
	return nil
}

// polygonGroups puts tests into groups.
type polygonGroups struct {
	root   *judge.Group
	byName map[string]*judge.Group
	each   map[string]bool // groups whose tests have points of their own
	scored bool
}

// add makes the groups that are described. Polygon runs all tests of a problem
// that has points.
func (g *polygonGroups) add(set *polygonTestset, warn func(string, ...any)) {
	g.each = map[string]bool{}
	for _, test := range set.Tests {
		g.scored = g.scored || test.Points != ""
	}
	for _, about := range set.Groups {
		g.scored = g.scored || about.Points != "" || about.PointsPolicy != ""
	}
	if g.scored {
		g.root.OnReject = judge.Continue
	}
	for _, about := range set.Groups {
		group := g.group(about.Name)
		switch about.PointsPolicy {
		case "complete-group", "":
			group.Scoring.Aggregate, group.Scoring.AcceptScore = judge.PassFail, ptr(0)
			group.OnReject = judge.Break
			if n, ok := number(about.Points); ok && about.Points != "" {
				group.Scoring.AcceptScore = &n
			}
		case "each-test":
			g.each[about.Name] = true
			group.OnReject = judge.Continue
		default:
			warn("%s: group %s: unknown points-policy %s: it is taken for each-test", polygonFile, about.Name, about.PointsPolicy)
			g.each[about.Name] = true
		}
		for _, d := range about.Dependencies {
			group.Scoring.Requires = append(group.Scoring.Requires, d.Group)
		}
	}
}

func (g *polygonGroups) group(name string) *judge.Group {
	if g.byName[name] == nil {
		g.byName[name] = &judge.Group{Name: name, OnReject: g.root.OnReject}
		g.root.Groups = append(g.root.Groups, g.byName[name])
	}
	return g.byName[name]
}

func (g *polygonGroups) test(test *judge.Test, name string, about polygonTest, warn func(string, ...any)) {
	group := g.root
	test.Name = name
	if about.Group != "" {
		if g.byName[about.Group] == nil && len(g.byName) > 0 {
			warn("%s: test %s: its group %s is not described: its tests have points of their own", polygonFile, name, about.Group)
		}
		group = g.group(about.Group)
		test.Name = about.Group + "/" + name
	}
	group.Tests = append(group.Tests, test)
	points, ok := number(about.Points)
	switch {
	case !g.scored:
	case group.Scoring.Aggregate != judge.PassFail:
		if !ok {
			points = 0
		}
		test.Points = &points
	case ok && !g.each[about.Group] && groupPoints(group) == 0:
		// A complete group that names no points has those of its tests.
		group.Scoring.AcceptScore = ptr(*group.Scoring.AcceptScore + points)
	}
}

func groupPoints(g *judge.Group) float64 { return *g.Scoring.AcceptScore }

// polygonPrograms reads checker, interactor and validators, with the headers
// that lie beside them: testlib.h.
func (l *loader) polygonPrograms(p *polygonXML) error {
	var headers []judge.Source
	for _, file := range p.Resources {
		if path.Ext(file.Path) != ".h" {
			continue
		}
		content, err := l.inPackage(file.Path)
		if err != nil {
			return err
		}
		headers = append(headers, judge.Source{Name: path.Base(file.Path), Content: content})
	}
	program := func(about *polygonProgram) (judge.Program, error) {
		content, err := l.inPackage(about.Source.Path)
		source := judge.Source{Name: path.Base(about.Source.Path), Content: content}
		return judge.Program{Name: about.Source.Path, Sources: append([]judge.Source{source}, headers...)}, err
	}
	problem := l.pkg.Problem
	if p.Checker == nil {
		l.warn("%s: there is no checker: outputs are compared by tokens", polygonFile)
	} else if standard, ok := standardCheckers[strings.TrimSuffix(p.Checker.Name, ".cpp")]; ok && len(headers) == 0 {
		problem.Checker.Compare = standard
	} else {
		checked, err := program(p.Checker)
		if err != nil {
			return fmt.Errorf("%s: checker: %w", polygonFile, err)
		}
		problem.Checker = judge.Checker{Program: &checked, Protocol: checker.Testlib}
	}
	if p.Interactor != nil {
		interactor, err := program(p.Interactor)
		if err != nil {
			return fmt.Errorf("%s: interactor: %w", polygonFile, err)
		}
		problem.Interactor = &judge.Interactor{Program: interactor, Protocol: checker.Testlib}
	}
	for _, about := range p.Validators {
		validator, err := program(&about)
		if err != nil {
			l.warn("%s: validator: %v: inputs are not checked by it", polygonFile, err)
			continue
		}
		l.pkg.Validators = append(l.pkg.Validators, &Validator{Program: validator})
	}
	return nil
}

// inPackage reads a file that problem.xml names.
func (l *loader) inPackage(name string) ([]byte, error) {
	name = path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if !l.file(name) {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return l.read(name, maxProgramSize)
}

// standardCheckers are those that testlib.h comes with, and what does the same
// here: for packages without testlib.h.
var standardCheckers = map[string]checker.Comparer{
	"std::fcmp": checker.Lines{}, "std::lcmp": checker.Lines{},
	"std::wcmp": checker.Tokens{}, "std::hcmp": checker.Tokens{}, "std::icmp": checker.Tokens{}, "std::ncmp": checker.Tokens{},
	"std::yesno": checker.Tokens{IgnoreCase: true}, "std::nyesno": checker.Tokens{IgnoreCase: true},
	"std::rcmp":  checker.Tokens{Tolerance: &checker.Tolerance{Absolute: 1.5e-6}},
	"std::rcmp4": checker.Tokens{Tolerance: &checker.Tolerance{Absolute: 1e-4, Relative: 1e-4}},
	"std::rcmp6": checker.Tokens{Tolerance: &checker.Tolerance{Absolute: 1e-6, Relative: 1e-6}},
	"std::rcmp9": checker.Tokens{Tolerance: &checker.Tolerance{Absolute: 1e-9, Relative: 1e-9}},
}

// polygonTags are what solutions are tagged with, and what they then get.
var polygonTags = map[string][]judge.Verdict{
	"main": good, "accepted": good,
	"rejected": anyBad, "failed": anyBad,
	"wrong-answer": wrong, "presentation-error": wrong,
	"time-limit-exceeded":                          tooSlow,
	"time-limit-exceeded-or-accepted":              {judge.Accepted, judge.TimeLimitExceeded},
	"time-limit-exceeded-or-memory-limit-exceeded": {judge.TimeLimitExceeded, judge.MemoryLimitExceeded, judge.RunTimeError},
	"memory-limit-exceeded":                        {judge.MemoryLimitExceeded, judge.RunTimeError},
}

func (l *loader) polygonSolutions(p *polygonXML) error {
	for _, s := range p.Solutions {
		name := path.Clean(strings.ReplaceAll(s.Source.Path, `\`, "/"))
		verdicts, ok := polygonTags[s.Tag]
		switch {
		case s.Tag == "do-not-run":
			continue
		case !ok:
			l.warn("%s: %s: unknown tag %s: it is not judged", polygonFile, name, s.Tag)
			continue
		}
		content, err := l.inPackage(name)
		if err != nil {
			return fmt.Errorf("%s: solution: %w", polygonFile, err)
		}
		l.pkg.Submissions = append(l.pkg.Submissions, &Submission{
			Path:     name,
			Expected: Expectation{Verdicts: verdicts},
			Submission: judge.Submission{
				Name: path.Base(name), Language: polygonLanguage(s.Source.Type),
				Sources: []judge.Source{{Name: path.Base(name), Content: content}},
			},
		})
	}
	return nil
}

// polygonTypes are beginnings of sources' types, and the languages here. A type
// that is none of these leaves it to the extension.
var polygonTypes = []struct{ prefix, language string }{
	{"c.", "c"},
	{"cpp.g++11", "cpp11"}, {"cpp.g++14", "cpp14"}, {"cpp.g++17", "cpp17"}, {"cpp.g++20", "cpp20"}, {"cpp.g++23", "cpp23"}, {"cpp", "cpp"},
	{"csharp", "csharp"}, {"go", "go"}, {"haskell", "haskell"}, {"java", "java"}, {"js", "javascript"},
	{"kotlin", "kotlin"}, {"lua", "lua"}, {"ocaml", "ocaml"}, {"pas", "pascal"}, {"perl", "perl"}, {"php", "php"},
	{"python.3", "python3"}, {"python.pypy3", "python3"}, {"ruby", "ruby"}, {"rust", "rust"}, {"scala", "scala"},
}

func polygonLanguage(kind string) string {
	if kind == "javascript" {
		return "javascript" // which begins as Java does
	}
	for _, t := range polygonTypes {
		if strings.HasPrefix(kind, t.prefix) {
			return t.language
		}
	}
	return ""
}
