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
	if o.host {
		spec.Host = true
		spec.Policy, err = o.hostPolicy(here, spec.Args, spec.Policy)
	} else {
		spec.Root, err = o.root(here, spec.Args)
	}
	if err != nil {
		return runner.Spec{}, err
	}
	return spec, nil
}

// hostPolicy is what a program may touch of this machine's own files: what
// those that are left in a view of their own see of it.
func (o *runOptions) hostPolicy(here string, args []string, base *policy.Policy) (*policy.Policy, error) {
	if base.HasFiles() {
		if len(o.read)+len(o.write) > 0 {
			return nil, fmt.Errorf("--policy %q has rules about files: write --read and --write there", o.policy)
		}
		return base, nil
	}
	rule := func(access string, paths ...string) policy.FileRule {
		return policy.FileRule{Access: strings.Fields(access), Paths: paths}
	}
	files := &policy.Files{Allow: []policy.FileRule{
		rule("read execute stat", "/usr/**", "/bin/**", "/sbin/**", "/lib/**", "/lib32/**", "/lib64/**", "/libx32/**", "/etc/ld.so.cache", "/etc/alternatives/**"),
		rule("read write stat", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"),
		rule("read stat", "/proc/self/**"),
	}}
	for _, arg := range args {
		if path := absolute(here, arg); isFile(path) {
			resolved, err := filepath.EvalSymlinks(path)
			if err != nil {
				return nil, err
			}
			files.Allow = append(files.Allow, rule("read execute stat", resolved))
		}
	}
	for _, list := range []struct {
		flag, access string
		entries      []string
	}{{"read", "read execute stat", o.read}, {"write", "read write create execute stat", o.write}} {
		for _, entry := range list.entries {
			path, err := filepath.EvalSymlinks(absolute(here, entry))
			if err != nil {
				return nil, fmt.Errorf("--%s %q: %w; with --host it is the path of a file or directory", list.flag, entry, err)
			}
			paths := []string{path}
			if !isFile(path) {
				paths = append(paths, strings.TrimSuffix(path, "/")+"/**")
			}
			files.Allow = append(files.Allow, rule(list.access, paths...))
		}
	}
	rules, err := policy.New("host", policy.Definition{Extends: o.policy, Files: files})
	if err != nil {
		return nil, fmt.Errorf("--host: %w; a policy that is a file must have rules about files of its own", err)
	}
	return rules, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
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
