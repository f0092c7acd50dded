package seccomp

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// Filter is a program that the kernel's verifier accepts, with the flags to
// load it with. It is immutable and safe for concurrent use.
type Filter struct {
	program []unix.SockFilter
	flags   Flags
}

// New makes a filter of a program from elsewhere, if [Verify] accepts it.
func New(program []unix.SockFilter, flags Flags) (*Filter, error) {
	if unknown := flags &^ allFlags; unknown != 0 {
		return nil, fmt.Errorf("seccomp: flags %#x are unknown", uintptr(unknown))
	}
	if err := Verify(program); err != nil {
		return nil, err
	}
	if flags&(TSync|NewListener) == TSync|NewListener {
		flags |= tsyncESRCH
	}
	return &Filter{program: slices.Clone(program), flags: flags}, nil
}

// Compile makes a filter of rules. The same rules give the same program.
func Compile(rules Rules) (*Filter, error) {
	if rules.Foreign.Permits() {
		return nil, errors.New("seccomp: Foreign can't be allowed: numbers mean other calls there, and no rule sees them")
	}
	decisions, err := rules.perCall()
	if err != nil {
		return nil, fmt.Errorf("seccomp: %w", err)
	}
	b := newBuilder()
	otherwise, foreign := b.unless(rules.Key, rules.Default), b.ret(rules.Foreign)
	spans := []span{{0, otherwise}}
	for _, nr := range slices.Sorted(maps.Keys(decisions)) {
		decision := otherwise
		for _, rule := range slices.Backward(decisions[nr]) {
			decision = rule.When.node(b, b.unless(rules.Key, rule.Action), decision)
		}
		if last := &spans[len(spans)-1]; last.from == uint32(nr) {
			last.node = decision
		} else {
			spans = append(spans, span{uint32(nr), decision})
		}
		spans = append(spans, span{uint32(nr) + 1, otherwise})
	}
	// The doors first, the number second, arguments last.
	root := b.load(offsetArch, b.jump(codeEqual, NativeArch,
		b.load(offsetNumber, b.jump(codeAtMin, foreignNumbers, foreign, b.search(spans))), foreign))
	return New(layOut(root), rules.Flags)
}

// perCall sorts rules by the number of the call they are about, with the types
// of arguments known. What comes after a rule without a condition is checked,
// but of no use.
func (r *Rules) perCall() (map[int32][]Rule, error) {
	decisions := make(map[int32][]Rule)
	for i, rule := range r.Rules {
		when := rule.When
		if when == nil {
			when = All{}
		}
		for _, name := range rule.Syscalls {
			if err := CheckName(name); err != nil {
				return nil, fmt.Errorf("rule %d: %w", i+1, err)
			}
			resolved, err := when.resolve(name)
			if err != nil {
				return nil, fmt.Errorf("rule %d: %w", i+1, err)
			}
			if nr, ok := Number(name); ok {
				decisions[nr] = append(decisions[nr], Rule{Action: rule.Action, When: resolved})
			}
		}
	}
	return decisions, nil
}

// Instructions is the program. It must not be written to; it lives as long as
// the filter.
func (f *Filter) Instructions() []unix.SockFilter { return f.program }

// Flags are those to load the filter with, for seccomp(2).
func (f *Filter) Flags() uintptr { return uintptr(f.flags) }
