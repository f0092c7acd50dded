package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// DecideMove says whether what is called from may be called to, besides what
// [Policy.Decide] says about the two names: nothing may become allowed by it, of
// the file itself or, if it is a directory, of what is in it.
func (p *Policy) DecideMove(from, to string) Decision {
	if p.files != nil && len(from) > 0 && len(to) > 0 {
		f := p.files
		for _, access := range []Access{Read, Write, Execute, Stat} {
			itself := f.decide(access, to).Allow && !f.decide(access, from).Allow
			if itself || f.gainsBelow(access, from, to) {
				return Decision{Rule: fmt.Sprintf("%s: as %s no rule allows %s, as %s one would", f.denied.label, from, access, to), Answer: f.denied.action}
			}
		}
	}
	return Decision{Allow: true, Rule: "a move that allows no more"}
}

// gainsBelow says whether what is below a directory may be used so if that is
// called to, and perhaps not as long as it is called from.
func (f *fileRules) gainsBelow(access Access, from, to string) bool {
	about := func(p pattern) bool { return p.access&access != 0 || p.access&Stat != 0 }
	if slices.ContainsFunc(f.deny, func(d pattern) bool { return about(d) && d.covers(to) }) {
		return false
	}
	denied := slices.ContainsFunc(f.deny, func(d pattern) bool { return about(d) && d.reaches(from) })
	grants := func(a pattern) bool { return (a.access|Stat)&access != 0 }
	all := slices.ContainsFunc(f.allow, func(a pattern) bool { return grants(a) && a.covers(from) })
	return slices.ContainsFunc(f.allow, func(a pattern) bool {
		if !grants(a) || !a.reaches(to) {
			return false
		}
		// A glob means the same below both if both match as many of its components.
		same := a.shape == glob && strings.Count(from, "/") == strings.Count(to, "/") && !strings.ContainsAny(a.path, classes) && a.reaches(from)
		return denied || !all && !same
	})
}

// covers says whether a pattern matches everything below a directory.
func (p *pattern) covers(dir string) bool { return p.shape == tree && p.matches(dir) }

// classes begin what path.Match may match with a slash.
const classes = `[\`

// reaches says whether a pattern may match something below a directory.
func (p *pattern) reaches(dir string) bool {
	above := strings.TrimSuffix(dir, "/") + "/"
	if p.shape != glob {
		return p.covers(dir) || strings.HasPrefix(p.path, above) || p.shape == directory && p.path == strings.TrimSuffix(dir, "/")
	}
	// As many of its components as the directory has must match that. A class
	// may hold a slash, so that its components can't be told.
	parts, depth := strings.Split(p.path, "/"), strings.Count(above, "/")
	if strings.ContainsAny(p.path, classes) {
		return true
	}
	if len(parts) <= depth {
		return false
	}
	matched, err := path.Match(strings.Join(parts[:depth], "/"), strings.TrimSuffix(above, "/"))
	return err == nil && matched
}
