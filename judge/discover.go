package judge

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// FindTests finds the tests in a folder, in natural order, and those in folders
// within as groups. Of one test the files are called, for example,
//
//	1.in      1.ans       also .inp .input; .out .a .ok .sol .answer .output .expected
//	input1.txt output1.txt  also in1.txt, input.1, 1.in.txt; answer1.txt, ans1.txt
//	1         1.a         names that are numbers
//	input/1.txt output/1.txt  in two folders side by side
//
// warnings are what does not fit, one sentence each, with
// the names of the files. The error is about a folder that can't be read, or
// has no tests in it at all.
func FindTests(dir string, o FindOptions) (root Group, warnings []string, err error) {
	f := &finder{root: dir, options: o}
	if root, err = f.group("", 0); err != nil {
		return Group{}, nil, fmt.Errorf("judge: tests: %w", err)
	}
	if len(root.AllTests()) == 0 {
		return Group{}, f.warnings, fmt.Errorf("judge: no tests in %s: %w: name them like 1.in and 1.ans%s", dir, fs.ErrNotExist, f.seen())
	}
	return root, f.warnings, nil
}

// FindOptions are the choices of [FindTests].
type FindOptions struct {
	// AnswersOptional takes an input without an answer for a test, too, as
	// suits a checker that needs no answers.
	AnswersOptional bool
	// Flat looks into no folders within, but for those of inputs and answers
	// side by side: what else is in the folder is not all tests.
	Flat bool
}

type finder struct {
	root     string
	options  FindOptions
	warnings []string
}

func (f *finder) warn(format string, args ...any) {
	f.warnings = append(f.warnings, fmt.Sprintf(format, args...))
}

// seen says what there is where there are no tests.
func (f *finder) seen() string {
	if len(f.warnings) == 0 {
		return ""
	}
	return " (" + f.warnings[0] + ")"
}

// deepest bounds groups in groups: links can make a folder its own.
const deepest = 16

// group reads the folder with that name from the root.
func (f *finder) group(name string, depth int) (Group, error) {
	g := Group{Name: name}
	if depth > deepest {
		return g, fmt.Errorf("%s: folders in folders, more than %d deep: is there a symbolic link to a folder above?", name, deepest)
	}
	entries, err := os.ReadDir(filepath.Join(f.root, name))
	if err != nil {
		return g, err
	}
	var files, folders []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		relative := path.Join(name, e.Name())
		switch info, err := os.Stat(filepath.Join(f.root, relative)); {
		case err != nil:
			f.warn("%s can't be read: %v", relative, err)
		case info.IsDir():
			folders = append(folders, e.Name())
		case info.Mode().IsRegular():
			files = append(files, e.Name())
		default:
			f.warn("%s is no regular file", relative)
		}
	}
	var pairs []pair
	pairs, folders = f.sideBySide(name, folders)
	for _, file := range files {
		key, role := roleOf(file, files)
		if role != other {
			pairs = append(pairs, pair{key, role, path.Join(name, file)})
		}
	}
	g.Tests = f.tests(name, pairs)
	if f.options.Flat {
		return g, nil
	}
	slices.SortFunc(folders, compareNatural)
	for _, folder := range folders {
		sub, err := f.group(path.Join(name, folder), depth+1)
		if err != nil {
			return g, err
		}
		if len(sub.Tests)+len(sub.Groups) > 0 {
			g.Groups = append(g.Groups, &sub)
		}
	}
	return g, nil
}

// role is what a file is of a test.
type role uint8

const (
	other role = iota
	input
	answer
)

// pair is one file of a test.
type pair struct {
	key  string // the same of all files of a test
	role role
	path string // from the root
}

// styles are how files are called; the groups are what tells tests apart. The
// answers that come first are preferred. Sources lie beside tests, so input.py
// is none of them.
var styles = []struct {
	role role
	name *regexp.Regexp
}{
	{input, before("input|in")},
	{answer, before("answer|ans|output|out|expected")},
	{input, after("in|inp|input")},
	{answer, after("ans")},
	{answer, after("a|answer|ok|sol|expected")},
	{answer, after("out|output")},
}

// after is a style of names that end in one of the words: 1.in, 1.in.txt, 1_in.txt.
func after(words string) *regexp.Regexp {
	return regexp.MustCompile(`^(.+)\.(?:` + words + `)(?:\.txt|\.dat)?$|^(.+)[_-](?:` + words + `)\.(?:txt|dat)$`)
}

// before is a style of names that begin with one: in1.txt, input.1, input_a.txt.
func before(words string) *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + words + `)(?:[._-]?(\d[^.]*)|[_-]([^.]+)|)(?:\.txt|\.dat)?$`)
}

// styleOf is the first style that fits a name, -1 if none does.
func styleOf(name string) (style int, key string) {
	for i, s := range styles {
		if m := s.name.FindStringSubmatch(name); m != nil {
			return i, strings.Join(m[1:], "")
		}
	}
	return -1, ""
}

// numbered is a name of Polygon's: its answer has an extension, it has none.
var numbered = regexp.MustCompile(`^\d+$`)

