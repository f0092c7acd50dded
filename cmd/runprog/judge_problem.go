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

// problem is what the flags and the folder of tests say.
func (o *judgeOptions) problem(source string) (*judge.Problem, string, error) {
	p := &judge.Problem{Limits: o.limits}
	var err error
	if p.Checker, err = o.readChecker(); err != nil {
		return nil, "", fmt.Errorf("--checker %s: %w", o.checker, err)
	}
	if p.Interactor, err = o.readInteractor(); err != nil {
		return nil, "", fmt.Errorf("--interactor: %w", err)
	}
	dir := o.tests
	if dir == "" {
		if dir, err = judge.LocateTests(source); err != nil {
			return nil, "", fmt.Errorf("%w: write --tests FOLDER", err)
		}
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, "", fmt.Errorf("--tests %s: it is a file: name the folder that it is in", dir)
	}
	p.Root, p.Warnings, err = judge.FindTests(dir, p.Checker.Program != nil || p.Interactor != nil)
	return p, dir, err
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
