package language

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/bailiff-judge/bailiff/internal/nearest"
	"github.com/bailiff-judge/bailiff/policy"
)

// One page for each language that is known from the start.
//
//go:embed languages/*.toml
var shipped embed.FS

// Builtin are the languages that are known from the start.
func Builtin() (*Set, error) { return Load() }

// Load reads languages from files, or from all files *.toml of directories, in
// that order, on top of [Builtin]. A file whose id is that of a language that
// is known changes what it names of it; another adds one. Errors begin with
// "language: FILE:LINE" where they are about a line.
func Load(paths ...string) (*Set, error) {
	pages := map[string][]page{} // by id, in order
	builtin, err := fs.Glob(shipped, "languages/*.toml")
	if err != nil {
		return nil, fmt.Errorf("language: %w", err)
	}
	for _, name := range builtin {
		text, err := shipped.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("language: %w", err)
		}
		if err := addPage(pages, page{path.Base(name), string(text)}); err != nil {
			return nil, err
		}
	}
	for _, name := range paths {
		files, err := filesOf(name)
		if err != nil {
			return nil, fmt.Errorf("language: %w", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("language: %w", err)
			}
			if err := addPage(pages, page{file, string(text)}); err != nil {
				return nil, err
			}
		}
	}
	set := &Set{byID: map[string]*Language{}}
	for _, id := range slices.Sorted(maps.Keys(pages)) {
		l, err := parse(pages[id])
		if err != nil {
			return nil, err
		}
		if err := set.add(l, pages[id][len(pages[id])-1].name); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func filesOf(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{name}, nil
	}
	entries, err := os.ReadDir(name) // sorted
	var files []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".toml") {
			files = append(files, filepath.Join(name, e.Name()))
		}
	}
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: there is no file *.toml in it: %w", name, fs.ErrNotExist)
	}
	return files, err
}

// page is one file.
type page struct{ name, text string }

func addPage(pages map[string][]page, p page) error {
	var head struct {
		ID string `toml:"id"`
	}
	if _, err := toml.Decode(p.text, &head); err != nil {
		return pageError(p, err)
	}
	if !validID.MatchString(head.ID) {
		return fmt.Errorf("language: %s: id %q: write small letters and digits, at the head of the file", p.name, head.ID)
	}
	pages[head.ID] = append(pages[head.ID], p)
	return nil
}

var validID = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// badValue is what the decoder says of a value of a wrong type: an error
// without a type of its own.
var badValue = regexp.MustCompile(`^toml: line (\d+) \(last key "([^"]*)"\): `)

func pageError(p page, err error) error {
	if syntax, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Errorf("language: %s:%d: %s", p.name, syntax.Position.Line, syntax.Message)
	}
	if m := badValue.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("language: %s:%s: %s: %s", p.name, m[1], m[2], err.Error()[len(m[0]):])
	}
	return fmt.Errorf("language: %s: %w", p.name, err)
}

// parse reads the pages of one language, the later on top of the earlier.
func parse(pages []page) (*Language, error) {
	merged := map[string]any{}
	var l *Language
	for _, p := range pages {
		// By itself, so that errors are about its lines.
		l = &Language{}
		meta, err := toml.Decode(p.text, l)
		if err != nil {
			return nil, pageError(p, err)
		}
		for _, key := range meta.Undecoded() {
			name := key[len(key)-1]
			text := fmt.Sprintf("there is no key %q", key)
			if like := nearest.Name(name, keys); like != "" {
				text += fmt.Sprintf(": did you mean %q?", like)
			}
			return nil, fmt.Errorf("language: %s:%d: %s", p.name, lineOf(p.text, key), text)
		}
		if len(pages) > 1 {
			if l, err = mergePage(merged, p); err != nil {
				return nil, err
			}
		}
		if err := l.check(); err != nil {
			return nil, fmt.Errorf("language: %s: %w", p.name, err)
		}
		l.pages = pages
	}
	return l, nil
}

// merge puts the values of a page in the place of those before it, table by table.
func merge(into, from map[string]any) {
	for key, value := range from {
		table, isTable := value.(map[string]any)
		before, wasTable := into[key].(map[string]any)
		if isTable && wasTable {
			merge(before, table)
			continue
		}
		into[key] = value
	}
}

// mergePage puts a page on top of what was read before, and returns the language
// of it all.
func mergePage(merged map[string]any, p page) (*Language, error) {
	var values map[string]any
	if _, err := toml.Decode(p.text, &values); err != nil {
		return nil, pageError(p, err)
	}
	merge(merged, values)
	text, err := toml.Marshal(merged)
	if err != nil {
		return nil, fmt.Errorf("language: %s: %w", p.name, err)
	}
	l := &Language{}
	if _, err = toml.Decode(string(text), l); err != nil {
		return nil, fmt.Errorf("language: %s: %w", p.name, err)
	}
	return l, nil
}

// keys are all that may stand in a page.
var keys = []string{
	"id", "name", "extensions", "headers", "text", "source", "names", "unit", "main", "interpreted", "noise", "tools", "version",
	"install", "prepare", "prepare_for", "compile", "run", "variant", "variants", "args", "debian", "note", "ask", "answer", "pattern",
	"env", "view", "files", "policy", "threads", "memory",
}

// lineOf finds a key in a page: the decoder does not say where unknown ones
// are.
func lineOf(text string, key toml.Key) int {
	table := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			if table = strings.Trim(line, "[] "); table == key.String() {
				return i + 1
			}
			continue
		}
		name, _, found := strings.Cut(line, "=")
		if !found {
			continue
		}
		full := strings.TrimPrefix(table+"."+strings.TrimSpace(name), ".")
		if full == key.String() || strings.HasPrefix(key.String(), full+".") {
			return i + 1
		}
	}
	return 1
}