func roleOf(name string, all []string) (key string, r role) {
	if numbered.MatchString(name) {
		for _, extension := range []string{".a", ".ans", ".out"} {
			if slices.Contains(all, name+extension) {
				return name, input
			}
		}
		return "", other
	}
	style, key := styleOf(name)
	if style < 0 {
		return "", other
	}
	return key, styles[style].role
}

// The names of folders that have the inputs, or the answers, of one group.
var (
	inputFolders  = []string{"input", "inputs", "in"}
	answerFolders = []string{"answer", "answers", "ans", "output", "outputs", "out", "expected"}
)

// sideBySide takes folders of inputs and answers for the tests they are.
func (f *finder) sideBySide(name string, folders []string) (pairs []pair, rest []string) {
	has := func(of []string) string {
		for _, folder := range of {
			if slices.Contains(folders, folder) {
				return folder
			}
		}
		return ""
	}
	in, out := has(inputFolders), has(answerFolders)
	if in == "" || out == "" {
		return nil, folders
	}
	for _, folder := range folders {
		r := map[string]role{in: input, out: answer}[folder]
		if r == other {
			rest = append(rest, folder)
			continue
		}
		entries, err := os.ReadDir(filepath.Join(f.root, name, folder))
		if err != nil {
			f.warn("%s can't be read: %v", path.Join(name, folder), err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
				continue
			}
			key := strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
			for _, prefix := range slices.Concat(inputFolders, answerFolders) { // input/input07.txt
				if after, ok := strings.CutPrefix(key, prefix); ok && after != "" && digitsBefore(strings.TrimLeft(after, "._-")) > 0 {
					key = strings.TrimLeft(after, "._-")
					break
				}
			}
			pairs = append(pairs, pair{key, r, path.Join(name, folder, e.Name())})
		}
	}
	return pairs, rest
}

// tests makes tests of the files of a group.
func (f *finder) tests(group string, pairs []pair) []*Test {
	byKey := map[string][2][]string{} // inputs, answers
	for _, p := range pairs {
		both := byKey[p.key]
		both[p.role-input] = append(both[p.role-input], p.path)
		byKey[p.key] = both
	}
	var tests []*Test
	for key, both := range byKey {
		inputs, answers := both[0], both[1]
		slices.SortFunc(inputs, compareNatural)
		slices.SortStableFunc(answers, func(a, b string) int {
			styleA, _ := styleOf(path.Base(a))
			styleB, _ := styleOf(path.Base(b))
			return cmp.Or(styleA-styleB, compareNatural(a, b))
		})
		switch {
		case len(inputs) == 0 && path.Base(answers[0]) == "a.out":
			continue // what compilers call a program
		case len(inputs) == 0:
			f.warn("%s has no input: it is left out", strings.Join(answers, " and "))
			continue
		case len(answers) == 0 && !f.options.AnswersOptional:
			f.warn("%s has no answer: it is left out", strings.Join(inputs, " and "))
			continue
		case len(inputs) > 1 && !f.alike(inputs):
			f.warn("%s are inputs of one test: %s is taken", strings.Join(inputs, " and "), inputs[0])
		}
		if len(answers) > 1 && !f.alike(answers) {
			f.warn("%s are answers of one test, and differ: %s is taken", strings.Join(answers, " and "), answers[0])
		}
		if key == "" {
			key = "test" // input.txt
		}
		test := &Test{Name: path.Join(group, key), Input: filepath.Join(f.root, inputs[0])}
		if len(answers) > 0 {
			test.Answer = filepath.Join(f.root, answers[0])
		}
		tests = append(tests, test)
	}
	slices.SortFunc(tests, func(a, b *Test) int { return compareNatural(a.Name, b.Name) })
	return tests
}

// alike says whether files have the same content.
func (f *finder) alike(paths []string) bool {
	first, err := os.ReadFile(filepath.Join(f.root, paths[0]))
	for _, p := range paths[1:] {
		content, err2 := os.ReadFile(filepath.Join(f.root, p))
		if errors.Join(err, err2) != nil || !bytes.Equal(first, content) {
			return false
		}
	}
	return true
}

// testFolders are where a source's tests are looked for, beside it.
var testFolders = []string{"tests", "test", "testdata", "data", "samples", "sample", "secret"}

// LocateTests finds the folder with the tests for a source: one that is called
// as the source without its extension, or tests, test, testdata, data, samples,
// sample or secret, beside it; or else the source's own folder, if there are
// tests in it. Of that one, folders within are most often something else: look
// into it flat. The error matches fs.ErrNotExist, and says where it was looked.
func LocateTests(source string) (dir string, flat bool, err error) {
	parent := filepath.Dir(source)
	stem := strings.TrimSuffix(filepath.Base(source), filepath.Ext(source))
	holds := func(dir string, flat bool) bool {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return false
		}
		_, _, err := FindTests(dir, FindOptions{AnswersOptional: true, Flat: flat})
		return err == nil
	}
	for _, name := range append([]string{stem, stem + ".tests"}, testFolders...) {
		if dir := filepath.Join(parent, name); holds(dir, false) {
			return dir, false, nil
		}
	}
	if holds(parent, true) {
		return parent, true, nil
	}
	return "", false, fmt.Errorf("judge: no tests beside %s: %w: looked for folders %s, and for .in files: name the folder of the tests",
		source, fs.ErrNotExist, strings.Join(append([]string{stem}, testFolders...), ", "))
}
