// Package doctor says what a machine can guarantee to Bailiff's runs.
//
// Its one idea: every line of the report is a row of one table ([Checks]), with
// a probe that tries or reads the thing itself, what its absence weakens, and
// what mends it. So nobody has to know the machine, and no line is an opinion.
package doctor

import (
	"fmt"
	"os"
	"path"
	"strings"
)

// State is how a probe found things.
type State uint8

const (
	OK       State = iota
	Degraded       // it works, with less
	Missing
)

var stateNames = [...]string{"ok", "degraded", "missing"}

// String is the state in a word.
func (s State) String() string { return stateNames[s] }

// MarshalText writes that word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Use is what a machine is to be used for.
type Use uint8

const (
	Root    Use = 1 << iota // judging as root
	User                    // judging as an ordinary user
	Contest                 // judging whose times must be comparable: root, and a quiet machine
)

var useNames = map[string]Use{"root": Root, "user": User, "contest": Root | Contest}

// ParseUse reads root, user or contest.
func ParseUse(name string) (Use, error) {
	use, ok := useNames[name]
	if !ok {
		return 0, fmt.Errorf("%q is nothing a machine is checked for: root, user or contest", name)
	}
	return use, nil
}

// Finding is what a probe found.
type Finding struct {
	State  State
	Detail string // what was seen, in a few words
}

func ok(format string, args ...any) Finding { return Finding{OK, fmt.Sprintf(format, args...)} }
func degraded(format string, args ...any) Finding {
	return Finding{Degraded, fmt.Sprintf(format, args...)}
}
func missing(format string, args ...any) Finding {
	return Finding{Missing, fmt.Sprintf(format, args...)}
}

// Check is one row.
type Check struct {
	Class string // kernel, isolation, limits, tracing, modes, time, repeatability
	Name  string
	// Needed are the uses that can't do without. For others, what is missing is
	// reported and no more.
	Needed Use
	Probe  func(*Machine) Finding
	Why    string // what it is for, and so what is lost without
	Mend   string // what to do, a command where there is one
}

// Line is a row of the report.
type Line struct {
	Class string `json:"class"`
	Name  string `json:"name"`
	Finding
	Needed bool   `json:"needed"`
	Why    string `json:"why"`
	Mend   string `json:"mend,omitempty"`
}

// Machine is what is looked at.
type Machine struct {
	root string // of its file system
	uid  int
}

// Here is the machine that the caller runs on, as the user that it runs as.
func Here() *Machine { return &Machine{root: "/", uid: os.Geteuid()} }

// line is a file's first line.
func (m *Machine) line(name string) (string, error) {
	data, err := os.ReadFile(path.Join(m.root, name))
	first, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(first), err
}

// lines are all of a file's.
func (m *Machine) lines(name string) []string {
	data, err := os.ReadFile(path.Join(m.root, name))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// Examine runs every check, and says whether nothing that the use needs is
// missing.
func (m *Machine) Examine(use Use) (lines []Line, fit bool) {
	fit = true
	for _, c := range Checks() {
		line := Line{Class: c.Class, Name: c.Name, Finding: c.Probe(m), Needed: c.Needed&use != 0, Why: c.Why}
		if line.State != OK {
			line.Mend = c.Mend
		}
		if line.Needed && line.State == Missing {
			fit = false
		}
		lines = append(lines, line)
	}
	return lines, fit
}

// Checks are all rows, in the order of the report.
func Checks() []Check {
	var all []Check
	for _, class := range [][]Check{kernelChecks(), isolationChecks(), limitChecks(), tracingChecks(), modeChecks(), timeChecks(), repeatabilityChecks()} {
		all = append(all, class...)
	}
	return all
}