// check says what is wrong with a language, and how to mend it.
func (l *Language) check() error {
	for _, r := range []struct{ key, text string }{{"text", l.Text}, {"names", l.Names}, {"unit", l.Unit}, {"noise", l.Noise}, {"prepare_for", l.PrepareFor}} {
		if _, err := regexp.Compile(r.text); err != nil {
			return fmt.Errorf("%s: %w", r.key, err)
		}
	}
	switch {
	case l.Name == "":
		return errors.New("name is missing")
	case len(l.Extensions) == 0:
		return errors.New("extensions are missing: write those of its sources, with their dots")
	case l.Source == "" || !l.names().MatchString(l.Source):
		return fmt.Errorf("source %q: write what a source is called that the compiler takes", l.Source)
	case l.Main != "" && l.Main != MainSource && l.Main != MainClass:
		return fmt.Errorf("main %q: write %q or %q", l.Main, MainSource, MainClass)
	case len(l.Compile.Args) == 0:
		return errors.New("compile.args are missing: write what compiles its sources, or checks their syntax")
	case len(l.Run.Args) == 0:
		return errors.New("run.args are missing: write what runs the program")
	case l.Variant != "" && l.Variants[l.Variant].Name == "":
		return fmt.Errorf("variant %q is none of variants, or has no name", l.Variant)
	case l.Variant == "" && len(l.Variants) > 0:
		return errors.New("variant is missing: write which of variants is meant if none is named")
	}
	for _, ext := range append(slices.Clone(l.Extensions), l.Headers...) {
		if len(ext) < 2 || ext[0] != '.' || strings.ContainsAny(ext[1:], "./ ") {
			return fmt.Errorf("extension %q: write one with its dot: \".cpp\"", ext)
		}
	}
	for name, t := range l.Tools {
		if len(t.Names) == 0 {
			return fmt.Errorf("tools.%s.names are missing: write what it is called in $PATH", name)
		}
		if _, err := regexp.Compile(t.Pattern); err != nil {
			return fmt.Errorf("tools.%s.pattern: %w", name, err)
		}
		answer, err := regexp.Compile(t.Answer)
		if err != nil {
			return fmt.Errorf("tools.%s.answer: %w", name, err)
		}
		if t.Answer != "" && answer.NumSubexp() != 1 {
			return fmt.Errorf("tools.%s.answer: write it with one group", name)
		}
	}
	if t := l.Tools[l.Version]; t == nil || len(t.Version) == 0 {
		return fmt.Errorf("version %q: name one of tools that has version arguments", l.Version)
	}
	for id := range l.Variants {
		if !validID.MatchString(id) {
			return fmt.Errorf("variants.%s: write small letters and digits", id)
		}
	}
	for _, c := range l.commands() {
		if err := c.check(l); err != nil {
			return fmt.Errorf("%s%w", c.name, err)
		}
	}
	return nil
}

type namedCommand struct {
	name string
	*Command
}

func (l *Language) commands() []namedCommand {
	return []namedCommand{{"prepare", &l.Prepare}, {"compile", &l.Compile}, {"run", &l.Run}}
}

func (c namedCommand) check(l *Language) error {
	if name := c.policyName("default"); !slices.Contains(policy.Names(), name) {
		_, err := policy.Named(name) // which says what was meant, and takes its time
		return fmt.Errorf(".policy: %w", err)
	}
	for _, pattern := range c.Files {
		if _, err := path.Match(pattern, ""); err != nil || !path.IsAbs(pattern) {
			return fmt.Errorf(".files: %q: write an absolute path, or a pattern of one", pattern)
		}
	}
	for _, name := range c.Command.Tools {
		if l.Tools[name] == nil {
			return fmt.Errorf(".tools: there is no tool %q", name)
		}
	}
	for _, text := range append(slices.Clone(c.Args), slices.Collect(maps.Values(c.Env))...) {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			if !l.known(c.name, m[1]) {
				return fmt.Errorf(": %s in %q stands for nothing: there is no tool of that name", m[0], text)
			}
			if lists[m[1]] && text != m[0] {
				return fmt.Errorf(": %s in %q is a list: write it as an argument of its own", m[0], text)
			}
		}
	}
	if c.Threads < 0 || c.Memory < 0 {
		return errors.New(": threads and memory can't be negative")
	}
	return nil
}

// placeholder is what stands for something else in arguments.
var placeholder = regexp.MustCompile(`\{([A-Za-z][a-z0-9_.+#-]*)\}`)

// lists are those that stand for several arguments.
var lists = map[string]bool{"sources": true, "variant": true, "flags": true}

// scalars are the others, by the command that they mean something in; "" is any.
var scalars = map[string]string{
	"out": "", "prepared": "", "main": "", "stem": "", "memory": "run", "stack": "run",
}

func (l *Language) known(command, name string) bool {
	if where, ok := scalars[name]; ok {
		return where == "" || where == command
	}
	if lists[name] {
		return command != "run"
	}
	return l.Tools[strings.TrimSuffix(name, ".prefix")] != nil
}

// View is how much of the machine a command sees.
type View uint8

// The views; each has what those before it have.
const (
	ViewNone View = iota
	ViewLibraries
	ViewSystem
	numViews
)

var viewNames = [numViews]string{ViewNone: "none", ViewLibraries: "libraries", ViewSystem: "system"}

// String returns the view's name.
func (v View) String() string {
	if v < numViews {
		return viewNames[v]
	}
	return fmt.Sprintf("view(%d)", uint8(v))
}

// MarshalText writes the view's name.
func (v View) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a view's name.
func (v *View) UnmarshalText(text []byte) error {
	i := slices.Index(viewNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("no view %q: have %q", text, viewNames)
	}
	*v = View(i)
	return nil
}
