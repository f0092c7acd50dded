package policy

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Policy is a checked [Definition] with what it extends. It is immutable and
// safe for concurrent use.
type Policy struct {
	name     string
	about    string
	base     *Policy // nil if it extends none
	own      []rule  // its own rules, without those of base
	all      []rule  // all that are tried, with the floor worked in
	fallback verdict
	files    *fileRules // with those of base; nil if there are none
}

// rule is a Rule with everything looked up.
type rule struct {
	Rule
	calls  []string
	when   seccomp.All // all of the tests; empty always holds
	action seccomp.Action
	// label is how explanations name it.
	label string
}

// verdict is an action and whose it is.
type verdict struct {
	action seccomp.Action
	label  string
}

// The actions of a rule are seccomp's. These two are stand-ins, for what the
// caller of Filter says they become.
const (
	actionKill = seccomp.KillProcess
	actionAsk  = seccomp.Notify
)

// New checks a definition. It may extend a named policy.
func New(name string, d Definition) (*Policy, error) {
	p, err := build(name, d, Named)
	if err != nil {
		return nil, fmt.Errorf("policy: %s%w", name, err)
	}
	return p, nil
}

// build takes the policy that d extends from find. Its errors begin with
// ":LINE: " or ": ", to stand behind a name.
func build(name string, d Definition, find func(string) (*Policy, error)) (*Policy, error) {
	p := &Policy{name: name, about: d.About, fallback: verdict{actionKill, "default of " + name}}
	if d.Extends != "" {
		base, err := find(d.Extends)
		if err != nil {
			return nil, fmt.Errorf(": extends: %w", err)
		}
		p.base, p.fallback, p.files = base, base.fallback, base.files
	}
	if d.Default != "" {
		action, err := parseAction(d.Default)
		if err != nil {
			return nil, fmt.Errorf(": default: %w", err)
		}
		p.fallback = verdict{action, "default of " + name}
	}
	for i, r := range d.Rules {
		checked, err := r.check(fmt.Sprintf("%s rule %d", name, i+1))
		if err != nil {
			return nil, fmt.Errorf("%s: rule %d: %w", lineSuffix(r.line), i+1, err)
		}
		p.own = append(p.own, checked)
	}
	if d.Files != nil {
		files, err := p.files.extend(name, d.Files)
		if err != nil {
			return nil, err
		}
		p.files = files
	}
	all, err := p.effective()
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	p.all = all
	// Finds types of arguments that are missing, and programs that are too long.
	if _, err := p.Filter(FilterOptions{Ask: seccomp.Notify}); err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	return p, nil
}

func lineSuffix(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(":%d", line)
}

func (r Rule) check(label string) (rule, error) {
	checked := rule{Rule: r, label: label}
	var err error
	if checked.action, err = parseAction(r.Do); err != nil {
		return rule{}, err
	}
	if len(r.Calls) == 0 {
		return rule{}, errors.New("calls are missing: what is it about?")
	}
	for _, call := range r.Calls {
		names, err := call.expand()
		if err != nil {
			return rule{}, err
		}
		checked.calls = append(checked.calls, names...)
	}
	for _, c := range r.When {
		test, err := c.build()
		if err != nil {
			return rule{}, err
		}
		checked.when = append(checked.when, test)
	}
	// Alone, so that an error about an argument has this rule's line. What it
	// is wrapped in, "seccomp: rule 1", would tell another number.
	_, err = seccomp.Compile(seccomp.Rules{Rules: []seccomp.Rule{{Syscalls: checked.calls, When: checked.when}}})
	return checked, errors.Unwrap(errors.Unwrap(err))
}

// parseAction reads what a rule does.
func parseAction(text string) (seccomp.Action, error) {
	switch text {
	case "":
		return 0, errors.New("do is missing: allow, log, ask, kill, trap, or an errno")
	case "ask":
		return actionAsk, nil
	case "allow", "log", "kill", "trap":
		return seccomp.ParseAction(text)
	}
	if action, err := seccomp.ParseAction("errno " + text); err == nil {
		return action, nil
	}
	known := []string{"allow", "log", "ask", "kill", "trap"}
	for e := unix.Errno(1); e < 134; e++ {
		known = append(known, unix.ErrnoName(e))
	}
	return 0, errors.New(suggest(fmt.Sprintf("%q is no action", text), text, known))
}

// actionText is what parseAction reads.
func actionText(a seccomp.Action) string {
	switch {
	case a == actionAsk:
		return "ask"
	case a.Kind() == seccomp.Errno(0):
		return a.String()[len("errno "):]
	}
	return a.String()
}

var argTypes = map[string]seccomp.ArgType{
	"": 0, "int": seccomp.Int, "uint": seccomp.Uint, "long": seccomp.Long, "ulong": seccomp.Ulong,
	"mode": seccomp.Mode, "pointer": seccomp.Pointer,
}

func (c Condition) build() (seccomp.Condition, error) {
	var tests []seccomp.Condition
	if c.Arg != nil {
		kind, known := argTypes[c.Type]
		if !known {
			return nil, errors.New(suggest(fmt.Sprintf("%q is no type of an argument", c.Type), c.Type,
				[]string{"int", "uint", "long", "ulong", "mode", "pointer"}))
		}
		for _, t := range c.tests(*c.Arg) {
			tests = append(tests, t.As(kind))
		}
	}
	for _, list := range [][]Condition{c.All, c.Any} {
		if list == nil {
			continue
		}
		var joined []seccomp.Condition
		for _, inner := range list {
			test, err := inner.build()
			if err != nil {
				return nil, err
			}
			joined = append(joined, test)
		}
		if c.All != nil {
			tests = append(tests, seccomp.All(joined))
		} else {
			tests = append(tests, seccomp.Any(joined))
		}
	}
	if len(tests) != 1 {
		return nil, fmt.Errorf("a condition has one test: arg with is (and mask), not, in, any_bit, or from and to; or all; or any; this has %d", len(tests))
	}
	return tests[0], nil
}

// tests are those that c asks of its argument.
func (c Condition) tests(arg int) (tests []seccomp.Test) {
	if c.Is != nil && c.Mask != nil {
		tests = append(tests, seccomp.Masked(arg, uint64(*c.Mask), uint64(*c.Is)))
	} else if c.Is != nil {
		tests = append(tests, seccomp.Equal(arg, uint64(*c.Is)))
	}
	if c.Not != nil {
		tests = append(tests, seccomp.NotEqual(arg, uint64(*c.Not)))
	}
	if c.In != nil {
		values := make([]uint64, len(c.In))
		for i, v := range c.In {
			values[i] = uint64(v)
		}
		tests = append(tests, seccomp.OneOf(arg, values...))
	}
	if c.AnyBit != nil {
		tests = append(tests, seccomp.AnyBit(arg, uint64(*c.AnyBit)))
	}
	if c.From != nil && c.To != nil {
		tests = append(tests, seccomp.Between(arg, uint64(*c.From), uint64(*c.To)))
	}
	return tests
}

// Name is what it was made as.
func (p *Policy) Name() string { return p.name }

// About is the sentence its author wrote.
func (p *Policy) About() string { return p.about }

// rules are its own and those of its bases, in the order they are tried.
func (p *Policy) rules() []rule {
	if p.base == nil {
		return p.own
	}
	return slices.Concat(p.own, p.base.rules())
}
