package language

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Source is a file of a submission.
type Source struct {
	// Name is what its author calls it: a file's name, or a path relative to
	// the other sources. Others are taken, too, by their last part. It is
	// never a path on this machine.
	Name    string
	Content []byte
}

// MaxSourceSize is how many bytes the sources of one program may have together.
const MaxSourceSize = 64 << 20

// Bounds of what is compiled at all: more is refused without asking the compiler.
const (
	maxSources  = 512
	maxNameSize = 255
)

// refusal says why sources are not compiled: the submission's fault.
type refusal string

func (r refusal) Error() string { return string(r) }

// layout is how sources are called in the sandbox.
type layout struct {
	// names are those of the sources, in order, relative to the build
	// directory, or to the program's.
	names []string
	// units are those of the files that the compiler is told.
	units []string
	main  string
	// written says, by name, what the author calls those that have another name.
	written map[string]string
}

// layOut gives each source a name that no tool can take for an option, a
// pattern or a path to elsewhere: the author's, if it is one. main is the
// author's name of the main source, "" to find it.
func layOut(l *Language, sources []Source, main string) (*layout, error) {
	if len(sources) == 0 {
		return nil, refusal("there is no source")
	}
	if len(sources) > maxSources {
		return nil, refusal(fmt.Sprintf("%d sources: there may be %d", len(sources), maxSources))
	}
	size := 0
	written := map[string]bool{}
	for _, s := range sources {
		if size += len(s.Content); size > MaxSourceSize {
			return nil, refusal(fmt.Sprintf("sources of more than %d MiB", MaxSourceSize>>20))
		}
		if err := checkName(s.Name); err != nil {
			return nil, err
		}
		if written[s.Name] {
			return nil, refusal(fmt.Sprintf("two sources are called %q", s.Name))
		}
		written[s.Name] = true
	}
	o := &layout{written: map[string]string{}}
	taken := map[string]bool{}
	for i, s := range sources {
		name := l.nameFor(s, len(sources) == 1)
		if taken[name] {
			// Two paths to elsewhere with the same last part, or files that
			// are called the same by what is in them.
			name = alias(l, s, i)
		}
		if clashes(taken, name) {
			return nil, refusal(fmt.Sprintf("two sources are called %q", s.Name))
		}
		taken[name] = true
		o.names = append(o.names, name)
		if name != s.Name {
			o.written[name] = s.Name
		}
		if l.unit(name) {
			o.units = append(o.units, name)
			if main != "" && main == s.Name {
				o.main = name
			}
		}
	}
	switch {
	case len(o.units) == 0:
		return nil, refusal(fmt.Sprintf("no source of %s: its files end in %s", l.Name, strings.Join(l.Extensions, ", ")))
	case main != "" && o.main == "":
		return nil, refusal(fmt.Sprintf("main source %q is none of the sources", main))
	case o.main == "":
		o.main = mainOf(l, o.units)
	}
	return o, nil
}

// mainOf is the source that is called as a main one is, or the first.
func mainOf(l *Language, units []string) string {
	stem := func(name string) string { return strings.ToLower(strings.TrimSuffix(path.Base(name), path.Ext(name))) }
	for _, want := range []string{stem(l.Source), "__main__"} {
		if i := slices.IndexFunc(units, func(name string) bool { return stem(name) == want }); i >= 0 {
			return units[i]
		}
	}
	return units[0]
}

// clashes says whether a file can't be where another one is, or a directory.
func clashes(taken map[string]bool, name string) bool {
	if taken[name] {
		return true
	}
	for other := range taken {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return true
		}
	}
	return false
}

func checkName(name string) error {
	switch {
	case name == "":
		return refusal("a source has no name")
	case len(name) > maxNameSize:
		return refusal(fmt.Sprintf("source %.20q...: its name is longer than %d bytes", name, maxNameSize))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return refusal(fmt.Sprintf("source %q: its name has control characters, or is no UTF-8", name))
	}
	return nil
}

// unit says whether a file is one that the compiler is told.
func (l *Language) unit(name string) bool {
	ext := path.Ext(name)
	return slices.Contains(l.Extensions, ext) || !slices.Contains(l.Headers, ext) && slices.Contains(l.Extensions, strings.ToLower(ext))
}

// nameFor is what a source is called in the sandbox.
func (l *Language) nameFor(s Source, only bool) string {
	name := path.Clean(s.Name)
	if path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
		name = path.Base(name)
	}
	if only && !l.unit(name) {
		name = l.Source // whatever it is called, it is what is to be compiled
	}
	if unit := l.unitName(s.Content); unit != "" && l.unit(name) {
		name = path.Join(path.Dir(name), unit+path.Ext(l.Source))
	}
	if l.unit(name) && !l.takes(name) {
		return l.Source
	}
	return name // what no tool is told may be called anything
}

// takes says whether the compiler can be told a name.
func (l *Language) takes(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if !regexp.MustCompile(defaultNames).MatchString(part) {
			return false
		}
	}
	return l.names().MatchString(path.Base(name))
}

// alias is a name for a source whose own one is taken.
func alias(l *Language, s Source, i int) string {
	ext := path.Ext(s.Name)
	if !regexp.MustCompile(`^\.[A-Za-z0-9+]+$`).MatchString(ext) {
		ext = path.Ext(l.Source)
	}
	return "source" + strconv.Itoa(i+1) + ext
}

// comments are those of the languages whose sources are called after what is in
// them.
var comments = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)

// unitName is what a source has to be called for what is in it, "" if nobody
// minds.
func (l *Language) unitName(content []byte) string {
	if l.Unit == "" {
		return ""
	}
	m := regexp.MustCompile(l.Unit).FindSubmatch(comments.ReplaceAll(content, nil)) // checked by check
	if len(m) < 2 || len(m[1]) > 100 {
		return ""
	}
	return string(m[1])
}
