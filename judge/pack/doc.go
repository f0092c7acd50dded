// Package pack reads problem packages: folders that hold a problem's tests, its
// checker, and submissions with the verdicts that they should get.
//
// Its one idea: whatever the format, a package becomes a [judge.Problem] and a
// list of submissions with an [Expectation] each, so that everything after
// reading is the same for all. Formats are those of Kattis and the ICPC (legacy
// and 2023-07), with DOMjudge's additions, and Polygon's.
//
// A package may come from anybody. Nothing outside of its folder is opened,
// whatever its links say; nothing is read without a bound. What is odd but can
// be done without is a warning, which names the file and says what to do.
package pack

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/bailiff-judge/bailiff/judge"
)

// Format is how a package is written.
type Format string

// The formats.
const (
	// Legacy is Kattis's first, of which the ICPC's is a part.
	Legacy Format = "legacy"
	// V2023 is Kattis's 2023-07.
	V2023 Format = "2023-07"
	// Polygon is that of polygon.codeforces.com.
	Polygon Format = "polygon"
)

// Package is a problem package.
type Package struct {
	Format Format
	// Problem is what submissions are judged by. If Timing is not nil, it has
	// no time limit yet.
	Problem *judge.Problem
	// Submissions are those that the package comes with, in order.
	Submissions []*Submission
	// Validators are programs that must accept every test's input.
	Validators []*Validator
	// Timing says how a time limit is found that the package does not name.
	Timing *Timing
}

// Timing is how a time limit follows from the accepted submissions' times.
type Timing struct {
	// Factor is what the slowest accepted submission's time is multiplied by;
	// the limit is the next multiple of Resolution.
	Factor     float64
	Resolution time.Duration
}

// Submission is one that a package comes with.
type Submission struct {
	judge.Submission
	// Path is where it is in the package: "submissions/accepted/a.cpp".
	Path     string
	Expected Expectation
}

// Validator is a program that says whether an input is well-formed.
type Validator struct {
	judge.Program
	// Accepts is the exit code of an input that is: 42, or 0 of Polygon's.
	Accepts int
	// Args are its arguments on tests by their names; those of a test that
	// isn't named are none.
	Args map[string][]string
}

// Load reads the package in a folder. What is odd about it is in
// [judge.Problem.Warnings]. An error names the file that is at fault, and means
// that the package is of no format that is known, or can't be judged by.
func Load(dir string) (_ *Package, err error) {
	t, err := openTree(dir, maxFiles)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	l := &loader{tree: t, pkg: &Package{Problem: &judge.Problem{Name: baseName(t.dir)}}}
	switch {
	case t.file(kattisFile):
		if t.file(polygonFile) {
			l.warn("%s and %s: the package is of two formats: %s is read, and %s is not; take one away", kattisFile, polygonFile, kattisFile, polygonFile)
		}
		err = l.kattis()
	case t.file(polygonFile):
		err = l.polygon()
	case t.isDir("data"):
		if !t.file(domjudgeFile) {
			l.warn("there is no %s: everything has its default", kattisFile)
		}
		err = l.kattis()
	default:
		err = fmt.Errorf("no problem package: there is neither %s nor %s nor a folder data: %w", kattisFile, polygonFile, fs.ErrNotExist)
	}
	if err == nil {
		err = l.check()
	}
	if err != nil {
		return nil, fmt.Errorf("pack: %s: %w", dir, err)
	}
	return l.pkg, nil
}

// The files that formats are known by.
const (
	kattisFile    = "problem.yaml"
	polygonFile   = "problem.xml"
	domjudgeFile  = "domjudge-problem.ini"
	timelimitFile = ".timelimit"
)

// loader reads one package.
type loader struct {
	*tree
	pkg *Package
	// inputFlags are the arguments of input validators by test and validator.
	inputFlags map[string]map[string][]string
	unbounded  []*judge.Group
}

// maxWarnings bounds what is said about one package.
const maxWarnings = 200

func (l *loader) warn(format string, args ...any) {
	p := l.pkg.Problem
	switch len(p.Warnings) {
	case maxWarnings:
		p.Warnings = append(p.Warnings, "and more: these are the first")
	case maxWarnings + 1:
	default:
		p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
	}
}

// check is what must hold of packages of all formats.
func (l *loader) check() error {
	if len(l.pkg.Problem.Root.AllTests()) == 0 {
		return fmt.Errorf("there are no tests: %w", fs.ErrNotExist)
	}
	l.checkRequires(&l.pkg.Problem.Root, map[string]bool{})
	if len(l.pkg.Submissions) == 0 {
		l.warn("there are no submissions: nothing tells whether tests and limits are right")
	}
	return nil
}
