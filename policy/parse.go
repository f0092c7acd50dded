package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/bailiff-judge/bailiff/internal/nearest"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// keys are all that a policy file may have.
var keys = []string{
	"about", "extends", "default", "rules", "files", "do", "calls", "when", "why", "arg", "type", "is", "mask",
	"not", "in", "any_bit", "from", "to", "all", "any", "denied", "allow", "deny", "access", "paths",
}

// decode reads YAML strictly. An error says file:line, and for a name that is
// not known the nearest that is.
func decode(file string, text []byte, into any) (err error) {
	// The library panics on some text that is no YAML, such as "calls: !0" with
	// a key behind it.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("policy: %s: it is not YAML, in a way that the parser can't point at: %v", file, r)
		}
	}()
	err = yaml.NewDecoder(bytes.NewReader(text), yaml.DisallowUnknownField()).Decode(into)
	var at yaml.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return fmt.Errorf("policy: %s: it is empty", file)
	case !errors.As(err, &at):
		return fmt.Errorf("policy: %s: %w", file, err)
	}
	message := at.GetMessage()
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		message = suggest(fmt.Sprintf("there is no key %q here", unknown.Token.Value), unknown.Token.Value, keys)
	}
	if at.GetToken() == nil {
		return fmt.Errorf("policy: %s: %s", file, message)
	}
	return fmt.Errorf("policy: %s:%d: %s", file, at.GetToken().Position.Line, message)
}

// suggest adds to a message about a name which known one is nearest.
func suggest(message, name string, known []string) string {
	if like := nearest.Name(name, known); like != "" && like != name {
		return fmt.Sprintf("%s; did you mean %q?", message, like)
	}
	return message
}

// wrong is an error at a place in the file.
func wrong(node ast.Node, err error) error {
	return &yaml.SyntaxError{Message: err.Error(), Token: node.GetToken()}
}

// UnmarshalYAML notes the line, for errors that are found later.
func (r *Rule) UnmarshalYAML(node ast.Node) error {
	type plain Rule
	if err := yaml.NodeToValue(node, (*plain)(r), yaml.DisallowUnknownField()); err != nil {
		return err
	}
	r.line = node.GetToken().Position.Line
	return nil
}

// UnmarshalYAML notes the line, as that of Rule does.
func (r *FileRule) UnmarshalYAML(node ast.Node) error {
	type plain FileRule
	if err := yaml.NodeToValue(node, (*plain)(r), yaml.DisallowUnknownField()); err != nil {
		return err
	}
	r.line = node.GetToken().Position.Line
	return nil
}

// UnmarshalYAML checks the name, where its line is known.
func (c *Call) UnmarshalYAML(node ast.Node) error {
	var name string
	if err := yaml.NodeToValue(node, &name); err != nil {
		return err
	}
	*c = Call(name)
	if _, err := c.expand(); err != nil {
		return wrong(node, err)
	}
	return nil
}

// expand is the calls that c stands for.
func (c Call) expand() ([]string, error) {
	if group, ok := strings.CutPrefix(string(c), "$"); ok {
		return groupCalls(group)
	}
	return []string{string(c)}, seccomp.CheckName(string(c))
}

// UnmarshalYAML reads a number or constants.
func (v *Value) UnmarshalYAML(node ast.Node) error {
	parsed, err := ParseValue(strings.TrimSpace(node.String()))
	if err != nil {
		return wrong(node, err)
	}
	*v = parsed
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (v Value) MarshalYAML() (any, error) { return uint64(v), nil }

// ParseValue reads a number with or without a sign, in any base of Go's, or
// names of constants, joined by bars.
func ParseValue(text string) (Value, error) {
	var value Value
	for part := range strings.SplitSeq(strings.Trim(text, `"'`), "|") {
		part = strings.TrimSpace(part)
		if known, ok := constants[part]; ok {
			value |= known
		} else if n, err := strconv.ParseUint(part, 0, 64); err == nil {
			value |= Value(n)
		} else if n, err := strconv.ParseInt(part, 0, 64); err == nil {
			value |= Value(n)
		} else {
			return 0, errors.New(suggest(fmt.Sprintf("%q is neither a number nor a constant", part), part, constantNames()))
		}
	}
	return value, nil
}
