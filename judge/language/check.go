package language

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/policy"
)

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
