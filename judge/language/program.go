package language

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// Program is what came out of a compilation, ready to be run any number of
// times, also at once.
type Program struct {
	// Language is what it is written in, or the variant that was asked for.
	Language *Language
	// Dir is its directory on this machine, and Root what it sees, with that
	// at /program. Neither is to be changed.
	Dir  string
	Root *mount.Tree
	// Env is its environment.
	Env []string
	// Policy is what it may call.
	Policy *policy.Policy
	// Threads and Memory (in bytes) are what its runtime takes for itself.
	Threads int
	Memory  int64

	args   []string // in which {memory} and {stack} stand for limits
	close  sync.Once
	closed error
	entry  *entry
}

// program is that of an entry.
func (c *Compiler) program(l *Language, chain *Toolchain, files *layout, e *entry) (*Program, error) {
	rules, err := c.policy(&l.Run, "default")
	if err != nil {
		return nil, err
	}
	values := l.values(chain)
	values["main"] = e.meta.Main
	values["stem"] = strings.TrimSuffix(files.main, path.Ext(files.main))
	var args []string
	for _, arg := range l.Run.Args {
		args = append(args, replace(arg, values))
	}
	root := viewOf(l, &l.Run, chain).Tmpfs("/tmp", scratchOf(64<<20)).Tmpfs("/dev/shm", scratchOf(64<<20))
	return &Program{
		Language: l, Dir: e.files(), Root: root.Bind(e.files(), programDir, 0), Policy: rules,
		Env: l.environment(&l.Run, chain, values), Threads: l.Run.Threads, Memory: l.Run.Memory << 20, args: args, entry: e,
	}, nil
}

// scratchOf is a directory in memory that a program may write to.
func scratchOf(size int64) mount.TmpfsOptions {
	return mount.TmpfsOptions{Size: size, Inodes: 8192, Mode: 0o1777}
}

// Args are the program and its arguments, for these limits.
func (p *Program) Args(limits runner.Limits) []string {
	limits = limits.Or(runner.DefaultLimits())
	values := map[string]string{}
	missing := []string{}
	for _, v := range []struct {
		name  string
		bytes int64
	}{{"memory", limits.Memory}, {"stack", limits.Stack}} {
		if v.bytes == runner.Unlimited {
			missing = append(missing, "{"+v.name+"}")
			continue
		}
		values[v.name] = strconv.FormatInt(max(1, v.bytes>>20), 10)
	}
	var args []string
	for _, arg := range p.args {
		if !slices.ContainsFunc(missing, func(name string) bool { return strings.Contains(arg, name) }) {
			args = append(args, replace(arg, values))
		}
	}
	return args
}

// Spec is a run of the program with limits that are its own: what the runtime
// takes comes on top. Only its streams are left to be set.
func (p *Program) Spec(limits runner.Limits) runner.Spec {
	args := p.Args(limits)
	defaults := runner.DefaultLimits() // not all of them: that of wall time follows from CPU time's
	limits = limits.Or(runner.Limits{Memory: defaults.Memory, Processes: defaults.Processes})
	if limits.Memory != runner.Unlimited {
		limits.Memory += p.Memory
	}
	if limits.Processes != runner.Unlimited {
		limits.Processes += p.Threads
	}
	return runner.Spec{Args: args, Env: p.Env, Limits: limits, Policy: p.Policy, Root: p.Root}
}

// Close lets the program go: the cache may remove it now, to make room. No run
// of it may go on. A second Close does nothing.
func (p *Program) Close() error {
	p.close.Do(func() { p.closed = p.entry.close() })
	return p.closed
}

// values are what stands for the tools and places.
func (l *Language) values(chain *Toolchain) map[string]string {
	values := map[string]string{"out": programDir, "prepared": preparedDir}
	for name, t := range chain.Tools {
		values[name], values[name+".prefix"] = t.Path, t.Prefix
	}
	return values
}

// replace puts values in the place of their names; what has none stays.
func replace(text string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if value, ok := values[strings.Trim(found, "{}")]; ok {
			return value
		}
		return found
	})
}

// environment is that of a command: where its tools and the system's are, and
// what the language wants.
func (l *Language) environment(c *Command, chain *Toolchain, values map[string]string) []string {
	var dirs []string
	for _, name := range l.toolsOf(c) {
		dirs = append(dirs, filepath.Dir(chain.Tools[name].Path))
	}
	dirs = append(dirs, "/usr/bin", "/bin")
	slices.Sort(dirs[:len(dirs)-2])
	env := []string{"PATH=" + strings.Join(slices.Compact(dirs), ":"), "HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8"}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		env = append(env, name+"="+replace(c.Env[name], values))
	}
	return env
}
