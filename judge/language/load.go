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
