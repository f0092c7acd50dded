package pack

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxNesting bounds what is in what in a file of settings.
const maxNesting = 32

// parseYAML makes values of a file: *object, []any, string, int64, float64,
// bool and nil. Aliases are refused: a few lines of them can stand for more than
// any machine has, and no package needs one.
func parseYAML(data []byte) (any, error) {
	if len(data) > maxTextSize {
		return nil, fmt.Errorf("larger than %d bytes", maxTextSize)
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		data = data[3:]
	}
	if err := checkNesting(data); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) > 1 {
		return nil, errors.New("there is a second document: leave out the ---")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, nil
	}
	return convert(file.Docs[0].Body, 0)
}

// checkNesting refuses what would take the parser, which calls itself, too
// deep: brackets, and lines that begin with many dashes.
func checkNesting(data []byte) error {
	number := 0
	open := 0
	for text := range bytes.Lines(data) {
		number++
		begin := 0
		for _, c := range text {
			if !bytes.ContainsRune([]byte("-?:&!|> \t"), rune(c)) {
				break
			}
			if c != ' ' && c != '\t' {
				begin++
			}
		}
		open += bytes.Count(text, []byte("[")) + bytes.Count(text, []byte("{"))
		open -= bytes.Count(text, []byte("]")) + bytes.Count(text, []byte("}"))
		open = max(open, 0)
		if begin > maxNesting && len(bytes.Trim(text, "-= \r\n")) > 0 || open > maxNesting ||
			bytes.Count(text, []byte("[")) > 16*maxNesting || bytes.Count(text, []byte("{")) > 16*maxNesting ||
			bytes.Count(text, []byte(": ")) > 64*maxNesting || bytes.Count(text, []byte("- ")) > 64*maxNesting {
			return fmt.Errorf("line %d: nested more than %d deep", number, maxNesting)
		}
	}
	return nil
}

func line(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// object is a map of a file of settings. Who reads a key takes it; what is
// left in the end is unknown.
type object struct {
	keys   []string
	values map[string]any
	lines  map[string]int
	taken  map[string]bool
}

func newObject() *object {
	return &object{values: map[string]any{}, lines: map[string]int{}, taken: map[string]bool{}}
}

func convert(n ast.Node, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("line %d: nested more than %d deep", line(n), maxNesting)
	}
	switch n := n.(type) {
	case nil:
		return nil, nil
	case *ast.NullNode:
		return nil, nil
	case *ast.MappingNode:
		return convertMap(n.Values, depth)
	case *ast.MappingValueNode:
		return convertMap([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		list := []any{}
		for _, item := range n.Values {
			value, err := convert(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", nil
		}
		return n.Value.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		switch v := n.Value.(type) {
		case int64:
			return v, nil
		case uint64:
			if v <= math.MaxInt64 {
				return int64(v), nil
			}
			return float64(v), nil
		}
	case *ast.FloatNode:
		return n.Value, nil
	case *ast.InfinityNode:
		return n.Value, nil
	case *ast.NanNode:
		return math.NaN(), nil
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode:
		return nil, fmt.Errorf("line %d: anchors and aliases (& and *) are not read: write the value out", line(n))
	}
	return nil, fmt.Errorf("line %d: %s is not read here: write a plain value", line(n), n.Type())
}

func convertMap(entries []*ast.MappingValueNode, depth int) (any, error) {
	o := newObject()
	for _, entry := range entries {
		value, err := convert(entry.Key, depth+1)
		if err != nil {
			return nil, err
		}
		key, ok := scalar(value)
		if !ok {
			return nil, fmt.Errorf("line %d: a key must be a word", line(entry))
		}
		if _, ok := o.values[key]; ok {
			return nil, fmt.Errorf("line %d: the key %q is there twice", line(entry), key)
		}
		if value, err = convert(entry.Value, depth+1); err != nil {
			return nil, err
		}
		o.keys = append(o.keys, key)
		o.values[key], o.lines[key] = value, line(entry.Key)
	}
	return o, nil
}

// scalar is a value as text.
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	}
	return "", false
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v)
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}

// texts is a list of words, or one.
func texts(value any) ([]string, bool) {
	list, ok := value.([]any)
	if !ok {
		word, ok := scalar(value)
		return []string{word}, ok
	}
	words := []string{}
	for _, item := range list {
		word, ok := scalar(item)
		if !ok {
			return nil, false
		}
		words = append(words, word)
	}
	return words, true
}

// settings reads an object's keys, and remembers what was wrong with them.
type settings struct {
	*object
	where string // file, and path of the object in it
	warn  func(format string, args ...any)
}

func (s settings) has(key string) bool {
	_, ok := s.values[key]
	return ok
}

// take is a key's value, nil if it isn't there or has none.
func (s settings) take(key string) any {
	s.taken[key] = true
	return s.values[key]
}

// wrong is about a value that is not of the kind it has to be.
func (s settings) wrong(key, want string) {
	s.warn("%s, line %d: %s must be %s: it is left out", s.where, s.lines[key], key, want)
}

func (s settings) text(key, fallback string) string {
	value := s.take(key)
	if value == nil {
		return fallback
	}
	word, ok := scalar(value)
	if !ok {
		s.wrong(key, "a text")
		return fallback
	}
	return word
}

// number is one from least to most, nil if there is none.
func (s settings) number(key string, least, most float64) *float64 {
	value := s.take(key)
	if value == nil {
		return nil
	}
	n, ok := number(value)
	if !ok || n < least || n > most {
		s.wrong(key, fmt.Sprintf("a number from %g to %g", least, most))
		return nil
	}
	return &n
}

func (s settings) texts(key string) []string {
	value := s.take(key)
	if value == nil {
		return nil
	}
	words, ok := texts(value)
	if !ok {
		s.wrong(key, "a text or a list of texts")
	}
	return words
}

// words is a text of words, or a list of them, as arguments are written.
func (s settings) words(key string) []string {
	value := s.values[key]
	if _, list := value.([]any); list || value == nil {
		return s.texts(key)
	}
	word, ok := scalar(s.take(key))
	if !ok {
		s.wrong(key, "a text or a list of texts")
	}
	return strings.Fields(word)
}

// oneOf is a word of a vocabulary.
func (s settings) oneOf(key, fallback string, vocabulary ...string) string {
	word := s.text(key, fallback)
	if !slices.Contains(vocabulary, word) {
		s.wrong(key, "one of "+strings.Join(vocabulary, ", "))
		return fallback
	}
	return word
}

// object is a map within.
func (s settings) sub(key string) (settings, bool) {
	value := s.take(key)
	o, ok := value.(*object)
	if !ok {
		if value != nil {
			s.wrong(key, "a map")
		}
		o = newObject()
	}
	return settings{o, s.where + ": " + key, s.warn}, ok
}

// ignore takes keys that are good for others.
func (s settings) ignore(keys ...string) {
	for _, key := range keys {
		s.taken[key] = true
	}
}

// rest warns of what nobody has taken.
func (s settings) rest() {
	for _, key := range s.keys {
		if !s.taken[key] {
			s.warn("%s, line %d: unknown key %s: is it misspelt, or of another version of the format?", s.where, s.lines[key], key)
		}
	}
}
