package pack

import (
	"path"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/judge"
)

// submissions reads the submissions in folders that promise a verdict.
func (l *loader) submissions(k *kattisProblem) error {
	rules, err := l.submissionRules(k)
	if err != nil {
		return err
	}
	for _, folder := range l.list("submissions") {
		dir := path.Join("submissions", folder)
		if !l.isDir(dir) {
			if dir != submissionsFile {
				l.warn("%s is not used: submissions belong into a folder of the verdict that they get, such as submissions/accepted", dir)
			}
			continue
		}
		promised, known := verdictsNamed[folder]
		skipped := 0
		for _, name := range l.list(dir) {
			full := path.Join(dir, name)
			if forPeople(name) {
				continue
			}
			sources, err := l.program(full)
			if err != nil {
				return err
			}
			s := &Submission{Path: full, Submission: judge.Submission{Name: path.Join(folder, name), Sources: sources}}
			s.Expected = Expectation{Verdicts: promised, Partial: folder == "partially_accepted"}
			if tagged := l.tagged(full, sources); tagged != nil {
				if known && !slices.ContainsFunc(tagged, func(v judge.Verdict) bool { return slices.Contains(promised, v) }) {
					l.warn("%s: its tag @EXPECTED_RESULTS@ is not what its folder promises: the tag is taken; make them one", full)
				}
				s.Expected = Expectation{Verdicts: tagged}
			}
			rules.apply(s, folder)
			if s.Expected.Verdicts == nil && s.Expected.Rules == nil {
				skipped++
				continue
			}
			if size := codeSize(sources); size > k.code {
				l.warn("%s: has %d bytes, more than the limit of %d on code", full, size, k.code)
			}
			l.pkg.Submissions = append(l.pkg.Submissions, s)
		}
		if skipped > 0 {
			l.warn("%s/: the name says no verdict: %d in it are not judged; rename it, or put @EXPECTED_RESULTS@ into the sources", dir, skipped)
		}
	}
	for _, unused := range rules.unused() {
		l.warn("%s: no submission is called %s", submissionsFile, unused)
	}
	return nil
}

// forPeople says whether a file in a folder of submissions is none.
func forPeople(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".txt", ".tex", ".pdf":
		return true
	}
	return name == "__pycache__" || strings.HasPrefix(strings.ToUpper(name), "README")
}

func codeSize(sources []judge.Source) (n int64) {
	for _, s := range sources {
		n += int64(len(s.Content))
	}
	return n
}
