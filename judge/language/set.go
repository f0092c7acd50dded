package language

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// Set are the languages of a judge. It may be used by several goroutines at once.
type Set struct {
	byID map[string]*Language // variants, too
	all  []*Language          // without variants, by ID
}

func (s *Set) add(l *Language, file string) error {
	if s.byID[l.ID] != nil {
		return fmt.Errorf("language: %s: id %q is that of a variant of %s", file, l.ID, s.byID[l.ID].Name)
	}
	s.byID[l.ID] = l
	s.all = append(s.all, l)
	for id, v := range l.Variants {
		if other := s.byID[id]; other != nil {
			return fmt.Errorf("language: %s: variant %q is a language already: %s", file, id, other.Name)
		}
		one := *l
		one.ID, one.Name, one.variant = id, v.Name, v.Args
		s.byID[id] = &one
	}
	if l.Variant != "" {
		l.variant = l.Variants[l.Variant].Args
	}
	return nil
}

// Languages are all of them, by ID, without variants.
func (s *Set) Languages() []*Language { return slices.Clone(s.all) }

// UnknownError is an ID that no language has.
type UnknownError struct {
	ID      string
	Nearest string // "" if none is like it
	Have    []string
}

func (e *UnknownError) Error() string {
	if e.Nearest != "" {
		return fmt.Sprintf("language: there is no language %q; did you mean %q?", e.ID, e.Nearest)
	}
	return fmt.Sprintf("language: there is no language %q; there are %s", e.ID, strings.Join(e.Have, ", "))
}

// Find is the language or variant with that ID; else the error is an
// [*UnknownError].
func (s *Set) Find(id string) (*Language, error) {
	if l := s.byID[id]; l != nil {
		return l, nil
	}
	have := slices.Sorted(maps.Keys(s.byID))
	return nil, &UnknownError{ID: id, Nearest: nearest.Name(id, have), Have: have}
}

// DetectError says why no language was found for sources.
type DetectError struct {
	// Name is the source in question, "" if there are none.
	Name string
	// Candidates are the IDs of the languages that it may be of.
	Candidates []string
}

func (e *DetectError) Error() string {
	switch {
	case e.Name == "":
		return "language: no source whose language could be told: name the language"
	case len(e.Candidates) == 0:
		return fmt.Sprintf("language: %q is of no language by its extension: name the language", e.Name)
	}
	return fmt.Sprintf("language: %q may be of %s: name the language", e.Name, strings.Join(e.Candidates, " or "))
}

// Detect tells the language of sources by their extensions, and where several
// languages have one, by the text. Headers and files of no language are passed
// over. If it can't be told, or there are several, the error is a [*DetectError].
func (s *Set) Detect(sources []Source) (*Language, error) {
	var found *Language
	unknown := ""
	for _, src := range sources {
		candidates := s.withExtension(src.Name)
		if len(candidates) > 1 {
			candidates = mostLike(candidates, src.Content)
		}
		switch {
		case len(candidates) == 0:
			if unknown == "" && !s.header(src.Name) {
				unknown = src.Name
			}
		case len(candidates) > 1:
			return nil, &DetectError{Name: src.Name, Candidates: ids(candidates)}
		case found == nil:
			found = candidates[0]
		case found != candidates[0]:
			return nil, &DetectError{Name: src.Name, Candidates: ids([]*Language{found, candidates[0]})}
		}
	}
	if found == nil {
		return nil, &DetectError{Name: unknown}
	}
	return found, nil
}

func ids(languages []*Language) []string {
	var ids []string
	for _, l := range languages {
		ids = append(ids, l.ID)
	}
	return ids
}

// withExtension are the languages that a file may be of by its name. Capitals
// count only if nothing else fits: .C is C++ to compilers, .PY is Python.
func (s *Set) withExtension(name string) []*Language {
	find := func(ext string) []*Language {
		var found []*Language
		for _, l := range s.all {
			if ext != "" && slices.Contains(l.Extensions, ext) {
				found = append(found, l)
			}
		}
		return found
	}
	ext := path.Ext(name)
	if found := find(ext); len(found) > 0 {
		return found
	}
	return find(strings.ToLower(ext))
}

func (s *Set) header(name string) bool {
	return slices.ContainsFunc(s.all, func(l *Language) bool { return slices.Contains(l.Headers, path.Ext(name)) })
}

// mostLike are those of the languages whose marks are found most often.
func mostLike(languages []*Language, content []byte) []*Language {
	most := 0
	var like []*Language
	for _, l := range languages {
		n := 0
		if l.Text != "" {
			n = len(regexp.MustCompile(l.Text).FindAllIndex(content, 100)) // checked by check
		}
		switch {
		case n > most:
			most, like = n, []*Language{l}
		case n == most:
			like = append(like, l)
		}
	}
	return like
}
