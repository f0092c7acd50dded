package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// spec is what the flags ask for, but for the files of the standard streams.
func (o *runOptions) spec(args []string) (runner.Spec, error) {
	program, err := runner.Lookup(args[0])
	if err != nil {
		return runner.Spec{}, err
	}
	here, err := os.Getwd()
	if err != nil {
		return runner.Spec{}, fmt.Errorf("the working directory: %w", err)
	}
	spec := runner.Spec{
		Args:     append([]string{program}, args[1:]...),
		Dir:      here,
		Limits:   o.limits,
		Loopback: o.loopback,
		Mode:     runner.Mode(o.mode),
		Crash:    !o.noCrash,
	}
	if o.dir != "" {
		spec.Dir = absolute(here, o.dir)
	}
	if spec.Env, err = o.environment(); err != nil {
		return runner.Spec{}, err
	}
	if spec.Policy, err = policy.Load(o.policy); err != nil {
		return runner.Spec{}, fmt.Errorf("--policy %q: %w", o.policy, err)
	}
	if spec.Root, err = o.root(here, spec.Args); err != nil {
		return runner.Spec{}, err
	}
	return spec, nil
}

// root is what the program sees of the files.
func (o *runOptions) root(here string, args []string) (*mount.Tree, error) {
	tree, err := runner.CommandRoot(here, args)
	if err != nil {
		return nil, err
	}
	for _, list := range []struct {
		flag     string
		entries  []string
		writable bool
	}{{"read", o.read, false}, {"write", o.write, true}} {
		for _, entry := range list.entries {
			if err := tree.Add(absoluteSource(here, entry), list.writable); err != nil {
				return nil, fmt.Errorf("--%s %q: %w", list.flag, entry, err)
			}
		}
	}
	return tree, nil
}

// absoluteSource lets a source be relative to the working directory, as all
// paths of a command line are: ./data, ../data or data.
func absoluteSource(here, entry string) string {
	source, rest, more := strings.Cut(entry, ":")
	if filepath.IsAbs(source) {
		return entry
	}
	if _, err := os.Stat(source); err != nil && !strings.HasPrefix(source, ".") {
		return entry // "tmpfs:/box" and the like
	}
	if more {
		rest = ":" + rest
	}
	return strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(here) + "/" + source + rest
}

func absolute(here, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(here, path)
}

// environment is the default one, and what --env adds or changes.
func (o *runOptions) environment() ([]string, error) {
	env := runner.DefaultEnv()
	for _, entry := range o.env {
		name, _, set := strings.Cut(entry, "=")
		if name == "" {
			return nil, fmt.Errorf("--env %q: no name: write NAME=VALUE, or NAME to pass on a variable", entry)
		}
		if !set {
			value, ok := os.LookupEnv(name)
			if !ok {
				return nil, fmt.Errorf("--env %q: there is no such variable here to pass on: write %s=VALUE", name, name)
			}
			entry = name + "=" + value
		}
		env = replace(env, name, entry)
	}
	return env, nil
}

// replace sets one variable: programs take the first of two with one name.
func replace(env []string, name, entry string) []string {
	for i, old := range env {
		if strings.HasPrefix(old, name+"=") {
			env[i] = entry
			return env
		}
	}
	return append(env, entry)
}
