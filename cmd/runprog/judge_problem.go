package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/judge/pack"
	"github.com/bailiff-judge/bailiff/runner"
)

// submission is what the arguments name.
func (o *judgeOptions) submission(args []string) (judge.Submission, error) {
	if len(args) == 0 {
		return judge.Submission{}, errors.New("no source: name one, as in `runprog judge sol.cpp`")
	}
	for _, path := range args {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return judge.Submission{}, fmt.Errorf("%s is a folder: name the sources in it, as in `runprog judge %s`; a folder of tests is named by --tests",
				path, filepath.Join(path, "*"))
		}
	}
	sources, err := judge.ReadSources(args...)
	if err != nil {
		return judge.Submission{}, err
	}
	return judge.Submission{Name: args[0], Sources: sources, Language: o.language}, nil
}

// problem is what the flags and the folder of tests, or the problem package, say.
// from is where it was found.
func (o *judgeOptions) problem(source string) (p *judge.Problem, from string, err error) {
	p = new(judge.Problem)
	if o.pkg != "" && o.tests != "" {
		return nil, "", errors.New("--problem and --tests: a problem package has its own tests: name one of the two")
	}
	if from = o.pkg; from == "" && o.tests == "" {
		from = packageAround(source)
	}
	inPackage := from != ""
	if inPackage {
		loaded, err := pack.Load(from)
		if err != nil {
			return nil, "", err
		}
		p = loaded.Problem
		if loaded.Timing != nil && o.limits.CPU == 0 {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%s has no time limit: %s is taken: name another by --cpu, or let `runprog verify` find it", from, runner.DefaultLimits().CPU))
		}
	}
	p.Limits = o.limits.Or(p.Limits)
	if o.checker != "" {
		if p.Checker, err = o.readChecker(); err != nil {
			return nil, "", fmt.Errorf("--checker %s: %w", o.checker, err)
		}
		for _, t := range p.Root.AllTests() {
			t.CheckerArgs = nil // they were for the package's own
		}
	}
	if o.interactor != "" {
		if p.Interactor, err = o.readInteractor(); err != nil {
			return nil, "", fmt.Errorf("--interactor: %w", err)
		}
	}
	if inPackage {
		return p, from, nil
	}
	find := judge.FindOptions{AnswersOptional: p.Checker.Program != nil || p.Interactor != nil}
	if from = o.tests; from == "" {
		if from, find.Flat, err = judge.LocateTests(source); err != nil {
			return nil, "", fmt.Errorf("%w: write --tests FOLDER", err)
		}
	}
	if info, err := os.Stat(from); err == nil && !info.IsDir() {
		return nil, "", fmt.Errorf("--tests %s: it is a file: name the folder that it is in", from)
	}
	p.Root, p.Warnings, err = judge.FindTests(from, find)
	return p, from, err
}

// packageAround is the problem package that a source is a submission of, "" if
// there is none.
func packageAround(source string) string {
	path, err := filepath.Abs(source)
	if err != nil {
		return ""
	}
	for dir := filepath.Dir(path); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		file := map[string]string{"submissions": "problem.yaml", "solutions": "problem.xml"}[filepath.Base(dir)]
		if file == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(dir), file)); err == nil {
			return filepath.Dir(dir)
		}
	}
	return ""
}

// readChecker is the one of --checker: a built-in one by its name, or a file.
func (o *judgeOptions) readChecker() (judge.Checker, error) {
	info, err := os.Stat(o.checker)
	if err != nil || info.IsDir() {
		c, err := checker.Parse(o.checker)
		if err != nil && filepath.Ext(o.checker) != "" && !bytes.ContainsRune([]byte(o.checker), ':') {
			return judge.Checker{}, os.ErrNotExist // it was to be a file
		}
		return judge.Checker{Compare: c}, err
	}
	program, protocol, err := o.readProgram(o.checker)
	return judge.Checker{Program: program, Protocol: protocol}, err
}

// readProgram is a checker or an interactor in a file.
func (o *judgeOptions) readProgram(file string) (*judge.Program, checker.Protocol, error) {
	sources, err := judge.ReadSources(file)
	if err != nil {
		return nil, 0, err
	}
	// What it includes by its name lies beside it.
	var headers []string
	for _, pattern := range []string{"*.h", "*.hpp"} {
		found, _ := filepath.Glob(filepath.Join(filepath.Dir(file), pattern)) // the pattern is well-formed
		headers = append(headers, found...)
	}
	for _, path := range headers {
		if bytes.Contains(sources[0].Content, []byte(filepath.Base(path))) {
			header, err := judge.ReadSources(path)
			if err != nil {
				return nil, 0, err
			}
			sources = append(sources, header...)
		}
	}
	protocol := checker.Kattis
	if o.protocol == checker.Testlib.String() || o.protocol == "auto" && slices.ContainsFunc(sources, usesTestlib) {
		protocol = checker.Testlib
	}
	return &judge.Program{Name: file, Sources: sources}, protocol, nil
}

func usesTestlib(s judge.Source) bool { return bytes.Contains(s.Content, []byte("testlib.h")) }
