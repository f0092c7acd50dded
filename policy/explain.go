package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Answer is what a policy does with a call, and why.
type Answer struct {
	// Action is Allow, Log, Trap, KillProcess, an errno, or Notify where the
	// supervisor is asked and its answer isn't known.
	Action seccomp.Action
	// Rule names what decided.
	Rule string
	// Why is its author's reason, "" if none is given.
	Why string
}

// String is a sentence without its end.
func (a Answer) String() string {
	text := actionText(a.Action) + " by " + a.Rule
	if a.Why != "" {
		text += " (" + a.Why + ")"
	}
	return text
}

// Call is what the policy does with a call as a filter sees it.
func (p *Policy) Call(d *seccomp.Data) Answer {
	name := seccomp.SyscallName(d.Arch, d.Number)
	if nr, native := seccomp.Number(name); !native || nr != d.Number || d.Arch != seccomp.NativeArch {
		if d.Arch != seccomp.NativeArch || uint32(d.Number) >= 0x40000000 {
			return Answer{actionKill, "the rule for foreign doors", "numbers mean other calls there"}
		}
		return Answer{Action: p.fallback.action, Rule: p.fallback.label}
	}
	for _, r := range p.all {
		if !slices.Contains(r.calls, name) {
			continue
		}
		// The policy was compiled when it was made, so the condition is sound.
		if holds, err := seccomp.Holds(r.when, name, &d.Args); err == nil && holds {
			return Answer{r.action, r.label + via(r.Rule, name), r.Why}
		}
	}
	return Answer{Action: p.fallback.action, Rule: p.fallback.label}
}

// via says by which group a rule names a call.
func via(r Rule, name string) string {
	for _, c := range r.Calls {
		if group, ok := strings.CutPrefix(string(c), "$"); ok {
			if calls, err := groupCalls(group); err == nil && slices.Contains(calls, name) {
				return ", group $" + group
			}
		}
	}
	return ""
}

// Explain answers for a call written out: its name, then its arguments as
// numbers, constants and paths. Arguments that are left out are 0; a path
// takes the place of the next path argument, so that both "openat AT_FDCWD
// /etc/shadow O_RDWR" and "openat /etc/shadow O_RDWR" are understood. A path
// is taken for resolved.
func (p *Policy) Explain(words ...string) (Answer, error) {
	if len(words) == 0 {
		return Answer{}, fmt.Errorf("policy: explain: name a call")
	}
	name := words[0]
	if err := seccomp.CheckName(name); err != nil {
		return Answer{}, fmt.Errorf("policy: explain: %w", err)
	}
	nr, native := seccomp.Number(name)
	if !native {
		return Answer{}, fmt.Errorf("policy: explain: this architecture has no %s", name)
	}
	d := &seccomp.Data{Number: nr, Arch: seccomp.NativeArch}
	paths := map[int]string{}
	next := 0
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "/") {
			for _, arg := range pathCalls[name] {
				if arg.Path >= next {
					next = arg.Path
					break
				}
			}
			paths[next] = word
		}
		if next > 5 {
			return Answer{}, fmt.Errorf("policy: explain: %s: more than six arguments", name)
		}
		if paths[next] == "" {
			v, err := ParseValue(word)
			if err != nil {
				return Answer{}, fmt.Errorf("policy: explain: %s: argument %d: %w", name, next, err)
			}
			d.Args[next] = uint64(v)
		} else {
			d.Args[next] = 1 // an address
		}
		next++
	}
	answer := p.Call(d)
	if answer.Action != actionAsk || p.files == nil {
		return answer, nil
	}
	for _, arg := range pathCalls[name] {
		path, given := paths[arg.Path]
		if !given {
			continue
		}
		access := arg.Access
		switch arg.Kind {
		case OpenHow:
			access = OpenAccess(int(d.Args[arg.How]))
		case ModeHow:
			access = ModeAccess(int(d.Args[arg.How]))
		case OpenHow2:
			access = Read
		}
		decision := p.Decide(access, path)
		if arg.Kind == SocketAddress {
			decision = p.DecideSocket()
		}
		answer = Answer{Action: decision.Answer, Rule: decision.Rule}
		if !decision.Allow {
			break
		}
	}
	return answer, nil
}

// Describe says what the policy does with a call, for all its arguments.
func (p *Policy) Describe(name string) string {
	var parts []string
	for _, r := range p.all {
		if !slices.Contains(r.calls, name) {
			continue
		}
		if len(r.when) == 0 {
			return strings.Join(append(parts, actionText(r.action)), ", else ")
		}
		parts = append(parts, fmt.Sprintf("%s if %s", actionText(r.action), whenText(name, r.When)))
	}
	return strings.Join(append(parts, actionText(p.fallback.action)), ", else ")
}

// Expectation is a line of a policy's test.
type Expectation struct {
	// Call is as Explain takes it, in one line.
	Call string `yaml:"call"`
	// Expect is an action.
	Expect string `yaml:"expect"`
	// Line is where it stands in its file.
	Line int `yaml:"-"`
}

// UnmarshalYAML notes the line.
func (e *Expectation) UnmarshalYAML(node ast.Node) error {
	type plain Expectation
	if err := yaml.NodeToValue(node, (*plain)(e), yaml.DisallowUnknownField()); err != nil {
		return err
	}
	if _, err := parseAction(e.Expect); err != nil {
		return wrong(node, err)
	}
	e.Line = node.GetToken().Position.Line
	return nil
}

// ParseExpectations reads a list of them from YAML.
func ParseExpectations(file string, text []byte) ([]Expectation, error) {
	var list []Expectation
	err := decode(file, text, &list)
	return list, err
}

// Mismatch is an expectation that a policy doesn't meet.
type Mismatch struct {
	Expectation
	Answer Answer
}

// Test says which expectations the policy doesn't meet. An error is one of an
// expectation that can't be understood.
func (p *Policy) Test(list []Expectation) ([]Mismatch, error) {
	var mismatches []Mismatch
	for _, e := range list {
		answer, err := p.Explain(strings.Fields(e.Call)...)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", e.Line, err)
		}
		expected, err := parseAction(e.Expect)
		if err != nil {
			return nil, fmt.Errorf("policy: line %d: %w", e.Line, err)
		}
		if answer.Action != expected {
			mismatches = append(mismatches, Mismatch{e, answer})
		}
	}
	return mismatches, nil
}
