package policy

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Difference is what two policies answer differently, A and B.
type Difference struct {
	// What is a call, or the rules about files.
	What string
	A, B string
}

// Diff is what differs between two policies, calls by name and then files. It
// compares what is decided, not how it is written down; but conditions that
// mean the same and are written differently are taken for different.
func Diff(a, b *Policy) []Difference {
	var list []Difference
	calls := map[string]bool{}
	for _, p := range []*Policy{a, b} {
		for _, r := range p.all {
			for _, name := range r.calls {
				if _, native := seccomp.Number(name); native {
					calls[name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if was, is := a.Describe(name), b.Describe(name); was != is {
			list = append(list, Difference{name, was, is})
		}
	}
	if was, is := actionText(a.fallback.action), actionText(b.fallback.action); was != is {
		list = append(list, Difference{"all other calls", was, is})
	}
	return append(list, diffFiles(a.files, b.files)...)
}

func diffFiles(a, b *fileRules) (list []Difference) {
	was, is := a.describe(), b.describe()
	for _, rule := range slices.Sorted(maps.Keys(was)) {
		if is[rule] != was[rule] {
			list = append(list, Difference{rule, was[rule], cmp.Or(is[rule], "no rule")})
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(is)) {
		if _, common := was[rule]; !common {
			list = append(list, Difference{rule, "no rule", is[rule]})
		}
	}
	return list
}

// describe is the rules about each path, as written.
func (f *fileRules) describe() map[string]string {
	if f == nil {
		return map[string]string{"all paths": "allow"}
	}
	rules := map[string]string{"all other paths": actionText(f.denied.action)}
	for _, p := range f.allow {
		rules["allow "+p.text()] = p.access.String()
	}
	for _, p := range f.deny {
		rules["deny "+p.text()] = p.access.String()
	}
	return rules
}

func (p *pattern) text() string {
	switch p.shape {
	case directory:
		return p.path + "/"
	case tree:
		return p.path + "/**"
	}
	return p.path
}
