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
	dir := o.tests
	if dir == "" {
		if dir, err = judge.LocateTests(source); err != nil {
			return nil, "", fmt.Errorf("%w: write --tests FOLDER", err)
		}
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, "", fmt.Errorf("--tests %s: it is a file: name the folder that it is in", dir)
	}
	p.Root, p.Warnings, err = judge.FindTests(dir, p.Checker.Program != nil)
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
	sources, err := judge.ReadSources(o.checker)
	if err != nil {
		return judge.Checker{}, err
	}
	// What it includes by its name lies beside it.
	var headers []string
	for _, pattern := range []string{"*.h", "*.hpp"} {
		found, _ := filepath.Glob(filepath.Join(filepath.Dir(o.checker), pattern)) // the pattern is well-formed
		headers = append(headers, found...)
	}
	for _, path := range headers {
		if bytes.Contains(sources[0].Content, []byte(filepath.Base(path))) {
			header, err := judge.ReadSources(path)
			if err != nil {
				return judge.Checker{}, err
			}
			sources = append(sources, header...)
		}
	}
	c := judge.Checker{Program: &judge.Program{Name: o.checker, Sources: sources}}
	switch {
	case o.protocol == checker.Testlib.String(), o.protocol == "auto" && slices.ContainsFunc(sources, usesTestlib):
		c.Protocol = checker.Testlib
	}
	return c, nil
}

func usesTestlib(s judge.Source) bool { return bytes.Contains(s.Content, []byte("testlib.h")) }
