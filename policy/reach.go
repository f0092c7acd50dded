package policy

import (
	"path"
	"strings"
)

// Reach is a file, or a directory with everything below, and what rules let be
// done there at most.
type Reach struct {
	Path   string
	Access Access
}

// Reaches are the places that the policy's rules about files allow anything in,
// without what is denied there again: an outline, for a wall that knows no more
// than directories (package landlock). Nil if it has no such rules.
func (p *Policy) Reaches() []Reach {
	if p.files == nil {
		return nil
	}
	var list []Reach
	for _, rule := range p.files.allow {
		place := rule.path
		if rule.shape == glob {
			place = place[:strings.IndexAny(place, `*?[\`)]
			place = place[:strings.LastIndexByte(place, '/')]
		}
		list = append(list, Reach{path.Join("/", place), rule.access})
	}
	return list
}
