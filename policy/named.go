package policy

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// The named policies, the groups, and the floor.
//
//go:embed named/*.yaml
var shipped embed.FS

// Group is a set of calls with a name, for rules to use.
type Group struct {
	Name  string   `yaml:"name"`
	About string   `yaml:"about"`
	Calls []string `yaml:"calls"`
}

var loadGroups = sync.OnceValues(func() (groups []Group, err error) {
	return groups, decodeShipped("groups", &groups)
})

// Groups are all there are, in the order in which they are best read.
func Groups() []Group {
	groups, err := loadGroups()
	if err != nil {
		panic(err) // the file is part of the program, and tested
	}
	return slices.Clone(groups)
}

func groupCalls(name string) ([]string, error) {
	groups, err := loadGroups()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range groups {
		if g.Name == name {
			return g.Calls, nil
		}
		names = append(names, g.Name)
	}
	return nil, errors.New(suggest(fmt.Sprintf("there is no group $%s", name), name, names))
}

var loadFloor = sync.OnceValues(func() ([]rule, error) {
	var rules []Rule
	if err := decodeShipped("floor", &rules); err != nil {
		return nil, err
	}
	checked := make([]rule, len(rules))
	for i, r := range rules {
		var err error
		if checked[i], err = r.check(fmt.Sprintf("floor rule %d", i+1)); err != nil {
			return nil, fmt.Errorf("policy: floor: rule %d: %w", i+1, err)
		}
	}
	return checked, nil
})

func floorRules() []rule {
	rules, err := loadFloor()
	if err != nil {
		panic(err) // as above
	}
	return rules
}

// Floor is what no policy lets pass, whatever it says.
func Floor() []Rule {
	var rules []Rule
	for _, r := range floorRules() {
		rules = append(rules, r.Rule)
	}
	return rules
}

func decodeShipped(name string, into any) error {
	text, err := shipped.ReadFile("named/" + name + ".yaml")
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return decode(name, text, into)
}

// Names are the named policies, sorted.
func Names() []string {
	entries, err := shipped.ReadDir("named")
	if err != nil {
		panic(err) // as above
	}
	var names []string
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".yaml")
		if name != "groups" && name != "floor" {
			names = append(names, name)
		}
	}
	return names
}

// UnknownPolicyError is a name that no policy has.
type UnknownPolicyError struct {
	Name    string
	Nearest string // "" if none is like it
}

func (e *UnknownPolicyError) Error() string {
	text := fmt.Sprintf("policy: there is no policy %q", e.Name)
	if e.Nearest != "" {
		return text + fmt.Sprintf("; did you mean %q?", e.Nearest)
	}
	return text + fmt.Sprintf("; choose one of %s, or a file", strings.Join(Names(), ", "))
}

// Named is the policy of that name, one of [Names]; else an [UnknownPolicyError].
func Named(name string) (*Policy, error) {
	if !slices.Contains(Names(), name) {
		return nil, &UnknownPolicyError{Name: name, Nearest: nearest.Name(name, Names())}
	}
	text, err := shipped.ReadFile("named/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return Parse(name, text)
}

// Parse reads a policy from YAML. Errors begin with "policy: NAME:LINE". It
// may extend a named policy.
func Parse(name string, text []byte) (*Policy, error) { return parse(name, text, Named) }

func parse(name string, text []byte, find func(string) (*Policy, error)) (*Policy, error) {
	var d Definition
	if err := decode(name, text, &d); err != nil {
		return nil, err
	}
	p, err := build(name, d, find)
	if err != nil {
		return nil, fmt.Errorf("policy: %s%w", name, err)
	}
	return p, nil
}

// Load is the named policy, or the one in that file: what has a slash or ends
// in .yaml is a file. In a file, Extends may be another, relative to it.
func Load(nameOrFile string) (*Policy, error) { return load(nameOrFile, nil) }

func load(nameOrFile string, from []string) (*Policy, error) {
	if !isFile(nameOrFile) {
		return Named(nameOrFile)
	}
	file := filepath.Clean(nameOrFile)
	if slices.Contains(from, file) {
		return nil, fmt.Errorf("policy: %s extends itself, by way of %s", file, strings.Join(from, ", "))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return parse(file, text, func(base string) (*Policy, error) {
		if isFile(base) && !filepath.IsAbs(base) {
			base = filepath.Join(filepath.Dir(file), base)
			if !isFile(base) { // Join has dropped "./"
				base = "./" + base
			}
		}
		return load(base, append(slices.Clone(from), file))
	})
}

func isFile(name string) bool {
	return strings.Contains(name, "/") || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}
