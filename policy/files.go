package policy

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Access is one or more ways to use a path.
type Access uint8

const (
	Read    Access = 1 << iota // its content, or a directory's entries
	Write                      // its content, its metadata, its name; remove it
	Create                     // make it
	Execute                    // execve, or map executable
	Stat                       // its metadata, and that it exists
)

var accessNames = []struct {
	access Access
	name   string
}{{Read, "read"}, {Write, "write"}, {Create, "create"}, {Execute, "execute"}, {Stat, "stat"}}

// String is the names, joined by bars.
func (a Access) String() string {
	var names []string
	for _, known := range accessNames {
		if a&known.access != 0 {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, "|")
}

func parseAccess(names []string) (access Access, err error) {
	if len(names) == 0 {
		return 0, errors.New("access is missing: read, write, create, execute, stat")
	}
	for _, name := range names {
		i := slices.IndexFunc(accessNames, func(k struct {
			access Access
			name   string
		}) bool {
			return k.name == name
		})
		if i < 0 {
			return 0, errors.New(suggest(fmt.Sprintf("%q is no kind of access", name), name,
				[]string{"read", "write", "create", "execute", "stat"}))
		}
		access |= accessNames[i].access
	}
	return access, nil
}

// fileRules are those of a policy with those of its bases.
type fileRules struct {
	denied      verdict
	allow, deny []pattern
}

// pattern is one path of a rule.
type pattern struct {
	access Access
	shape  shape
	path   string // without the ending that says its shape
	label  string
}

type shape uint8

const (
	exact shape = iota
	directory
	tree
	glob
)

// extend adds the rules of a policy to those of its base, which may be nil.
func (f *fileRules) extend(name string, d *Files) (*fileRules, error) {
	all := &fileRules{denied: verdict{seccomp.Errno(unix.EACCES), "files of " + name}}
	if f != nil {
		*all = *f
	}
	if d.Denied != "" {
		action, err := parseAction(d.Denied)
		if err != nil {
			return nil, fmt.Errorf(": files: denied: %w", err)
		}
		if action != actionKill && action.Kind() != seccomp.Errno(0) {
			return nil, fmt.Errorf(": files: denied: an errno or kill, not %s", d.Denied)
		}
		all.denied.action = action
	}
	var err error
	if all.allow, err = patterns(d.Allow, name+" files allow", all.allow); err != nil {
		return nil, err
	}
	all.deny, err = patterns(d.Deny, name+" files deny", all.deny)
	return all, err
}

func patterns(rules []FileRule, label string, base []pattern) ([]pattern, error) {
	list := []pattern{}
	for i, r := range rules {
		access, err := parseAccess(r.Access)
		if err == nil && len(r.Paths) == 0 {
			err = errors.New("paths are missing")
		}
		for _, text := range r.Paths {
			p := pattern{access: access, label: fmt.Sprintf("%s %d: %s", label, i+1, text)}
			if r.Why != "" {
				p.label += " (" + r.Why + ")"
			}
			if e := p.parse(text); e != nil {
				err = e
			}
			list = append(list, p)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s %d: %w", lineSuffix(r.line), label, i+1, err)
		}
	}
	return append(list, base...), nil
}

func (p *pattern) parse(text string) error {
	p.path = text
	if rest, ok := strings.CutSuffix(text, "/**"); ok {
		p.shape, p.path = tree, rest
	} else if rest, ok := strings.CutSuffix(text, "/"); ok {
		p.shape, p.path = directory, rest
	} else if strings.ContainsAny(text, `*?[\`) {
		p.shape = glob
	}
	if p.shape != glob && strings.ContainsAny(p.path, `*?[\`) {
		return fmt.Errorf("%q: a glob can't end in / or /**", text)
	}
	if p.shape == glob && strings.Contains(text, "**") {
		return fmt.Errorf("%q: ** may only stand at the end, behind a slash", text)
	}
	if _, err := path.Match(p.path, ""); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	if text == "" || text[0] != '/' || p.path != "" && path.Clean(p.path) != p.path {
		return fmt.Errorf("%q: a path is absolute, without . and .. and double slashes", text)
	}
	return nil
}

func (p *pattern) matches(name string) bool {
	switch p.shape {
	case exact:
		return name == p.path
	case glob:
		matched, err := path.Match(p.path, name)
		return err == nil && matched
	}
	if name == "/" { // the root has no slash of its own
		name = ""
	}
	rest, below := strings.CutPrefix(name, p.path)
	if !below || rest != "" && rest[0] != '/' {
		return false
	}
	return p.shape == tree || strings.LastIndexByte(rest, '/') <= 0
}

// Decision is the answer to an access.
type Decision struct {
	Allow bool
	// Rule says which rule decided, for people to read.
	Rule string
	// Answer to a denied access: an errno, or KillProcess. Allow otherwise.
	Answer seccomp.Action
}

// Decide says whether a path may be used in all of these ways. The path is
// what the kernel would find, absolute and without symlinks (see [Resolver]).
// What has no path ("pipe:[42]") the program has already; it is allowed.
func (p *Policy) Decide(access Access, name string) Decision {
	if p.files == nil {
		return Decision{Allow: true, Rule: p.name + " has no rules about files", Answer: seccomp.Allow}
	}
	if name == "" || name[0] != '/' {
		return Decision{Allow: true, Rule: "it has no path", Answer: seccomp.Allow}
	}
	return p.files.decide(access, name)
}

// HasFiles says whether it has rules about files, so that a supervisor must
// ask Decide.
func (p *Policy) HasFiles() bool { return p.files != nil }

// Everywhere says whether every path may be used in all of these ways: by one
// rule about the tree "/**", with nothing to deny it.
func (p *Policy) Everywhere(access Access) bool {
	if p.files == nil {
		return true
	}
	for _, d := range p.files.deny {
		if d.access&access != 0 || d.access&Stat != 0 {
			return false
		}
	}
	for _, a := range p.files.allow {
		if (a.access|Stat)&access == access && a.shape == tree && a.path == "" {
			return true
		}
	}
	return false
}

func (f *fileRules) decide(access Access, name string) Decision {
	for _, d := range f.deny {
		if (d.access&access != 0 || d.access&Stat != 0) && d.matches(name) {
			return Decision{Rule: d.label, Answer: f.denied.action}
		}
	}
	rule := ""
	for _, a := range f.allow {
		granted := a.access | Stat
		if granted&access != 0 && a.matches(name) {
			access &^= granted
			if rule == "" {
				rule = a.label
			}
		}
	}
	if access != 0 {
		return Decision{Rule: fmt.Sprintf("%s: no rule allows %s", f.denied.label, access), Answer: f.denied.action}
	}
	return Decision{Allow: true, Rule: rule, Answer: seccomp.Allow}
}
