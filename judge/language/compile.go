package language

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
)

// Options are those of one compilation.
type Options struct {
	// Main is the name of the main source; "" finds it: the one called main, or
	// as Language.Source, or the first.
	Main string
	// Flags are more arguments for the compiler, where it takes some.
	Flags []string
	// Preparing, if not nil, is called when something is about to be made once for
	// the toolchain, which may take a minute ([Language.Prepare]).
	Preparing func()
}

// Status is how a compilation ended.
type Status uint8

// The statuses.
const (
	CompileError Status = iota // no program came out of it
	OK
	numStatuses
)

var statusNames = [numStatuses]string{CompileError: "compile_error", OK: "ok"}

// String returns the status's name.
func (s Status) String() string {
	if s < numStatuses {
		return statusNames[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// MarshalText writes the status's name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Compilation is what happened when sources were compiled.
type Compilation struct {
	Status Status `json:"status"`
	// Reason says in a few words why Status is not OK.
	Reason string `json:"reason,omitempty"`
	// Diagnostics are what the compiler said: at most 64 KiB of valid UTF-8,
	// without control characters but newlines and tabs, with files as their
	// author calls them. Where no compiler was asked it is empty.
	Diagnostics string `json:"diagnostics"`
	// Command is what was called, in the sandbox.
	Command []string `json:"command"`
	// Result is that of the compiler's run, nil if none was started, or if what
	// it made was in the cache.
	Result *runner.Result `json:"result"`
	// Cached says that no compiler was started: it was for the same sources before.
	Cached bool `json:"cached"`
}

// Compile compiles sources in a sandbox, or finds what was compiled from the
// same ones before. Sources that are no good are a Compilation of status
// CompileError, never an error, and no Program. The program is there until it
// is closed.
//
// An error means that the compiler could not do its job: the toolchain is not
// here (a [*MissingError]), the cache can't be written, the sandbox failed, ctx
// ended.
func (c *Compiler) Compile(ctx context.Context, sandbox *runner.Sandbox, l *Language, sources []Source, o Options) (*Program, *Compilation, error) {
	files, err := layOut(l, sources, o.Main)
	if reason, bad := errors.AsType[refusal](err); bad {
		return nil, &Compilation{Reason: string(reason)}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	chain, err := c.finder.Find(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	key, err := l.key(chain, kindProgram, sources, o)
	if err != nil {
		return nil, nil, err
	}
	job := &job{compiler: c, sandbox: sandbox, language: l, chain: chain, files: files, sources: sources, options: o}
	e, cached, err := c.make(ctx, key, func(staged *entry) (bool, error) { return job.compile(ctx, staged) })
	if err != nil {
		return nil, nil, err
	}
	if e == nil {
		return nil, job.outcome, nil
	}
	outcome := &Compilation{Status: OK, Diagnostics: e.meta.Diagnostics, Command: e.meta.Command, Cached: cached}
	if !cached && job.outcome != nil {
		outcome.Result = job.outcome.Result
	}
	program, err := c.program(l, chain, files, e)
	if err != nil {
		return nil, nil, errors.Join(err, e.close())
	}
	return program, outcome, nil
}

// The kinds of entries.
const (
	kindProgram  = "program"
	kindPrepared = "prepared"
)

// job is one compilation that is done.
type job struct {
	compiler *Compiler
	sandbox  *runner.Sandbox
	language *Language
	chain    *Toolchain
	files    *layout
	sources  []Source
	options  Options
	outcome  *Compilation
}

// compile runs the compiler and fills an entry. It is false if no program came
// out of it; then the outcome says why.
func (j *job) compile(ctx context.Context, staged *entry) (bool, error) {
	l := j.language
	var prepared string
	if l.wantsPrepared(j.sources) {
		e, err := j.prepare(ctx)
		if err != nil {
			return false, err
		}
		defer e.close()
		prepared = e.files()
	}
	view := viewOf(l, &l.Compile, j.chain)
	if err := j.addSources(view, staged); err != nil {
		return false, err
	}
	if prepared != "" {
		view.Bind(prepared, preparedDir, 0)
	}
	args, env := j.expand(&l.Compile)
	j.outcome = &Compilation{Command: args}
	said := &head{}
	result, taken, err := j.run(ctx, &l.Compile, runner.Spec{
		Args: args, Env: env, Root: view, Limits: j.compiler.limits, Stdout: said, Stderr: said,
	}, programDir, func(dir *os.File) error {
		if l.Interpreted {
			return nil
		}
		return take(dir, staged.files(), maxProgramSize)
	})
	if err != nil {
		return false, err
	}
	j.outcome.Result = result
	j.outcome.Diagnostics = said.diagnostics(j.files)
	if j.outcome.Reason = reasonOf(result); j.outcome.Reason == "" {
		j.outcome.Reason = taken
	}
	if j.outcome.Reason != "" {
		return false, nil
	}
	if l.Noise != "" {
		j.outcome.Diagnostics = regexp.MustCompile(l.Noise).ReplaceAllString(j.outcome.Diagnostics, "") // checked by check
	}
	if err := j.finish(staged); err != nil {
		reason, bad := errors.AsType[refusal](err)
		j.outcome.Reason = string(reason)
		if bad {
			return false, nil
		}
		return false, err
	}
	j.outcome.Status = OK
	return true, nil
}

// addSources writes the sources where only the sandbox finds them, under
// numbers, and shows each in the build directory under its name.
func (j *job) addSources(view *mount.Tree, staged *entry) error {
	from := filepath.Join(staged.dir, "sources")
	if err := os.Mkdir(from, 0o700); err != nil {
		return err
	}
	view.Tmpfs(buildDir, scratch())
	made := map[string]bool{}
	for i, name := range j.files.names {
		file := filepath.Join(from, fmt.Sprint(i))
		if err := os.WriteFile(file, j.sources[i].Content, 0o444); err != nil {
			return err
		}
		if err := os.Chmod(file, 0o444); err != nil { // whatever the umask is
			return err
		}
		parts := strings.Split(path.Dir(name), "/")
		for n := range parts {
			if dir := path.Join(parts[:n+1]...); dir != "." && !made[dir] {
				made[dir] = true
				view.Dir(path.Join(buildDir, dir), 0o777, 0, 0) // compilers put files beside sources
			}
		}
		view.Bind(file, path.Join(buildDir, name), mount.NoExec)
	}
	return nil
}

func scratch() mount.TmpfsOptions {
	return mount.TmpfsOptions{Size: scratchSize, Inodes: scratchInodes, Mode: 0o1777}
}

// run runs a tool whose product is in the directory out of its view. Where take
// refuses the product, refused says why.
func (j *job) run(ctx context.Context, c *Command, spec runner.Spec, out string, take func(*os.File) error) (result *runner.Result, refused string, err error) {
	spec.Root.Tmpfs(out, mount.TmpfsOptions{Size: 2 * scratchSize, Inodes: scratchInodes, Mode: 0o1777}).
		Tmpfs("/tmp", scratch()).Tmpfs("/dev/shm", scratch())
	spec.Dir = buildDir
	if spec.Policy, err = j.compiler.policy(c, "compiler"); err != nil {
		return nil, "", err
	}
	spec.Keep = &runner.Keep{Path: out, Read: func(dir *os.File) error {
		err := take(dir)
		if reason, bad := errors.AsType[refusal](err); bad {
			refused = string(reason)
			return nil
		}
		return err
	}}
	result, err = j.sandbox.Run(ctx, spec)
	return result, refused, err
}

// finish completes the entry of a program that was compiled.
func (j *job) finish(staged *entry) error {
	l := j.language
	if l.Interpreted {
		for i, name := range j.files.names {
			to := filepath.Join(staged.files(), filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(to, j.sources[i].Content, 0o444); err != nil {
				return err
			}
		}
	}
	if err := openToAll(staged.files()); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(staged.dir, "sources")); err != nil {
		return err
	}
	staged.meta.Main = j.files.main
	if l.Main == MainClass {
		main, err := mainClass(staged.files(), j.files.main)
		if err != nil {
			return err
		}
		staged.meta.Main = main
	}
	staged.meta.Diagnostics, staged.meta.Command = j.outcome.Diagnostics, j.outcome.Command
	result, err := json.Marshal(j.outcome.Result)
	if err != nil {
		return err
	}
	staged.meta.Result = result
	return l.checkProgram(staged)
}

// expand is a command's arguments and environment, while compiling.
func (j *job) expand(c *Command) (args, env []string) {
	l := j.language
	values := l.values(j.chain)
	var units []string
	if j.files != nil {
		units = j.files.units
		values["main"], values["stem"] = j.files.main, strings.TrimSuffix(j.files.main, path.Ext(j.files.main))
	}
	several := map[string][]string{"{sources}": units, "{variant}": l.variant, "{flags}": j.options.Flags}
	for _, arg := range c.Args {
		if list, ok := several[arg]; ok {
			args = append(args, list...)
			continue
		}
		args = append(args, replace(arg, values))
	}
	return args, l.environment(c, j.chain, values)
}
